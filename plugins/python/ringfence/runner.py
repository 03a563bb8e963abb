"""Runs a detector: batches in, findings out, state written back.

Owns which subjects are in memory. The same code runs in a component and natively (tests).
"""

import json
from typing import Any

from . import world
from .detector import Detector
from .episodes import Episode
from .rows import FOR_ALSO, FOR_PARTITION, SETTINGS_SHIFT, Batch, Columns
from .timeline import DUPLICATE, NEVER, TAKEN, Stamped, Timeline
from .values import (
    MAX_TITLE, USUAL_SCORE, Finding, InvalidSettings, InvalidState, RecordId, Subject, Withdrawal, checked_figure,
)

# Memory where the host does not say, the interpreter and one batch included.
USUAL_BYTES = 256 << 20
# What the interpreter and a batch take.
RUNTIME_BYTES = 48 << 20
# Subjects may take a half of the rest: what fragments, copies and stored forms take the other.
ROOM_SHARE = 2
# Estimates of what an event and a subject take in memory.
EVENT_BYTES = 600
SUBJECT_BYTES = 3_000
# An eighth of the room is freed at a time, so that it is seldom.
EVICTED_SHARE = 8
_LOW = (1 << 64) - 1


class Panel:
    """The detector once for each set of settings: the host says by row which one applies."""

    def __init__(self, make: type[Detector], settings: str, variants: list[str]):
        self.base = self._make(make, settings)
        self.detectors = [self.base]
        for number, variant in enumerate(variants, 1):
            try:
                self.detectors.append(self._make(make, variant))
            except InvalidSettings as why:
                raise InvalidSettings(f"override {number}: {why}") from None
        self.look_back = max(detector.look_back() for detector in self.detectors)

    @staticmethod
    def _make(make: type[Detector], settings: str) -> Detector:
        try:
            return make(json.loads(settings))
        except KeyError as why:
            raise InvalidSettings(f"setting {why} is read but not declared: add [config.…] for it to plugin.toml") from None

    def of(self, variant: int) -> Detector:
        """The detector that judges events of this variant; the base settings' if there is no such variant any more."""
        return self.detectors[variant] if variant < len(self.detectors) else self.base


class Runner:
    """A configured detector with its subjects."""

    def __init__(self, make: type[Detector], settings: str, variants: list[str], columns: list[str], memory_bytes: int = 0):
        self.columns = Columns(list(columns))
        self.panel = Panel(make, settings, variants)
        room = max((memory_bytes or USUAL_BYTES) - RUNTIME_BYTES, RUNTIME_BYTES // 8)
        self.room = room // ROOM_SHARE
        self.timelines: dict[Subject, Timeline] = {}
        # Subjects that had to go before they were stored: what is to be stored for them.
        self.unsaved: dict[Subject, bytes] = {}
        self.bytes = 0
        self.touched: list[tuple[Subject, Timeline]] = []
        self.batches = 0
        self.horizon = NEVER
        self.too_late = 0

    def process(self, rows: int, horizon: int, columns: list[Any]) -> list[Finding | Withdrawal]:
        """Takes the next events and says what changed."""
        batch = self.columns.batch(rows, horizon, columns)
        self.batches += 1
        self._take(batch)
        self.horizon = max(self.horizon, horizon)
        output: list[Finding | Withdrawal] = []
        raised = lambda *told: output.append(_finding(*told))
        withdrawn = lambda key, subject: output.append(Withdrawal(key, subject))
        for subject, timeline in self.touched:
            timeline.touched = False
            timeline.catch_up(self.panel, subject)
            timeline.tell(self.panel, subject, raised, withdrawn)
            if timeline.wants_sealing():
                timeline.seal(self.panel, self.horizon)
            self._weigh(timeline)
        self.touched.clear()
        self._rest()
        return output

    def _take(self, batch: Batch) -> None:
        """Selects the batch's events and puts them into their timelines."""
        detector = self.panel.base
        wanted = detector.candidates(batch) if detector.candidates and batch.rows else None
        rows = self.columns.rows(batch, wanted)
        if self.columns.has_context:
            for row in rows:
                variant = row.row_bits >> SETTINGS_SHIFT & 0xFF
                detector = self.panel.of(variant)
                if row.row_bits & FOR_PARTITION and (picked := detector.select(row)) is not None:
                    self._put(batch, row.row_index, variant, *picked)
                if row.row_bits & FOR_ALSO and (picked := detector.select_also(row)) is not None:
                    self._put(batch, row.row_index, variant, *picked)
            return
        at = -1
        for picked in map(detector.select, rows):
            at += 1
            if picked is not None:
                self._put(batch, wanted[at] if wanted is not None else at, 0, *picked)

    def _put(self, batch: Batch, at: int, variant: int, subject: Subject, event: Any) -> None:
        columns = batch.columns
        start = columns["start_time"][at]
        if not start or subject.is_absent():
            return
        if start < self.horizon:
            self.too_late += 1
            return
        ids = columns["record_id"]
        id = ids[2 * at] << 64 | ids[2 * at + 1]
        timeline = self.timelines.get(subject) or self._find(subject)
        timeline.used = self.batches
        done = timeline.insert(Stamped(start, columns["report_time"][at] or start, id, variant, event))
        if done == TAKEN:
            timeline.dirty = True
            if not timeline.touched:
                timeline.touched = True
                self.touched.append((subject, timeline))
        elif done != DUPLICATE:
            self.too_late += 1

    def _find(self, subject: Subject) -> Timeline:
        data = self.unsaved.pop(subject, None)
        dirty = data is not None
        if data is None:
            data = world.state_get(subject.state_key())
        else:
            self.bytes -= len(data)
        base = self.panel.base
        try:
            timeline = Timeline(base.state, base.facts) if data is None else Timeline.read(base, data)
        except InvalidState as why:
            raise InvalidState(f"key '{subject.state_key()}': {why}") from None
        timeline.dirty = dirty
        self.timelines[subject] = timeline
        self._weigh(timeline)
        return timeline

    def _weigh(self, timeline: Timeline) -> None:
        cost = SUBJECT_BYTES + EVENT_BYTES * len(timeline.events)
        self.bytes += cost - timeline.cost
        timeline.cost = cost

    def _rest(self) -> None:
        """Forgets the subjects that were not used for longest if they take too much memory."""
        if self.bytes <= self.room:
            return
        for subject, timeline in sorted(self.timelines.items(), key=lambda item: item[1].used):
            if self.bytes <= self.room - self.room // EVICTED_SHARE:
                break
            if timeline.dirty:
                self.unsaved[subject] = self._encode(subject, timeline)
                self.bytes += len(self.unsaved[subject])
            self.bytes -= timeline.cost
            del self.timelines[subject]

    def _encode(self, subject: Subject, timeline: Timeline) -> bytes:
        timeline.seal_all(self.panel, subject, self.horizon)
        return timeline.write(self.panel.base.state_schema)

    def checkpoint(self) -> None:
        """Writes what changed."""
        for subject, data in self.unsaved.items():
            world.state_set(subject.state_key(), data)
            self.bytes -= len(data)
        self.unsaved.clear()
        for subject, timeline in self.timelines.items():
            if timeline.dirty:
                world.state_set(subject.state_key(), self._encode(subject, timeline))
                timeline.dirty = False
                self._weigh(timeline)
        if self.too_late:
            world.log("info", f"{self.too_late} events started before the horizon and were left out")
            self.too_late = 0


def _finding(detector: Detector, subject: Subject, key: str, episode: Episode) -> Finding:
    report = detector.describe(subject, episode)
    attributes = report.figures
    if all(name != "records" for name, _ in attributes):
        attributes.append(("records", checked_figure("records", episode.records)))
    return Finding(
        key=key, kind=episode.kind, severity=episode.severity,
        score=USUAL_SCORE[episode.severity] if report.value is None else report.value,
        subject=subject, title=report.title[:MAX_TITLE], explanation=report.explanation,
        first_event=episode.first_event, last_event=episode.last_event, raised_at=episode.raised_at,
        evidence=[RecordId(id >> 64, id & _LOW) for id in episode.evidence()], attributes=attributes,
    )

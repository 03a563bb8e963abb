"""Tests for detectors, natively: feed records in any order, in any batches, with restarts, and compare what is found.

Owns the fake host and the shuffling. Not part of a component.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from . import world
from .calendar import day_from_date
from .detector import Detector
from .fields import KINDS
from .rows import CONTEXT
from .runner import Runner
from .telephone import from_e164, number_text
from .values import DAY, HOUR, MINUTE, SECOND, Finding, Subject

# Allowed lateness in tests, the host's default.
LATENESS = DAY
# A batch ends when the watermark has advanced by more, as in the host.
LONGEST_BATCH = 12 * HOUR
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SYMBOLS = {symbol: n for n, symbol in enumerate("0123456789*#+", 1)}


def time(text: str) -> int:
    """`2026-03-01T10:00:00Z` in milliseconds."""
    try:
        day = day_from_date(int(text[0:4]), int(text[5:7]), int(text[8:10]))
        return day * DAY + int(text[11:13]) * HOUR + int(text[14:16]) * MINUTE + int(text[17:19]) * SECOND
    except ValueError:
        raise ValueError(f"'{text}' is not a time: write it like 2026-03-01T10:00:00Z") from None


def number(text: str) -> int:
    """Packs a number as the host does: `+34…`, or up to 15 dialled characters."""
    if text.startswith("+") and text[1:].isdigit():
        return int(from_e164(int(text[1:])))
    packed = 0
    for symbol in text:
        packed = packed << 4 | _SYMBOLS[symbol]
    return packed | 2 << 60 if text else 0


class Record:
    """A record with some fields set: `Record(1, "2026-03-01T10:00:00Z", user="ana", called_class="premium")`."""

    def __init__(self, id: int, start: str | int, **fields: Any):
        start = time(start) if isinstance(start, str) else start
        # Identities are random in life; their order must not follow time.
        self.id = ((id + 1) * _GOLDEN & _MASK, id)
        self.fields = {"start_time": start, "report_time": start, "event": "call", **fields}
        for name in fields:
            if name not in KINDS:
                raise ValueError(f"there is no field '{name}': docs/fields.md lists them")

    def talked(self, seconds: int) -> "Record":
        """Answered for this many seconds, and reported at the end."""
        end = self.fields["start_time"] + seconds * SECOND
        self.fields.update(duration=seconds, answered=seconds > 0, report_time=end)
        return self

    def value(self, name: str) -> Any:
        """As it stands in a column."""
        given, kind = self.fields.get(name), KINDS[name]
        if kind == "text":
            return given or ""
        if kind == "float":
            return float(given or 0)
        if given is None:
            return 0
        if isinstance(given, str):
            reads = {"millis": time, "enum": world.intern, "name": world.intern, "phone": number}
            if kind not in reads:
                raise ValueError(f"'{given}' cannot be a value of '{name}' ({kind})")
            return reads[kind](given)
        return int(given)


class Random:
    """SplitMix64: a test's own random numbers, the same everywhere."""

    def __init__(self, seed: int):
        self.state = seed & _MASK

    def next(self) -> int:
        """The next number of 64 bits."""
        self.state = (self.state + _GOLDEN) & _MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
        return z ^ z >> 31

    def below(self, bound: int) -> int:
        """A number below `bound`, which must not be 0."""
        return self.next() * bound >> 64


class _Checked:
    """Holds a detector to plain data: what is stored must come back as it was."""

    def __init__(self, make: type[Detector]):
        class Checked(make):
            def select(self, row):
                return _plain("select", super().select(row))

            def step(self, state, now, episodes):
                super().step(state, now, episodes)
                _comes_back("the state", state)
                for episode in episodes:
                    _comes_back("an episode's facts", episode.facts)

        self.make = Checked


def _plain(what: str, picked: Any) -> Any:
    if picked is not None:
        subject, event = picked
        assert isinstance(subject, Subject), f"{what} must return (Subject.user(…), event)"
        _comes_back("an event", event)
    return picked


def _comes_back(what: str, value: Any) -> None:
    same = json.loads(json.dumps(value))
    assert same == value and repr(same) == repr(value), f"{what} is stored as JSON and would come back as {same!r}: {value!r}"


class Harness:
    """A detector's manifest and settings on a fake host."""

    def __init__(self, manifest: str | Path, **settings: Any):
        """From plugin.toml, with other values for some settings."""
        self.manifest = tomllib.loads(Path(manifest).read_text())
        declared = self.manifest.get("config", {})
        for name in settings:
            assert name in declared, f"no setting '{name}' in the manifest"
        self.settings = {name: settings.get(name, setting["default"]) for name, setting in declared.items()}
        self.columns: list[str] = self.manifest["columns"]
        world.set_world(world.World())

    def runner(self, make: type[Detector], memory_bytes: int = 0) -> Runner:
        """A fresh instance of the detector."""
        schema = self.manifest.get("state_schema", 0)
        assert make.state_schema == schema, f"state_schema is {make.state_schema} in the class, {schema} in plugin.toml"
        return Runner(_Checked(make).make, json.dumps(self.settings), [], self.columns, memory_bytes)

    def batch(self, records: list[Record]) -> list[Any]:
        """The columns that the manifest asks for."""
        columns = []
        for name in self.columns:
            if name == CONTEXT:
                # Every instance gets every row: a detector must look for itself.
                columns.append([7] * len(records))
            elif name == "record_id":
                columns.append([half for record in records for half in record.id])
            else:
                columns.append([record.value(name) for record in records])
        return columns

    def run(self, make: type[Detector], records: list[Record], seed: int = 0, hostile: bool = False, crowded: bool = False):
        """What stands at the end, by the subject's text and key. With a seed, records come in random batches; `hostile` makes
        them late and repeated, with restarts; `crowded` leaves room for few subjects instead."""
        world.fake.state.clear()
        random = Random(seed)
        order = self._arrange(records, random, hostile or crowded)
        runner = self.runner(make)
        findings: dict[tuple[str, str], Finding] = {}
        at, watermark = 0, -(1 << 62)
        while at < len(order):
            most = 1 + random.below(60) if seed else 512
            begun = max(watermark, order[at].value("report_time"))
            to = at + 1
            while to < min(len(order), at + most) and order[to].value("report_time") <= begun + LONGEST_BATCH:
                to += 1
            said = runner.process(to - at, watermark - LATENESS, self.batch(order[at:to]))
            self._apply(findings, said)
            watermark = max(watermark, *(record.value("report_time") for record in order[at:to]))
            at = to
            if crowded:
                runner.room = random.below(4) * 4_000
            if (hostile or crowded) and random.below(3) == 0:
                runner.checkpoint()
                if hostile and random.below(2) == 0:
                    runner = self.runner(make)
        self._apply(findings, runner.process(0, watermark - LATENESS, []))
        return findings

    def check_order(self, make: type[Detector], records: list[Record], seed: int):
        """Checks that the findings do not depend on how the records arrive, and gives them."""
        quiet = self.run(make, records)
        for arrival in ({}, {"hostile": True}, {"crowded": True}):
            other = self.run(make, records, seed | 1, **arrival)
            assert quiet == other, f"findings differ when records arrive {arrival} with seed {seed}:\n{quiet}\n{other}"
        return quiet

    @staticmethod
    def _arrange(records: list[Record], random: Random, hostile: bool) -> list[Record]:
        order = []
        for index, record in enumerate(records):
            report = record.value("report_time")
            slack = max(LATENESS - HOUR - (report - record.value("start_time")), 1)
            for _ in range(2 if hostile and random.below(4) == 0 else 1):
                delay = 0
                if hostile:
                    delay = random.below(slack if random.below(2) == 0 else min(slack, 10 * MINUTE))
                order.append((report + delay, index))
        return [records[index] for _, index in sorted(order)]

    @staticmethod
    def _apply(findings: dict, said: list) -> None:
        for one in said:
            subject = one.subject
            text = number_text(subject.handle) if subject.kind == "number" else world.resolve(subject.handle)
            place = (text or subject.kind, one.key)
            if not isinstance(one, Finding):
                assert findings.pop(place, None), f"'{one.key}' is withdrawn but was never raised"
                continue
            word = one.kind and all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in one.kind)
            assert word, f"kind '{one.kind}' is not a word of a-z, 0-9 and -"
            assert len(one.key.encode()) <= 128, f"key '{one.key}' is longer than 128 bytes"
            assert one.evidence, "a finding without evidence"
            findings[place] = one

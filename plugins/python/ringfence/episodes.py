"""Episodes: what becomes one finding. An episode stays open while matching events keep coming within its gap, grows, may
only rise in severity, and closes; a wave after that is a new one.

Owns the life of episodes inside one fold. Does not own when they are told to the host (`timeline`).
"""

import json
from typing import Any, Callable, Iterable, NamedTuple

from . import world
from .calendar import date_text, day_of
from .telephone import number_text
from .values import MAX_EVIDENCE, NOTHING, About, Severity, copy_plain

# A day's count must outlive the day; a night or a start a window back may name the day before.
_ORDINAL_DAYS = 2
_DIGEST_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1


class Case(NamedTuple):
    """Which episode an event belongs to: its kind, a word of `a-z 0-9 -`; it closes when nothing is added for `gap`."""

    kind: str
    gap: int
    about: About = NOTHING


class Episode:
    """One episode with the detector's own facts about it."""

    __slots__ = (
        "kind", "about", "ordinal", "first_event", "last_event", "open_until", "raised_at", "severity", "variant",
        "records", "facts", "_evidence", "_kept", "_digest", "_seen",
    )

    def span(self) -> int:
        """From the first event to the last, in milliseconds."""
        return self.last_event - self.first_event

    def rise(self, severity: Severity) -> None:
        """Raises the severity to at least this."""
        self.severity = max(self.severity, severity)

    def close_by(self, at: int) -> None:
        """Closes it no later than at this moment, unless more is added: for an event that ends it."""
        self.open_until = min(self.open_until, max(at, self.last_event))

    def evidence(self) -> list[int]:
        """Identities of the records it rests on, as whole numbers of 128 bits; the first 1,000."""
        return self._evidence[: self._kept]

    def _add_evidence(self, record: int) -> None:
        # The list is shared with earlier copies of the fold, each of which knows how much of it is its own.
        if len(self._evidence) != self._kept:
            self._evidence = self._evidence[: self._kept]
        self._evidence.append(record)
        self._kept += 1
        self._digest = (self._digest * _DIGEST_PRIME ^ record) & _MASK

    def _day(self) -> int:
        return self.about.value if self.about.kind == "day" else day_of(self.first_event)

    def key(self) -> str:
        """Kind, what it is about, day of its start, and a count if the day has several. A late event that moves the start
        within the day amends the finding instead of replacing it."""
        key = self.kind
        if self.about.kind == "name":
            key += "/" + world.resolve(self.about.value)
        elif self.about.kind == "number":
            key += "/" + number_text(self.about.value)
        key += "/" + date_text(self._day())
        return f"{key}.{self.ordinal}" if self.ordinal > 1 else key

    def fingerprint(self) -> str:
        """Everything that a finding is made from, shortly."""
        times = (self.first_event, self.last_event, self.raised_at)
        return plain_text([*times, int(self.severity), self.records, self._kept, self._digest, self.facts])

    def _copy(self) -> "Episode":
        other = Episode.__new__(Episode)
        for name in Episode.__slots__:
            setattr(other, name, getattr(self, name))
        other.facts = copy_plain(self.facts)
        return other

    def _stored(self) -> list[Any]:
        return [
            self.kind, list(self.about), self.ordinal, self.first_event, self.last_event, self.open_until,
            self.raised_at, int(self.severity), self.variant, self.records, self._seen, self.facts,
            self._digest, ["%032x" % record for record in self.evidence()],
        ]

    @staticmethod
    def _restored(stored: list[Any]) -> "Episode":
        e = Episode.__new__(Episode)
        (
            e.kind, about, e.ordinal, e.first_event, e.last_event, e.open_until, e.raised_at, severity, e.variant,
            e.records, e._seen, e.facts, e._digest, evidence,
        ) = stored
        e.about, e.severity = About(*about), Severity(severity)
        e._evidence = [int(record, 16) for record in evidence]
        e._kept = len(e._evidence)
        return e


class Episodes:
    """The episodes of one subject, as far as the fold has come."""

    __slots__ = ("_list", "_ordinals", "_facts", "_changed")

    def __init__(self, facts: dict[str, Any]):
        self._list: list[Episode] = []
        # How many episodes of a kind began on a day: outlives them, so that keys stay apart.
        self._ordinals: dict[tuple[str, About, int], int] = {}
        self._facts = facts
        # Something may differ from what was told.
        self._changed = False

    def __iter__(self) -> Iterable[Episode]:
        return iter(self._list)

    def extend(self, case: Case, span, belongs: Callable[[Any], bool] | None = None):
        """Adds the events of `span`, which ends with the current one, to the open episode, or opens one. Gives the episode,
        and those events that were not in it before. With `belongs`, a test of one event, only those that pass are added."""
        episode = self.peek(case, span.end_time())
        if episode is None:
            episode = self._begin(case, span, belongs)
        self._changed = True
        episode.variant = span[-1].variant
        added = span.since(episode._seen)
        if belongs is not None:
            added = added.only(belongs)
        for event in added:
            if episode._kept < MAX_EVIDENCE:
                episode._add_evidence(event.id)
            episode.records += 1
            episode.first_event = min(episode.first_event, event.start)
            episode.last_event = max(episode.last_event, event.start)
        episode._seen = max(episode._seen, span.end())
        episode.open_until = max(episode.open_until, episode.last_event + case.gap)
        return episode, added

    def open(self, case: Case, at: int) -> Episode | None:
        """The episode that is open at this moment, if there is one: for events that belong to it without being reason
        enough."""
        episode = self.peek(case, at)
        self._changed = self._changed or episode is not None
        return episode

    def peek(self, case: Case, at: int) -> Episode | None:
        """Like `open`, only to look."""
        for episode in reversed(self._list):
            if episode.kind == case.kind and episode.about == case.about and episode.open_until >= at:
                return episode
        return None

    def _begin(self, case: Case, span, belongs) -> Episode:
        events = span if belongs is None else span.only(belongs)
        end = span.end_time()
        e = Episode.__new__(Episode)
        e.kind, e.about, e.ordinal = case.kind, case.about, 1
        e.first_event, e.last_event, e.open_until = (events[0].start if len(events) else end), end, end
        e.raised_at = max((event.report for event in events), default=end)
        e.severity, e.variant, e.records = Severity.INFORMATIONAL, 0, 0
        e._evidence, e._kept, e._digest, e._seen = [], 0, 0, span.begin
        e.facts = copy_plain(self._facts)
        place = (e.kind, e.about, e._day())
        e.ordinal = self._ordinals.get(place, 0) + 1
        self._ordinals[place] = e.ordinal
        self._list.append(e)
        return e

    def _take_changed(self) -> bool:
        changed, self._changed = self._changed, False
        return changed

    def _forget(self, before: int) -> None:
        """Forgets what no event at or after `before` can change."""
        day = day_of(before)
        if self._list:
            self._list = [e for e in self._list if e.open_until >= before]
        if self._ordinals:
            self._ordinals = {place: n for place, n in self._ordinals.items() if place[2] + _ORDINAL_DAYS >= day}

    def _copy(self) -> "Episodes":
        other = Episodes(self._facts)
        other._list = [e._copy() for e in self._list]
        other._ordinals = dict(self._ordinals)
        other._changed = self._changed
        return other

    def _stored(self) -> list[Any]:
        ordinals = [[kind, list(about), day, n] for (kind, about, day), n in self._ordinals.items()]
        return [[e._stored() for e in self._list], ordinals]

    @staticmethod
    def _restored(stored: list[Any], facts: dict[str, Any]) -> "Episodes":
        episodes = Episodes(facts)
        episodes._list = [Episode._restored(e) for e in stored[0]]
        episodes._ordinals = {(kind, About(*about), day): n for kind, about, day, n in stored[1]}
        return episodes


def plain_text(value: Any) -> str:
    """A value of plain data as text; equal values give equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

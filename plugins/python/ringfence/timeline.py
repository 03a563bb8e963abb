"""One subject's events in the order in which they happened, and what a detector makes of them.

This is where order independence comes from. State and episodes are a fold over the events sorted by start time and
identity. An event that arrives in order is stepped; one that arrives late is put in its place, and the fold is taken up
again from the nearest earlier copy. What is older than the horizon is sealed: only its fold is kept. Owns the fold and
its stored form; does not own which subjects are in memory (`runner`).
"""

import json
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Any, Callable, Iterator

from .episodes import Episodes, plain_text
from .values import InvalidState, Subject, copy_plain

# Events between two copies of the fold: a late event costs at most this many steps more than its distance.
RUNG = 32
# Version of the stored form below; the detector's own schema stands beside it.
FORM = 1
# Before every moment.
NEVER = -(1 << 63)

_START = attrgetter("start")
_ORDER = attrgetter("order")

TAKEN, DUPLICATE, TOO_LATE = range(3)


class Stamped:
    """A detector's own event with what puts it in order."""

    __slots__ = ("start", "report", "id", "variant", "event", "order")

    def __init__(self, start: int, report: int, id: int, variant: int, event: Any):
        self.start = start
        self.report = report
        self.id = id
        self.variant = variant
        self.event = event
        self.order = (start, id)


class Span:
    """Consecutive events of one subject in time order: has a length, can be iterated and indexed."""

    __slots__ = ("_events", "_from", "_to", "begin", "_end")

    def __init__(self, events: list[Stamped], start: int, end: int, base: int):
        self._events, self._from, self._to = events, start, end
        self.begin, self._end = base + start, base + end

    def __len__(self) -> int:
        return self._to - self._from

    def __iter__(self) -> Iterator[Stamped]:
        return iter(self._events[self._from : self._to])

    def __getitem__(self, at):
        return self._events[self._from : self._to][at] if at != -1 else self._events[self._to - 1]

    def end(self) -> int:
        """Place after the last event in the whole history."""
        return self._end

    def end_time(self) -> int:
        """Start of the last event."""
        return self._events[self._to - 1].start if self._to > self._from else 0

    def since(self, place: int) -> "Span":
        """Those from this place in the history on."""
        skip = min(max(place - self.begin, 0), len(self))
        return Span(self._events, self._from + skip, self._to, self.begin - self._from)

    def only(self, belongs: Callable[[Stamped], bool]) -> "Span":
        """Those that pass a test; their places are no longer those of the history."""
        events = [event for event in self if belongs(event)]
        return Span(events, 0, len(events), self.begin)


class Now:
    """The current event and the way back from it."""

    __slots__ = ("subject", "start", "report", "id", "event", "_base", "_events", "_upto")

    def __init__(self, subject: Subject, base: int, events: list[Stamped], upto: int):
        current = events[upto - 1]
        self.subject, self.start, self.report = subject, current.start, current.report
        self.id, self.event = current.id, current.event
        self._base, self._events, self._upto = base, events, upto

    def within(self, length: int) -> Span:
        """The current event and those that started less than `length` before it. Must not exceed `look_back`."""
        begin = bisect_right(self._events, self.start - length, 0, self._upto, key=_START)
        return Span(self._events, begin, self._upto, self._base)

    def alone(self) -> Span:
        """The current event alone."""
        return Span(self._events, self._upto - 1, self._upto, self._base)


class OldState:
    """State that another version stored; `read` makes it today's."""

    def __init__(self, schema: int, body: dict[str, Any]):
        self.schema, self.body = schema, body

    def read(self, event=lambda e: e, state=lambda s: s, facts=lambda f: f) -> "OldState":
        """Turns each part into today's form; a part that has not changed is left out."""
        body = dict(self.body)
        body["events"] = [[*stamp, event(kept)] for *stamp, kept in body["events"]]
        body["state"] = state(body["state"])
        episodes, ordinals = body["episodes"]
        at = 11  # where `Episode._stored` has the facts
        body["episodes"] = [[[*e[:at], facts(e[at]), *e[at + 1 :]] for e in episodes], ordinals]
        return OldState(self.schema, body)


class Timeline:
    """See the module."""

    __slots__ = (
        "events", "folded", "sealed_len", "sealed_until", "base", "taken_back", "state", "episodes", "told", "ladder",
        "sealed", "touched", "dirty", "used", "cost",
    )

    def __init__(self, state: Any, facts: dict[str, Any]):
        self.events: list[Stamped] = []
        # How many of `events` are folded, and how many are sealed and kept only for looking back.
        self.folded = self.sealed_len = 0
        self.sealed_until = NEVER
        # Events that were forgotten: the place of `events[0]` in the whole history.
        self.base = 0
        self.taken_back = False
        self.state, self.episodes = copy_plain(state), Episodes(facts)
        # What was last told to the host, by key.
        self.told: dict[str, str] = {}
        # Copies of the fold with the place after their last event, ascending; all after the sealed part.
        self.ladder: list[tuple[int, Any, Episodes]] = []
        self.sealed = (copy_plain(state), Episodes(facts))
        # For `runner`.
        self.touched = self.dirty = False
        self.used = self.cost = 0

    def insert(self, event: Stamped) -> int:
        """Puts an event in its place; the fold is taken up by `catch_up`."""
        if event.start < self.sealed_until:
            return TOO_LATE
        events = self.events
        if not events or events[-1].order < event.order:
            events.append(event)
            return TAKEN
        at = bisect_left(events, event.order, self.sealed_len, key=_ORDER)
        if at < len(events) and events[at].order == event.order:
            return DUPLICATE
        events.insert(at, event)
        if at < self.folded:
            self._take_back_to(at)
        return TAKEN

    def _take_back_to(self, at: int) -> None:
        """Makes the fold one over no more than the first `at` events."""
        self.taken_back = True
        place = self.base + at
        while self.ladder and self.ladder[-1][0] > place:
            self.ladder.pop()
        if self.ladder:
            after, state, episodes = self.ladder[-1]
            self.folded = after - self.base
        else:
            (state, episodes), self.folded = self.sealed, self.sealed_len
        self.state, self.episodes = copy_plain(state), episodes._copy()

    def catch_up(self, panel, subject: Subject) -> None:
        """Steps through the events that are not yet in the fold."""
        for upto in range(self.folded + 1, len(self.events) + 1):
            step = panel.of(self.events[upto - 1].variant).step
            step(self.state, Now(subject, self.base, self.events, upto), self.episodes)
            place = self.base + upto
            if place % RUNG == 0:
                self.ladder.append((place, copy_plain(self.state), self.episodes._copy()))
        self.folded = len(self.events)

    def tell(self, panel, subject: Subject, raised: Callable, withdrawn: Callable) -> None:
        """Says what changed since the last time."""
        changed = self.episodes._take_changed() or self.taken_back
        self.taken_back = False
        if not changed:
            return
        now = {}
        for episode in self.episodes:
            key, fingerprint = episode.key(), episode.fingerprint()
            if self.told.get(key) != fingerprint:
                raised(panel.of(episode.variant), subject, key, episode)
            now[key] = fingerprint
        for key in self.told:
            if key not in now:
                withdrawn(key, subject)
        self.told = now

    def wants_sealing(self) -> bool:
        """Whether sealing would free enough to be worth it."""
        return len(self.events) - self.sealed_len >= 2 * RUNG

    def seal(self, panel, horizon: int) -> None:
        """Seals what is older than the horizon, at the newest copy of the fold that is. It must be caught up and told."""
        self.sealed_until = max(self.sealed_until, horizon)
        for at in range(len(self.ladder) - 1, -1, -1):
            after, state, episodes = self.ladder[at]
            if self.events[after - self.base - 1].start < horizon:
                self.sealed, self.sealed_len = (state, episodes), after - self.base
                del self.ladder[: at + 1]
                break
        self._drop_older(panel)
        self._forget_final(horizon)

    def seal_all(self, panel, subject: Subject, horizon: int) -> None:
        """Seals all that is older than the horizon, so that as few events as possible are kept."""
        self.seal(panel, horizon)
        older = bisect_left(self.events, horizon, key=_START)
        if older <= self.sealed_len:
            return
        if older == self.folded:
            self.sealed = (copy_plain(self.state), self.episodes._copy())
        else:
            state, episodes = self.sealed
            for upto in range(self.sealed_len + 1, older + 1):
                now = Now(subject, self.base, self.events, upto)
                panel.of(self.events[upto - 1].variant).step(state, now, episodes)
        self.sealed_len = older
        self._drop_older(panel)
        self._forget_final(horizon)

    def _drop_older(self, panel) -> None:
        """Drops events that no step will look back at: a window reaches back from the newest sealed event at most."""
        if not self.sealed_len:
            return
        oldest = self.events[self.sealed_len - 1].start - panel.look_back
        gone = bisect_right(self.events, oldest, 0, self.sealed_len, key=_START)
        while gone < self.sealed_len:
            event = self.events[gone]
            if panel.of(event.variant).looks_back_at(event.event):
                break
            gone += 1
        if gone:
            # A new list: spans of the steps before may still hold the old one.
            self.events = self.events[gone:]
            self.base += gone
            self.sealed_len -= gone
            self.folded -= gone

    def _forget_final(self, horizon: int) -> None:
        """Drops episodes that nothing can change any more: neither what is still to come, nor what is not sealed yet."""
        before = horizon
        if self.sealed_len < len(self.events):
            before = min(before, self.events[self.sealed_len].start)
        if before <= NEVER:
            return
        for episode in self.episodes:
            if episode.open_until < before:
                self.told.pop(episode.key(), None)
        self.sealed[1]._forget(before)
        self.episodes._forget(before)
        for _, _, episodes in self.ladder:
            episodes._forget(before)

    def write(self, schema: int) -> bytes:
        """All but what can be made anew. It must be sealed with `seal_all`."""
        state, episodes = self.sealed
        stored = {
            "form": FORM, "schema": schema, "sealed_until": self.sealed_until, "base": self.base,
            "sealed_len": self.sealed_len, "state": state, "episodes": episodes._stored(), "told": self.told,
            "events": [[e.start, e.report, "%032x" % e.id, e.variant, e.event] for e in self.events],
        }
        return plain_text(stored).encode()

    @staticmethod
    def read(detector, data: bytes) -> "Timeline":
        """Reads what `write` wrote, of whichever version of the detector."""
        try:
            stored = json.loads(data)
        except ValueError as why:
            raise InvalidState(f"it is not what this package writes: {why}") from None
        form = stored.get("form") if isinstance(stored, dict) else None
        if form != FORM:
            raise InvalidState(
                f"it is stored in form {form}, this plugin reads form {FORM}: run the version that wrote it, or have it "
                "learn anew from the log: ringfence state reset --all --rewind"
            )
        if stored["schema"] != detector.state_schema:
            stored = detector.migrate(OldState(stored["schema"], stored)).body
        timeline = Timeline(stored["state"], detector.facts)
        timeline.sealed_until, timeline.base = stored["sealed_until"], stored["base"]
        timeline.sealed_len = timeline.folded = stored["sealed_len"]
        timeline.sealed = (stored["state"], Episodes._restored(stored["episodes"], detector.facts))
        timeline.episodes = timeline.sealed[1]._copy()
        timeline.told = stored["told"]
        timeline.events = [
            Stamped(start, report, int(id, 16), variant, event) for start, report, id, variant, event in stored["events"]
        ]
        # What was told before may not come back: a late event can have undone it.
        timeline.taken_back = True
        return timeline

"""What an author writes: a subclass of `Detector`.

Owns the author's side of the contract. Does not own the order of events, late arrivals, duplicates, state or revisions:
the package takes care of those, so that a detector cannot get them wrong.
"""

from typing import Any

from .episodes import Episode, Episodes
from .timeline import Now, OldState
from .values import InvalidState, Report, Subject


class Detector:
    """A detector. `step` is called for each event of a subject in the order in which they happened, whatever the order in
    which they arrived: when a late event comes in between, an earlier copy of the state is taken and what follows is
    stepped through again. So `step` and `describe` must depend on nothing but their arguments, the settings, and what
    `resolve`, `utc_offset` and the other questions to the host answer: no clock, no random numbers, no order of sets.

    Events, state and facts are plain data, because they are stored as JSON: None, bool, int, float, str, list, and dict
    with texts as keys. (No tuples and no sets: they would come back as something else.)
    """

    # Raise it together with `state_schema` of plugin.toml when events, state or facts change their form; what another
    # schema stored goes through `migrate`.
    state_schema = 1
    # What is remembered of a subject between events, at first: small.
    state: dict[str, Any] = {}
    # What is remembered of an episode for its report, at first.
    facts: dict[str, Any] = {}

    def __init__(self, settings: dict[str, Any]):
        """`settings` has every setting of plugin.toml. Raise `InvalidSettings` when one does not make sense: name it, and
        say what is allowed."""
        self.settings = settings

    def look_back(self) -> int:
        """The longest time back that `step` asks for with `now.within`, in milliseconds."""
        raise NotImplementedError("look_back is missing: return how far back step looks, in milliseconds")

    def looks_back_at(self, event: Any) -> bool:
        """Whether a later step that looks back may have to see this event. Those before the first such event are forgotten
        as soon as they are final, so a step that looks back must take no notice of the others."""
        return True

    # For detectors of which every microsecond counts: a method `candidates(self, batch)` that gives the numbers of the
    # rows worth a look; `select` then sees only those. `batch.called_class` is the whole column.
    candidates = None

    def select(self, row: Any) -> tuple[Subject, Any] | None:
        """Picks the rows that matter and what to keep of them; `None` for the others. The subject must be the manifest's
        partition. `row` has an attribute for each column of plugin.toml."""
        raise NotImplementedError("select is missing: return (subject, what to keep) for the rows that matter")

    def select_also(self, row: Any) -> tuple[Subject, Any] | None:
        """Picks the rows that matter to a second subject, that of `[also]` in the manifest. The manifest's filters only save
        work: look here whether a row is one of these."""
        return None

    def step(self, state: dict[str, Any], now: Now, episodes: Episodes) -> None:
        """Takes the next event."""
        raise NotImplementedError("step is missing: look at now.event and now.within(…), and extend episodes")

    def describe(self, subject: Subject, episode: Episode) -> Report:
        """Puts an episode into words and figures; called only when it is new or changed."""
        raise NotImplementedError("describe is missing: return a Report")

    def migrate(self, old: OldState) -> OldState:
        """Turns what an older version stored into this version's form: `return old.read(event=…, state=…, facts=…)`. Name the
        schemas it can read in `reads_state` of plugin.toml."""
        raise InvalidState(f"state of schema {old.schema} cannot be read by schema {self.state_schema}")

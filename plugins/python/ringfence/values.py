"""The small values that cross the boundary: severities, subjects, findings, errors.

Owns their form in Python. Does not own their meaning: the interface (`wit/`) does.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

# Milliseconds.
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Longest title in characters.
MAX_TITLE = 200
# Most evidence on one finding: 1,000 identities are more than anybody reads; the figure `records` has the count.
MAX_EVIDENCE = 1_000
_MAX_INT = (1 << 63) - 1


class InvalidSettings(Exception):
    """The settings are wrong: say which one and what is allowed."""


class InvalidBatch(Exception):
    """The batch cannot be read."""


class InvalidState(Exception):
    """Stored state cannot be read by this version."""


class Severity(IntEnum):
    """Sigma's levels, lowest first."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


# The score of a severity, for detectors that state none.
USUAL_SCORE = (0.1, 0.3, 0.5, 0.8, 0.95)


class Name(int):
    """Handle of an interned text, as a figure of a finding: shown as its text. Columns hold plain whole numbers."""


class Number(int):
    """A telephone number, as a figure of a finding: shown as `+…`. Columns hold plain whole numbers."""


class Time(int):
    """Milliseconds UTC, as a figure of a finding: shown as `2026-03-01T10:00:00Z`. Columns hold plain whole numbers."""


class RecordId(NamedTuple):
    """Identity of a record, equal for every delivery of it."""

    hi: int
    lo: int


class Subject(NamedTuple):
    """Whom a finding is about."""

    kind: str
    handle: int

    @staticmethod
    def user(name: int) -> "Subject":
        """A user, workspace, queue or other owner of records."""
        return Subject("user", name)

    @staticmethod
    def number(number: int) -> "Subject":
        """A telephone number."""
        return Subject("number", number)

    @staticmethod
    def location(name: int) -> "Subject":
        """A location."""
        return Subject("location", name)

    @staticmethod
    def organisation() -> "Subject":
        """The whole organisation."""
        return Subject("organisation", 0)

    def is_absent(self) -> bool:
        """Whether it names nobody: nothing can be found about it."""
        return self.handle == 0 and self.kind != "organisation"

    def state_key(self) -> str:
        """The key under which its state is stored. Handles survive restarts, so they may stand in it."""
        if self.kind == "number":
            return f"n/{self.handle:x}"
        return "o" if self.kind == "organisation" else f"{self.kind[0]}/{self.handle}"


class About(NamedTuple):
    """What tells apart episodes of one kind that may be open at the same time."""

    kind: str
    value: int

    @staticmethod
    def name(name: int) -> "About":
        """One per name: a country, say."""
        return About("name", name)

    @staticmethod
    def number(number: int) -> "About":
        """One per number."""
        return About("number", number)

    @staticmethod
    def day(day: int) -> "About":
        """One per local day, e.g. one per night."""
        return About("day", day)


NOTHING = About("nothing", 0)


class Report:
    """What to say about an episode; made only when something about it changed."""

    def __init__(self, title: str):
        self.title = title
        self.value: float | None = None
        self.explanation: list[str] = []
        self.figures: list[tuple[str, Any]] = []

    def because(self, reason: str | None) -> "Report":
        """Adds a reason in words with numbers, most important first; nothing for `None`."""
        if reason is not None:
            self.explanation.append(reason)
        return self

    def figure(self, name: str, value: Any) -> "Report":
        """Adds a figure: bool, int, float, str, a list of str, `Name(handle)`, `Number(packed)` or `Time(ms)`."""
        self.figures.append((name, checked_figure(name, value)))
        return self

    def score(self, score: float) -> "Report":
        """Sets the score, 0 (usual) to 1 (certain); without it, the severity decides."""
        self.value = min(max(score, 0.0), 1.0) if score == score else None
        return self


def checked_figure(name: str, value: Any) -> Any:
    """The value as it may cross the boundary."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else 0.0
    if isinstance(value, (bool, Name, Number, Time, str)):
        return value
    if isinstance(value, int):
        return min(max(value, -_MAX_INT - 1), _MAX_INT)
    if isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value):
        return list(value)
    allowed = "bool, int, float, str, list of str, Name, Number or Time"
    raise TypeError(f"figure '{name}' is of type {type(value).__name__}: use {allowed}")


@dataclass
class Finding:
    """One episode as handed to the host."""

    key: str
    kind: str
    severity: Severity
    score: float
    subject: Subject
    title: str
    explanation: list[str]
    first_event: int
    last_event: int
    raised_at: int
    evidence: list[RecordId]
    attributes: list[tuple[str, Any]] = field(default_factory=list)


class Withdrawal(NamedTuple):
    """Names a finding that late events showed not to hold."""

    key: str
    subject: Subject


def copy_plain(value: Any) -> Any:
    """A copy of a value made of dictionaries, lists, numbers and texts."""
    if type(value) is dict:
        return {key: copy_plain(v) for key, v in value.items()}
    if type(value) is list:
        return [copy_plain(v) for v in value]
    return value


def plural(count: int, word: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"

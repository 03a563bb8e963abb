"""All that the author of a Ringfence detector needs, in Python.

A detector says which rows it wants (`select`), what it makes of them in the order in which they happened (`step`), and
how it puts an episode into words (`describe`). This package owns the rest: late, shuffled and repeated events, state
that survives restarts, revisions of findings, and the component itself (`component`). `template/detector.py` is the
shortest complete example. It means the same as the Rust SDK (`plugins/sdk`), and tests hold the two against each other.
"""

from .calendar import date_text, day_of, minute_of, time_text, weekday_of
from .component import component
from .detector import Detector
from .episodes import Case, Episode, Episodes
from .fields import known
from .telephone import e164, has_prefix, number_range, number_text
from .timeline import Now, OldState, Span, Stamped
from .values import (
    DAY, HOUR, MINUTE, SECOND, About, Finding, InvalidBatch, InvalidSettings, InvalidState, Name, Number, RecordId,
    Report, Severity, Subject, Time, plural,
)
from .world import business_hours, holidays, intern, is_ours, log, resolve, utc_offset

__all__ = [
    "DAY", "HOUR", "MINUTE", "SECOND", "About", "Case", "Detector", "Episode", "Episodes", "Finding", "InvalidBatch",
    "InvalidSettings", "InvalidState", "Name", "Now", "Number", "OldState", "RecordId", "Report", "Severity", "Span",
    "Stamped", "Subject", "Time", "business_hours", "component", "date_text", "day_of", "e164", "has_prefix", "holidays",
    "intern", "is_ours", "known", "log", "minute_of", "number_range", "number_text", "plural", "resolve", "time_text",
    "utc_offset", "weekday_of",
]

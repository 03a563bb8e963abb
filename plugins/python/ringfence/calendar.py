"""Civil dates without a clock or a zone library.

Owns date arithmetic on milliseconds that are already local. Does not own zones: the host gives offsets.
"""

from .values import DAY, MINUTE


def day_of(at: int) -> int:
    """Days since 1970-01-01 of a (local) moment."""
    return at // DAY


def minute_of(at: int) -> int:
    """Minute of the day of a (local) moment, 0 to 1439."""
    return at % DAY // MINUTE


def weekday_of(day: int) -> int:
    """Weekday of a day, 0 is Monday."""
    return (day + 3) % 7


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month (Howard Hinnant's `civil_from_days`)."""
    z = day + 719_468
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def day_from_date(year: int, month: int, day: int) -> int:
    """Day of a date (Howard Hinnant's `days_from_civil`)."""
    era, yoe = divmod(year - (month <= 2), 400)
    doy = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def date_text(day: int) -> str:
    """`2026-03-01`."""
    return "%04d-%02d-%02d" % date_of(day)


def time_text(at: int) -> str:
    """`23:05` of a (local) moment."""
    return "%02d:%02d" % divmod(minute_of(at), 60)

"""Telephone numbers as the host packs them: the top four bits are the kind, the rest the payload; 0 is absent.

Owns reading and showing them. Does not own where they come from: columns hold them as plain whole numbers.
"""

from .values import Number

_KIND_SHIFT = 60
_PAYLOAD = (1 << _KIND_SHIFT) - 1
# Characters of a packed dial string.
_DIALLED = 15
_SYMBOLS = " 0123456789*#+++"


def e164(number: int) -> int | None:
    """Digits of a full international number, without `+`."""
    return number & _PAYLOAD if number >> _KIND_SHIFT == 1 else None


def has_prefix(number: int, prefix: int) -> bool:
    """Whether a full international number starts with these digits, e.g. 371 or 1809."""
    digits = e164(number)
    return digits is not None and prefix > 0 and str(digits).startswith(str(prefix))


def number_range(number: int, dropped: int) -> Number | None:
    """All numbers that share this full one but for the last `dropped` digits (at most 9): `+3712810xxxx`."""
    digits = e164(number)
    dropped = min(dropped, 9)
    if digits is None or digits // 10**dropped == 0:
        return None
    return Number(4 << _KIND_SHIFT | digits // 10**dropped << 4 | dropped)


def from_e164(digits: int) -> Number:
    """From an international number's digits without `+`."""
    return Number(1 << _KIND_SHIFT | digits)


def number_text(number: int) -> str:
    """`+34911234567`, or as dialled."""
    kind, payload = number >> _KIND_SHIFT, number & _PAYLOAD
    if kind == 1:
        return f"+{payload}"
    if kind == 2:
        symbols = (payload >> shift * 4 & 15 for shift in range(_DIALLED - 1, -1, -1))
        return "".join(_SYMBOLS[s] for s in symbols if s)
    if kind == 3:
        return f"other:{payload:015x}"
    if kind == 4:
        return f"+{payload >> 4}{'x' * (payload & 15)}"
    return ""

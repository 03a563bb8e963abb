"""The imports of a detector: names, directory, state, log.

In a component they are the host's; natively they are those of a fake host, which tests fill. Owns the caches: answers
about names never change, and those of the directory only with the policy, and then there is a new instance.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any

from .fields import VALUES


def _found() -> dict[str, Any] | None:
    """The interfaces that this component imports. Now, while it is built: later there are no files to import from."""
    try:
        import_module("wit_world.imports")
    except ImportError:
        return None
    found = {}
    for name in ("names", "directory", "state", "log"):
        try:
            found[name] = import_module(f"wit_world.imports.{name}")
        except ImportError:
            pass
    return found


imports = _found()

# Texts kept; some megabytes.
_CACHED = 20_000
# Handles below this are well-known values.
FIRST_DYNAMIC = 4096


class World:
    """A host for tests."""

    def __init__(self):
        # Locations by name: {"hours": [(weekday, start, end)], "holidays": [day], "utc_offset": minutes}.
        self.places: dict[str, dict[str, Any]] = {}
        # The organisation's numbers, packed.
        self.ours: set[int] = set()
        self.names: list[str] = []
        self.state: dict[str, bytes] = {}
        self.logged: list[tuple[str, str]] = []


fake = World()


def set_world(world: World) -> None:
    """Replaces the fake host."""
    global fake
    fake = world
    forget()


def forget() -> None:
    """Forgets answers; for tests that change the fake host."""
    for cached in (resolve, business_hours, holidays):
        cached.cache_clear()


def _host(name: str) -> Any:
    """An interface of the host, if this component imports it."""
    if name not in imports:
        raise RuntimeError(f"'{name}' was used but is not declared: add \"{name}\" to capabilities in plugin.toml")
    return imports[name]


@lru_cache(_CACHED)
def resolve(name: int) -> str:
    """Text of a handle; empty for none."""
    if not name:
        return ""
    if imports is not None:
        return _host("names").resolve([name])[0]
    if name >= FIRST_DYNAMIC:
        return fake.names[name - FIRST_DYNAMIC] if name - FIRST_DYNAMIC < len(fake.names) else ""
    return VALUES.get(name, "")


def intern(text: str) -> int:
    """Handle of a text; a text never seen gets a new one. For settings that name users, locations or countries."""
    if not text:
        return 0
    if imports is not None:
        return _host("names").intern([text])[0]
    for handle, value in VALUES.items():
        if value == text:
            return handle
    if text not in fake.names:
        fake.names.append(text)
    return FIRST_DYNAMIC + fake.names.index(text)


def _place(location: int) -> dict[str, Any]:
    return fake.places.get(resolve(location), {})


@lru_cache(_CACHED)
def business_hours(location: int) -> tuple[tuple[int, int, int], ...]:
    """Business hours of a location as (weekday, start, end): 0 is Monday, minutes since local midnight, up to 2880."""
    if imports is not None:
        return tuple((h.weekday, h.start, h.end) for h in _host("directory").business_hours(location))
    return tuple(_place(location).get("hours", ()))


@lru_cache(_CACHED)
def holidays(location: int) -> tuple[int, ...]:
    """Holidays of a location as days since 1970-01-01, ascending."""
    if imports is not None:
        return tuple(_host("directory").holidays(location))
    return tuple(_place(location).get("holidays", ()))


def utc_offset(location: int, at: int) -> int | None:
    """Minutes to add to UTC for local time at the location at that moment; `None` if its zone is unknown."""
    if imports is not None:
        return _host("directory").utc_offset(location, at)
    return _place(location).get("utc_offset")


def is_ours(number: int) -> bool:
    """Whether the number belongs to the organisation."""
    return _host("directory").is_ours(number) if imports is not None else number in fake.ours


def state_get(key: str) -> bytes | None:
    """The value last written; only `runner` asks."""
    return _host("state").get(key) if imports is not None else fake.state.get(key)


def state_set(key: str, value: bytes) -> None:
    """Writes a value; only `runner` does, at a checkpoint."""
    if imports is not None:
        _host("state").set(key, value)
    else:
        fake.state[key] = value


def log(level: str, message: str) -> None:
    """Writes a line for the operator; `level` is debug, info, warn or error. Never put telephone numbers or names of people
    into a line."""
    if imports is not None:
        host = _host("log")
        host.write(host.Level[level.upper()], message)
    else:
        fake.logged.append((level, message))

"""Makes a component of a detector: conversions between the bindings' types and this package's.

Owns the boundary's Python form, and what an author's mistake looks like to the operator: an error with its place in the
source, since a component has no standard error.
"""

from typing import Any, Callable

from .detector import Detector
from .runner import Runner
from .values import Finding, InvalidBatch, InvalidSettings, InvalidState, Name, Number, Time, Withdrawal

try:
    from componentize_py_types import Err
    from wit_world.imports import types
except ImportError:
    Err = types = None

# Places in the source that an error shows: the innermost ones.
_SHOWN_FRAMES = 4


def component(detector: type[Detector]) -> type:
    """The class that the host calls: `WitWorld = component(MyDetector)`, once, at the end of the module."""

    class WitWorld:
        # The component's one runner: every call comes on an object of its own.
        runner: Runner

        def configure(self, setup) -> None:
            def make():
                return Runner(detector, setup.settings, setup.variants, setup.columns, setup.memory_bytes)

            WitWorld.runner = _guarded(make)

        def process(self, batch) -> list:
            columns = [column.value for column in batch.columns]
            said = _guarded(lambda: self.runner.process(batch.rows, batch.horizon, columns))
            return [_output(one) for one in said]

        def checkpoint(self) -> None:
            _guarded(self.runner.checkpoint)

    return WitWorld


def _guarded(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except InvalidSettings as why:
        raise Err(types.Error_InvalidSettings(str(why))) from None
    except InvalidBatch as why:
        raise Err(types.Error_InvalidBatch(str(why))) from None
    except InvalidState as why:
        raise Err(types.Error_InvalidState(str(why))) from None
    except Exception as why:
        raise Err(types.Error_Other(told(why))) from None


def told(why: Exception) -> str:
    """An exception with its innermost places, in one line."""
    # Not with `traceback`, which looks for the source files: a component has none.
    places, at = [], why.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        places.insert(0, f"{code.co_filename.rsplit('/', 1)[-1]}:{at.tb_lineno} in {code.co_name}")
        at = at.tb_next
    return f"{type(why).__name__}: {why} ({', '.join(places[:_SHOWN_FRAMES])})"


def _subject(subject) -> Any:
    kinds = {"user": types.Subject_User, "number": types.Subject_Number, "location": types.Subject_Location}
    return kinds[subject.kind](subject.handle) if subject.kind in kinds else types.Subject_Organisation()


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return types.Value_Boolean(value)
    if isinstance(value, Name):
        return types.Value_Name(int(value))
    if isinstance(value, Number):
        return types.Value_Number(int(value))
    if isinstance(value, Time):
        return types.Value_Time(int(value))
    if isinstance(value, int):
        return types.Value_Integer(value)
    if isinstance(value, float):
        return types.Value_Real(value)
    return types.Value_Text(value) if isinstance(value, str) else types.Value_Texts(value)


def _output(said: Finding | Withdrawal) -> Any:
    if isinstance(said, Withdrawal):
        return types.Output_Withdraw(types.Withdrawal(said.key, _subject(said.subject)))
    return types.Output_Raise(
        types.Finding(
            key=said.key, kind=said.kind, severity=types.Severity(int(said.severity)), score=said.score,
            subject=_subject(said.subject), title=said.title, explanation=said.explanation,
            first_event=said.first_event, last_event=said.last_event, raised_at=said.raised_at,
            evidence=[types.RecordId(hi, lo) for hi, lo in said.evidence],
            attributes=[(name, _value(value)) for name, value in said.attributes],
        )
    )

"""Rows over a batch of typed columns: `row.user`, `row.duration`, `row.start_time`.

Owns how a field finds its column. A row is a tuple with names, made by code in C: attributes cost next to nothing.
"""

from collections import namedtuple
from functools import partial
from typing import Any, Iterator

from .fields import KINDS
from .values import InvalidBatch, InvalidSettings, RecordId

# The column that says for whom a row is and which settings apply to it; a row has it as `row_bits`.
CONTEXT = "$row"
# Columns that this package needs to put events in order.
NEEDED = ("start_time", "report_time", "record_id")

FOR_PARTITION = 1
FOR_ALSO = 2
SETTINGS_SHIFT = 8


class Batch:
    """The columns of a batch by name: `batch.called_class[i]` belongs to row i."""

    def __init__(self, rows: int, horizon: int, names: list[str], columns: list[Any]):
        self.rows, self.horizon = rows, horizon
        self.columns = dict(zip(names, columns))

    def __getattr__(self, name: str) -> Any:
        columns = self.__dict__["columns"]
        if name in columns:
            return columns[name]
        if name == "columns" or (name in KINDS and self.rows == 0):
            return []
        raise undeclared(name)


def undeclared(name: str) -> AttributeError:
    """What to say of a column that is read but is not there."""
    if name in KINDS:
        return AttributeError(f"column '{name}' was read but is not declared: add \"{name}\" to columns in plugin.toml")
    return AttributeError(f"there is no field '{name}': docs/fields.md lists them")


class Columns:
    """Which column holds which field: set once, from the names given to `configure`."""

    def __init__(self, names: list[str]):
        for name in names:
            if name != CONTEXT and name not in KINDS:
                raise InvalidSettings(f"column '{name}' is unknown to this version of the package")
            if names.count(name) > 1:
                raise InvalidSettings(f"column '{name}' is named twice")
        for name in NEEDED:
            if name not in names:
                raise InvalidSettings(
                    f"column '{name}' is missing: every manifest must name start_time, report_time and record_id"
                )
        self.names = names
        self.has_context = CONTEXT in names
        self._bools = {i for i, name in enumerate(names) if KINDS.get(name) == "bool"}
        self._plain = [i for i, name in enumerate(names) if name != "record_id"]
        fields = ["row_index"] + ["row_bits" if names[i] == CONTEXT else names[i] for i in self._plain]
        self.row_type = _row_type(fields)
        # Not `_make`, which is written in Python.
        self._row = partial(tuple.__new__, self.row_type)

    def batch(self, rows: int, horizon: int, columns: list[Any]) -> Batch:
        """Checks that the batch has the columns asked for, each of its length."""
        if rows == 0 and not columns:
            return Batch(0, horizon, [], [])
        if len(columns) != len(self.names):
            raise InvalidBatch(f"{len(columns)} columns instead of {len(self.names)}")
        for name, values in zip(self.names, columns):
            wanted = 2 * rows if name == "record_id" else rows
            if len(values) != wanted:
                raise InvalidBatch(f"column '{name}' has {len(values)} elements for {rows} rows")
        return Batch(rows, horizon, self.names, columns)

    def rows(self, batch: Batch, wanted: list[int] | None = None) -> Iterator[Any]:
        """The rows of a batch, or those of these numbers."""
        columns = list(batch.columns.values())
        if not columns:
            return iter(())
        # What `row.record_id` reads; rows are only looked at while their batch is.
        self.row_type._identities = batch.columns["record_id"]
        if wanted is None:
            plain = [map(bool, columns[i]) if i in self._bools else columns[i] for i in self._plain]
            return map(self._row, zip(range(batch.rows), *plain))
        plain = [[columns[i][at] for at in wanted] for i in self._plain]
        return map(self._row, zip(wanted, *plain))


def _row_type(fields: list[str]) -> type:
    class Row(namedtuple("Row", fields)):
        __slots__ = ()
        _identities: list[int] = []

        @property
        def record_id(self) -> RecordId:
            """Identity of the record."""
            at = 2 * self.row_index
            return RecordId(self._identities[at], self._identities[at + 1])

        @property
        def local_time(self) -> int:
            """Local time: `start_time` moved by `local_offset`; needs both columns."""
            return self.start_time + self.local_offset * 60_000

        def __getattr__(self, name: str) -> Any:
            raise undeclared("local_offset" if name == "local_time" else name)

    return Row

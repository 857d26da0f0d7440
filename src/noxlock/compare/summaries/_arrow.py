"""Figures of the columns of Parquet and Feather, lists and structs in them included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noxlock.compare.formats._arrow import decoded, is_list
from noxlock.compare.formats._parts import readable
from noxlock.compare.formats.parquet import (
    batches,
    check_names,
    opened,
    opened_feather,
)
from noxlock.compare.summaries._moments import MOST, Distinct, Moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare.formats.parquet import Table
    from noxlock.model import ArraySummary

__all__ = ["feather_columns", "parquet_columns"]

_Arrow: TypeAlias = Any
"""A `pyarrow.Array`; its stubs lack what arrays of one type have."""
_Type: TypeAlias = Any
"""A `pyarrow.DataType`, likewise."""

_STEP: Final = 1 << 16
"""Rows of a batch."""


def parquet_columns(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures of each column; those of a list are of all its elements.

    The fields of a struct are columns: `fit.coef`.

    Raises:
        CompareError: It cannot be read.
    """
    with opened(side) as table:
        return _columns(table)


def feather_columns(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures of each column of an Arrow IPC file, likewise.

    Raises:
        CompareError: It cannot be read.
    """
    with opened_feather(side) as table:
        return _columns(table)


def _columns(table: Table) -> tuple[ArraySummary, ...]:
    check_names(table)
    found: list[ArraySummary] = []
    for each in table.schema:
        if len(found) >= MOST:
            break
        column = _Column(each.name, each.type)
        for values in batches(table, each.name, _STEP):
            with readable(table.side.error, f"is damaged in column {each.name!r}"):
                column.take(values)
        found += column.summaries()
    return tuple(found[:MOST])


class _Column:
    def __init__(self, key: str, kind: _Type) -> None:
        self.key = key
        self.dtype = str(kind)
        self.count = 0
        self.null = 0
        self.moments = Moments()
        self.distinct: Distinct | None = None
        self.fields: list[_Column] = []

    def take(self, values: _Arrow) -> None:
        """Take in the next values of the column."""
        values = decoded(values)
        self.count += len(values)
        self.null += values.null_count
        while is_list(values.type):
            values = decoded(values.flatten())
        if pa.types.is_struct(values.type):
            self._take_fields(values)
        elif (numbers := _numbers(values)) is not None:
            self.moments.numbers(numbers)
        elif _is_text(values.type):
            self.distinct = self.distinct or Distinct()
            if self.distinct.count is not None:
                self.distinct.add(_different(values))

    def _take_fields(self, values: _Arrow) -> None:
        if not self.fields:
            self.dtype = "struct" if self.dtype.startswith("struct") else "list"
            self.fields = [
                _Column(f"{self.key}.{each.name}", each.type) for each in values.type
            ]
        for number, inner in enumerate(self.fields):
            inner.take(pc.struct_field(values, [number]))

    def summaries(self) -> Iterator[ArraySummary]:
        """Yield the figures of the column, and those of its fields."""
        yield self.moments.summary(
            self.key,
            self.dtype,
            (self.count,),
            self.count,
            null=self.null,
            distinct=None if self.distinct is None else self.distinct.count,
        )
        for inner in self.fields:
            yield from inner.summaries()


def _numbers(values: _Arrow) -> np.ndarray[Any, np.dtype[Any]] | None:
    """Return those that are there, where they are numbers."""
    types = pa.types
    if types.is_decimal(values.type):
        values = values.cast(pa.float64())
    kinds = types.is_boolean, types.is_integer, types.is_floating
    if not any(kind(values.type) for kind in kinds):
        return None
    return np.asarray(values.drop_null().to_numpy(zero_copy_only=False))


def _is_text(kind: _Type) -> bool:
    types = pa.types
    return any(
        each(kind)
        for each in (types.is_string, types.is_large_string, types.is_string_view)
    )


def _different(values: _Arrow) -> list[str]:
    if pa.types.is_string_view(values.type):
        values = values.cast(pa.large_string())
    return [value for value in values.unique().to_pylist() if value is not None]

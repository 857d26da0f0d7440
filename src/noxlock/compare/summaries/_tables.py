"""Figures of the columns of CSV and TSV: of the cells that are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.compare.formats._cells import all_numbers, no_number, number_of
from noxlock.compare.formats.tables import DELIMITERS, opened
from noxlock.compare.summaries._moments import MOST
from noxlock.compare.summaries._untyped import Untyped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.compare._files import Side
    from noxlock.model import ArraySummary

__all__ = ["csv_columns", "tsv_columns"]

_OFTEN: Final = 8
"""Cells for each different one, from which on these are looked at."""


def csv_columns(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures of each column; an empty cell is null.

    Raises:
        CompareError: It is no such table, or is ragged.
    """
    return _columns(side, DELIMITERS["csv"])


def tsv_columns(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures of each column of tab-separated values, likewise.

    Raises:
        CompareError: It is no such table, or is ragged.
    """
    return _columns(side, DELIMITERS["tsv"])


def _columns(side: Side, delimiters: str) -> tuple[ArraySummary, ...]:
    with opened(side, delimiters) as table:
        columns = [(name, Untyped()) for name in table.names[:MOST]]
        for rows in table.blocks():
            for (_, column), cells in zip(
                columns, zip(*rows, strict=True), strict=False
            ):
                _take(column, cells)
    return tuple(column.summary(name) for name, column in columns)


def _take(column: Untyped, cells: Sequence[str]) -> None:
    column.count += len(cells)
    different = set(cells)
    if "" in different:
        different.remove("")
        filled = [cell for cell in cells if cell]
        column.null += len(cells) - len(filled)
        cells = filled
    if not cells:
        return
    if len(different) * _OFTEN < len(cells) and not any(
        number_of(cell) is not None for cell in different
    ):
        column.texts(different)
    elif (values := all_numbers(cells)) is not None:
        column.block(values)
    elif no_number(cells):
        column.texts(different)
    else:
        _each(column, cells)


def _each(column: Untyped, cells: Sequence[str]) -> None:
    numbers, texts = [], []
    for cell in cells:
        if (value := number_of(cell)) is None:
            texts.append(cell)
        else:
            numbers.append(value)
    column.numbers(numbers)
    if texts:
        column.texts(texts)

"""The numeric columns of two tables of text, as arrays."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from noxlock.compare._files import Side
    from noxlock.compare.arrays._lens import Array

__all__ = ["columns"]

_LARGEST: Final = 1 << 25
"""Bytes: a larger table is not read for a few plots."""


def columns(
    baseline: Side, actual: Side, delimiter: str, wanted: Collection[str]
) -> Iterator[tuple[str, Array, Array]]:
    """Yield the columns that both tables have, as their name and their numbers.

    What is no number is NaN; a column without one is left out, and so are tables of
    another number of rows, and large ones.

    Args:
        baseline: The recorded table, its first row names the columns.
        actual: The table that was written now.
        delimiter: Between the cells.
        wanted: The names of the columns; () for all.

    Raises:
        CompareError: One cannot be read.
        csv.Error: One is no such table.
    """
    if max(each.path.stat().st_size for each in (baseline, actual)) > _LARGEST:
        return
    old, new = _rows(baseline, delimiter), _rows(actual, delimiter)
    if len(old) != len(new) or not old:
        return
    for name in old[0]:
        if name in new[0] and (not wanted or name in wanted):
            one, other = _numbers(old, name), _numbers(new, name)
            if np.isfinite(one).any() and np.isfinite(other).any():
                yield name, one, other


def _rows(side: Side, delimiter: str) -> list[list[str]]:
    lines = side.text().splitlines(keepends=True)
    return list(csv.reader(lines, delimiter=delimiter))


def _numbers(rows: list[list[str]], name: str) -> Array:
    at = rows[0].index(name)
    return np.array([_number(row[at : at + 1]) for row in rows[1:]], np.float64)


def _number(cell: list[str]) -> float:
    try:
        return float(cell[0])
    except (ValueError, IndexError):
        return math.nan

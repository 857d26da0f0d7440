"""Compares the cells of one column of text, many rows at once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from noxlock.compare._exact import measure
from noxlock.compare._lens import lens_of
from noxlock.compare._statistics import Statistics
from noxlock.compare._tally import Block, Tally
from noxlock.compare.distributions import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.compare._job import Job

__all__ = ["Column", "is_integer", "is_number"]

# No leading zeros: `007` names something, it counts nothing.
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9]\d{0,999})", re.ASCII)
_PATTERN: Final = (
    r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?|nan"
)
_REAL: Final = re.compile(_PATTERN, re.ASCII | re.IGNORECASE)
# Of whole blocks: cells joined by line feeds.
_SHORT: Final = r"[+-]?(?:0|[1-9]\d{0,17})"
_ALL_INTEGERS: Final = re.compile(rf"(?:{_SHORT}\n)+", re.ASCII)
_ALL_NUMBERS: Final = re.compile(rf"(?:(?:{_PATTERN})\n)+", re.ASCII | re.IGNORECASE)
_SOME_INTEGER: Final = re.compile(r"^[+-]?\d+$", re.ASCII | re.MULTILINE)
_LONG_INTEGER: Final = re.compile(r"^[+-]?\d{16,}$", re.ASCII | re.MULTILINE)
_FLOAT: Final = np.dtype(np.float64)
_INT: Final = np.dtype(np.int64)
_LARGE: Final = 1 << 53
"""From here on not every integer is a float64."""


def is_integer(cell: str) -> bool:
    """Whether a cell is an integer, as programs write it."""
    return _INTEGER.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number, as programs write it."""
    return _REAL.fullmatch(cell) is not None


@dataclass(slots=True)
class _Kind:
    """The numbers of one kind, as far as they were found."""

    dtype: np.dtype[Any]
    found: Statistics = field(default_factory=Statistics)

    def take(self, new: list[float], old: list[float], rows: Any, job: Job) -> None:  # noqa: ANN401 - an array of row numbers
        lens = lens_of(self.dtype, self.dtype)
        if lens is None:
            raise AssertionError
        pair = np.array(new, self.dtype), np.array(old, self.dtype)
        self.found.compared += len(old)
        limit = job.limit(self.dtype.name)
        if limit.equal_inf and np.array_equal(*pair):
            return
        with np.errstate(all="ignore"):
            gaps = measure(*pair, lens, limit)
            self.found.take(gaps, pair, lambda indices: rows[indices])


class Column:
    """A column of both tables, and what was found in it."""

    def __init__(self, job: Job, where: Callable[[int], str]) -> None:
        """*where* says in words which row, counted from 0, is meant."""
        self._job = job
        self._where = where
        self._noisy = job.limits.distribution(job.rules)
        self._reals, self._integers = _Kind(_FLOAT), _Kind(_INT)
        self._others = Tally()
        self._first_other = 0

    def take(self, new: list[str], old: list[str], start: int) -> None:
        """Compare the cells of the next rows, the first of which is *start*."""
        if self._noisy is not None or not self._whole(new, old, start):
            self._single(new, old, start)

    def _whole(self, new: list[str], old: list[str], start: int) -> bool:
        """Compare cells that are all numbers; return False where some are not."""
        texts = ["\n".join([*cells, ""]) for cells in (new, old)]
        if any(text.count("\n") != len(old) for text in texts):
            return False
        rows = np.arange(start, start + len(old))
        if all(_ALL_INTEGERS.fullmatch(text) for text in texts):
            self._integers.take(
                list(map(int, new)), list(map(int, old)), rows, self._job
            )
            return True
        if not _all_reals(texts):
            return False
        values = list(map(float, new)), list(map(float, old))
        if not np.isfinite(values).all() and any(
            math.isinf(value) and "i" not in cell.lower()
            for cells, side in zip((new, old), values, strict=True)
            for cell, value in zip(cells, side, strict=True)
        ):
            return False
        self._reals.take(*values, rows, self._job)
        return True

    def _single(self, new: list[str], old: list[str], start: int) -> None:
        found: dict[bool, list[tuple[int, float, float]]] = {True: [], False: []}
        for row, cells in enumerate(zip(new, old, strict=True), start):
            mine, other = _number(cells[0]), _number(cells[1])
            if mine is None or other is None:
                self._other(*cells, row)
                continue
            if self._noisy is not None:
                judge(self._where(row), mine, self._noisy, self._job)
                continue
            whole = isinstance(mine, int) and isinstance(other, int)
            if max(abs(mine), abs(other)) < _LARGE:
                found[whole].append((row, mine, other))
            elif whole or isinstance(mine, int) or isinstance(other, int):
                self._large((mine, other), row, cells)
            else:
                found[False].append((row, mine, other))
        for whole, kind in ((True, self._integers), (False, self._reals)):
            if found[whole]:
                rows, new_ones, old_ones = zip(*found[whole], strict=True)
                kind.take(list(new_ones), list(old_ones), np.array(rows), self._job)

    def _large(
        self, values: tuple[float, float], row: int, cells: tuple[str, str]
    ) -> None:
        self._mark(row)
        whole = all(isinstance(value, int) for value in values)
        limit = self._job.limit((_INT if whole else _FLOAT).name)
        self._others.number(values, limit, lambda: self._where(row), cells)

    def _other(self, new: str, old: str, row: int) -> None:
        if new == old:
            self._others.same()
            return
        self._mark(row)
        self._others.other(repr(new), repr(old), self._where(row))

    def _mark(self, row: int) -> None:
        if self._others.first is None:
            self._first_other = row

    def finish(self, rows: int) -> None:
        """Give the tally of the part what was found in *rows* rows."""
        tally = self._job.tally
        found: list[tuple[int, Block | Tally]] = [(self._first_other, self._others)]
        for kind, floats in ((self._reals, True), (self._integers, False)):
            if kind.found.compared:
                first = kind.found.first
                block = kind.found.block(self._where, sized=True, floats=floats)
                found.append((first.ordinal if first else 0, block))
        for _, each in sorted(found, key=lambda one: one[0]):
            tally.add(each)
        tally.dtype = self._dtype()
        tally.shape = (rows,)

    def _dtype(self) -> str:
        reals, integers = self._reals.found.compared, self._integers.found.compared
        if self._others.compared:
            return "mixed" if reals or integers else "text"
        return (_FLOAT if reals else _INT).name if reals or integers else ""


def _all_reals(texts: list[str]) -> bool:
    """Whether all cells of both sides are numbers, and no pair may be two integers."""
    return (
        all(_ALL_NUMBERS.fullmatch(text) for text in texts)
        and not all(_SOME_INTEGER.search(text) for text in texts)
        and not any(_LONG_INTEGER.search(text) for text in texts)
    )


def _number(cell: str) -> float | None:
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if not _REAL.fullmatch(cell):
        return None
    value = float(cell)
    # Digits that no float holds: the text itself is compared.
    return None if math.isinf(value) and "i" not in cell.lower() else value

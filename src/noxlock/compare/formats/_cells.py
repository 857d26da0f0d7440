"""Compares the cells of one column of text, many rows at once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from noxlock.compare._scalars import gap
from noxlock.compare._tally import Block, Tally
from noxlock.compare.arrays._exact import measure
from noxlock.compare.arrays._lens import lens_of
from noxlock.compare.arrays._statistics import Statistics
from noxlock.compare.distributions import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.compare._job import Job
    from noxlock.compare.arrays._exact import Gaps
    from noxlock.compare.arrays._lens import Array

__all__ = [
    "Column",
    "Look",
    "all_numbers",
    "is_integer",
    "is_number",
    "no_number",
    "number_of",
]

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
_SOME_NUMBER: Final = re.compile(
    rf"^(?:{_PATTERN})$", re.ASCII | re.IGNORECASE | re.MULTILINE
)
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


def number_of(cell: str) -> float | None:
    """Return the number that a cell is; None: it is text."""
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if not _REAL.fullmatch(cell):
        return None
    value = float(cell)
    # Digits that no float holds: the text itself is compared.
    return None if math.isinf(value) and "i" not in cell.lower() else value


def all_numbers(cells: Sequence[str]) -> Array | None:
    """Return *cells* as int64 or float64; None: one may not be such a number."""
    text = "\n".join([*cells, ""])
    if text.count("\n") != len(cells):
        return None
    if _ALL_INTEGERS.fullmatch(text):
        return np.array(list(map(int, cells)), _INT)
    if not _ALL_NUMBERS.fullmatch(text):
        return None
    values = np.array(list(map(float, cells)), _FLOAT)
    # Of them may be digits that no float holds, and integers that none holds exactly.
    large = (np.abs(values) >= _LARGE).any()
    if large and (np.isinf(values).any() or _LONG_INTEGER.search(text)):
        return None
    return values


def no_number(cells: Sequence[str]) -> bool:
    """Whether all *cells* are text for sure."""
    return _SOME_NUMBER.search("\n".join(cells)) is None


class Look(NamedTuple):
    """What comparing some cells would find."""

    violates: Array | None
    """Which are too far apart; None: none."""
    keep: Callable[[Array], None]
    """Adds it, for cells of the rows that it is given."""


@dataclass(slots=True)
class _Kind:
    """The numbers of one kind, as far as they were found."""

    dtype: np.dtype[Any]
    found: Statistics = field(default_factory=Statistics)

    def look(self, new: Sequence[float], old: Sequence[float], job: Job) -> Look:
        lens = lens_of(self.dtype, self.dtype)
        if lens is None:
            raise AssertionError
        pair = np.array(new, self.dtype), np.array(old, self.dtype)
        limit = job.limit(self.dtype.name)
        if limit.equal_inf and np.array_equal(*pair):
            return Look(None, lambda _rows: self._equal(len(old)))
        with np.errstate(all="ignore"):
            gaps = measure(*pair, lens, limit)
        return Look(gaps.violates, lambda rows: self._take(gaps, pair, rows))

    def _equal(self, count: int) -> None:
        self.found.compared += count

    def _take(self, gaps: Gaps, pair: tuple[Array, Array], rows: Array) -> None:
        self.found.compared += len(rows)
        with np.errstate(all="ignore"):
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

    def look(self, new: list[str], old: list[str]) -> Look:
        """Compare the cells of some rows; `keep` of what comes back adds them."""
        if self._noisy is not None:
            return Look(None, lambda rows: self._single(new, old, rows))
        if (whole := self._whole(new, old)) is not None:
            return whole
        pairs = zip(new, old, strict=True)
        violates = np.array(
            [mine != other and not self.agree(mine, other) for mine, other in pairs],
            np.bool_,
        )
        return Look(violates, lambda rows: self._single(new, old, rows))

    def agree(self, new: str, old: str) -> bool:
        """Whether two cells are equal, or numbers within tolerance."""
        if new == old or self._noisy is not None:
            return True
        mine, other = number_of(new), number_of(old)
        if mine is None or other is None:
            return False
        if not (math.isfinite(mine) and math.isfinite(other)):
            return mine == other
        whole = isinstance(mine, int) and isinstance(other, int)
        limit = self._job.limit((_INT if whole else _FLOAT).name)
        return mine == other or not gap(mine, other, limit)[2]

    def _whole(self, new: list[str], old: list[str]) -> Look | None:
        """Compare cells that are all numbers; return None where some are not."""
        texts = ["\n".join([*cells, ""]) for cells in (new, old)]
        if any(text.count("\n") != len(old) for text in texts):
            return None
        if all(_ALL_INTEGERS.fullmatch(text) for text in texts):
            integers = list(map(int, new)), list(map(int, old))
            return self._integers.look(*integers, self._job)
        if not _all_reals(texts):
            return None
        values = list(map(float, new)), list(map(float, old))
        if not np.isfinite(values).all() and any(
            math.isinf(value) and "i" not in cell.lower()
            for cells, side in zip((new, old), values, strict=True)
            for cell, value in zip(cells, side, strict=True)
        ):
            return None
        return self._reals.look(*values, self._job)

    def _single(self, new: list[str], old: list[str], rows: Array) -> None:
        found: dict[bool, list[tuple[int, float, float]]] = {True: [], False: []}
        for row, *cells in zip(rows.tolist(), new, old, strict=True):
            mine, other = number_of(cells[0]), number_of(cells[1])
            if mine is None or other is None:
                self._other(cells[0], cells[1], row)
                continue
            if self._noisy is not None:
                judge(self._where(row), mine, self._noisy, self._job)
                continue
            whole = isinstance(mine, int) and isinstance(other, int)
            if max(abs(mine), abs(other)) < _LARGE:
                found[whole].append((row, mine, other))
            elif whole or isinstance(mine, int) or isinstance(other, int):
                self._large((mine, other), row, (cells[0], cells[1]))
            else:
                found[False].append((row, mine, other))
        for whole, kind in ((True, self._integers), (False, self._reals)):
            if found[whole]:
                numbers, new_ones, old_ones = zip(*found[whole], strict=True)
                looked = kind.look(list(new_ones), list(old_ones), self._job)
                looked.keep(np.array(numbers))

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

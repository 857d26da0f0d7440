"""Pairs the rows of two tables, blocks of them at once while none is put in."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from noxlock.compare.formats._align import Ahead, unique

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.compare.arrays._lens import Array
    from noxlock.compare.formats._cells import Column, Look
    from noxlock.compare.formats._gaps import Shifts

    _Rows = list[list[str]]
    _Gap = tuple[int, int]

__all__ = ["Paired", "Pairing"]

_ROWS: Final = 4096
"""Compared at once."""
_FEWEST: Final = 64
"""Likewise, right after a shift: there may be more of them."""
_NEAR: Final = 32
"""Rows put in and left out together, up to which all ways are tried."""
_FAR: Final = 16384
"""Rows ahead among which one that occurs once on both sides is looked for."""
_WINDOW: Final = 16
"""Rows that show whether it is a shift."""
_RUN: Final = 6
"""Rows that show it too, if each is another."""
_FEW: Final = 0.25
_MOST: Final = 0.75
"""Shares of these rows."""
_PROBES: Final = 4
"""Places of one block that are looked at without finding a shift."""
_PATIENCE: Final = 64
"""Blocks that are compared row by row after those that had nothing in common."""
_MOSTLY: Final = 0.9
_HARDLY: Final = 0.1
"""Shares of the rows of a block in which columns differ."""


class Paired(NamedTuple):
    """A column of both tables."""

    now: int
    """Its number in the new one."""
    before: int
    """Its number in the old one."""
    column: Column


class _Side:
    """The rows of a table that are still to come."""

    def __init__(self, blocks: Iterator[list[list[str]]]) -> None:
        self.rows: list[list[str]] = []
        self.rest = chain.from_iterable(blocks)
        self.taken = 0

    def fill(self, count: int) -> int:
        """Read on until *count* rows wait, if there are as many; return how many do."""
        if len(self.rows) < count:
            self.rows += islice(self.rest, count - len(self.rows))
        return len(self.rows)

    def take(self, count: int) -> list[list[str]]:
        """Return the next rows, of which there must be *count*."""
        rows = self.rows
        self.rows = rows[count:]
        self.taken += count
        return rows[:count]


class Pairing:
    """Compares row with row; memory holds no more than the alignment looks ahead."""

    def __init__(self, columns: Sequence[Paired], shifts: Shifts) -> None:
        self._columns = columns
        self._trusted = list(columns)
        """They tell whether two rows belong together."""
        self._shifts = shifts
        self._size = _ROWS
        self._waiting = 0
        self._patience = 1

    def run(self, old: Iterator[_Rows], new: Iterator[_Rows]) -> tuple[int, int]:
        """Compare all rows; return how many the old and the new table have."""
        left, right = _Side(old), _Side(new)
        while count := min(left.fill(self._size), right.fill(self._size), self._size):
            looks = self.look(right.rows[:count], left.rows[:count])
            if found := self._shift(looks, left, right):
                self._size = _FEWEST
                self._apply(*found, left, right)
                continue
            self._size = min(2 * self._size, _ROWS)
            rows = np.arange(left.taken, left.taken + count)
            left.take(count)
            right.take(count)
            for look in looks:
                look.keep(rows)
        ends = [side.taken + len(side.rows) for side in (left, right)]
        return (
            ends[0] + sum(1 for _ in left.rest),
            ends[1] + sum(1 for _ in right.rest),
        )

    def look(self, new: _Rows, old: _Rows) -> list[Look]:
        """Compare as many rows of both, column by column."""
        old_cells = list(zip(*old, strict=True))
        new_cells = old_cells if new is old else list(zip(*new, strict=True))
        return [
            column.look(list(new_cells[now]), list(old_cells[before]))
            for now, before, column in self._columns
        ]

    def _apply(self, count: int, gap: _Gap, left: _Side, right: _Side) -> None:
        """Compare *count* rows as they are, and leave out those of the gap."""
        # What differs on both sides before the gap is compared, too.
        count += min(gap)
        if count:
            rows = np.arange(left.taken, left.taken + count)
            for look in self.look(right.take(count), left.take(count)):
                look.keep(rows)
        skipped, added = gap[0] - min(gap), gap[1] - min(gap)
        left.take(skipped)
        right.take(added)
        self._shifts.add(left.taken, right.taken, skipped, added)

    def _shift(
        self, looks: list[Look], left: _Side, right: _Side
    ) -> tuple[int, _Gap] | None:
        """Return where in the block rows were put in or left out, and how many.

        A shift is what makes most of the rows that follow differ, and those few that it
        does not, once it is made up for. Where rows have nothing in common in any way,
        it is looked for in fewer and fewer blocks.
        """
        if self._waiting:
            self._waiting -= 1
            return None
        while (starts := _dense(self._mask(looks))) is not None:
            tried, done = 0, 0
            for start in starts:
                if start < done:
                    continue
                if gap := self._gap(start, left, right):
                    self._patience = 1
                    return start, gap
                tried, done = tried + 1, start + _WINDOW
                if tried == _PROBES:
                    break
            if self._distrust(looks):
                continue
            self._waiting = self._patience
            self._patience = min(2 * self._patience, _PATIENCE)
            return None
        self._patience = 1
        return None

    def _mask(self, looks: list[Look]) -> Array | None:
        """Return which rows are too far apart; None: none."""
        masks = [
            look.violates
            for paired, look in zip(self._columns, looks, strict=True)
            if look.violates is not None and paired in self._trusted
        ]
        return np.logical_or.reduce(masks) if masks else None

    def _gap(self, start: int, left: _Side, right: _Side) -> _Gap | None:
        """Return how many rows to skip on both sides at *start*; None: as many."""
        for side in (left, right):
            side.fill(start + _NEAR + _WINDOW)
        old, new = (
            side.rows[start : start + _NEAR + _WINDOW] for side in (left, right)
        )
        if not self._better(old, new, (0, 0), worse=True):
            return None
        for far in range(1, _NEAR + 1):
            for near in range((far + 1) // 2):
                for gap in ((near, far - near), (far - near, near)):
                    if self._better(old, new, gap):
                        return gap
        for side in (left, right):
            side.fill(start + _FAR)
        keys = [
            [each.before for each in self._trusted],
            [each.now for each in self._trusted],
        ]
        ahead = [
            Ahead("\x1f".join([row[key] for key in own]) for row in side.rows[start:])
            for side, own in zip((left, right), keys, strict=True)
        ]
        gap = unique(ahead[0], ahead[1])
        old, new = (
            side.rows[start + skip : start + skip + _WINDOW]
            for side, skip in zip((left, right), gap, strict=True)
        )
        return gap if gap[0] != gap[1] and self._better(old, new, (0, 0)) else None

    def _better(
        self, old: _Rows, new: _Rows, gap: _Gap, *, worse: bool = False
    ) -> bool:
        """Whether the rows after the gap are mostly alike; or mostly not."""
        old, new = (
            rows[skip : skip + _WINDOW] for rows, skip in ((old, gap[0]), (new, gap[1]))
        )
        count = min(len(old), len(new))
        if not count or (not worse and not self._match(old[0], new[0])):
            return False
        if not worse and count == 1 and len(old) != len(new):
            return False  # one row that is alike shows nothing
        alike = list(map(self._match, old, new))
        if worse:
            return sum(alike) <= _FEW * count
        return sum(alike) >= _MOST * count or (
            # The next shift may be near; labels of a few kinds are alike by chance.
            all(alike[:_RUN]) and len(set(map(tuple, old[:_RUN]))) == _RUN
        )

    def _match(self, old: list[str], new: list[str]) -> bool:
        return all(
            each.column.agree(new[each.now], old[each.before]) for each in self._trusted
        )

    def _distrust(self, looks: list[Look]) -> bool:
        """Leave out columns that differ in nearly all rows, where others do not."""
        shares = {
            paired.before: 0.0 if look.violates is None else float(look.violates.mean())
            for paired, look in zip(self._columns, looks, strict=True)
            if paired in self._trusted
        }
        if min(shares.values()) > _HARDLY or max(shares.values()) < _MOSTLY:
            return False
        self._trusted = [
            each for each in self._trusted if shares[each.before] < _MOSTLY
        ]
        return True


def _dense(mask: Array | None) -> list[int] | None:
    """Return where runs of *mask* start that most of it follows; None: nowhere."""
    if mask is None:
        return None
    sums = np.concatenate([[0], np.cumsum(mask)])
    starts = np.flatnonzero(np.diff(mask, prepend=False) & mask)
    ends = np.minimum(starts + _WINDOW, len(mask))
    starts = starts[sums[ends] - sums[starts] >= (1 - _FEW) * (ends - starts)]
    return starts.tolist() or None

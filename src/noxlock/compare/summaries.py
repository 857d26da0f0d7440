"""Figures of the arrays in a file, block by block: never a whole array in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare._files import Side
from noxlock.compare._job import Job
from noxlock.compare.arrays._lens import Kind, lens_of, native
from noxlock.compare.formats import compare_sides, format_of
from noxlock.compare.tolerance import Limits
from noxlock.errors import CompareError
from noxlock.model import ArraySummary, Tolerance

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.compare.arrays._lens import Array, Lens
    from noxlock.compare.arrays._sources import Source

__all__ = ["summarise"]

_ARRAYS: Final = frozenset(("npy", "npz", "safetensors", "hdf5", "zarr", "image"))
_STEP: Final = 1 << 16
"""Elements of a block."""
_MOST_ARRAYS: Final = 1000
_UNREAD: Final = (CompareError, ArithmeticError, MemoryError, OSError, ValueError)


def summarise(path: Path) -> tuple[ArraySummary, ...]:
    """Return the figures of each array in the file, at most of the first thousand.

    They are sorted by name. Of what holds no arrays, as tables and text, of what is
    damaged, and where the format's library is not installed, there are none. A pickle
    is never loaded.
    """
    if format_of(path).name not in _ARRAYS:
        return ()
    found = _Found()
    job = replace(Job.of(Limits(Tolerance())), look=found.take)
    side = Side("file", path)
    try:
        # As both sides of a comparison: what reads arrays to compare them shows them.
        compare_sides(side, side, job)
    except _UNREAD:
        return ()
    return tuple(sorted(found.arrays, key=lambda array: array.key))


@dataclass(slots=True)
class _Found:
    arrays: list[ArraySummary] = field(default_factory=list)

    def take(self, source: Source, _same: Source, job: Job) -> None:
        """Summarise an array, in the place of its comparison."""
        if len(self.arrays) < _MOST_ARRAYS:
            self.arrays.append(_summary(source, job.key))


def _summary(source: Source, key: str) -> ArraySummary:
    dtype = native(source.dtype)
    moments = _Moments()
    lens = None if dtype.names else lens_of(dtype, dtype)
    if lens is not None and lens.kind in {Kind.INTEGER, Kind.FLOAT}:
        for block in source.blocks(_STEP):
            moments.add(block, lens)
    known = moments.count > 0
    return ArraySummary(
        key=key,
        dtype=str(source.dtype),
        shape=source.shape,
        count=math.prod(source.shape),
        nan=moments.nan,
        infinite=moments.infinite,
        min=moments.low,
        max=moments.high,
        mean=moments.mean if known else None,
        std=math.sqrt(moments.squares / moments.count) if known else None,
    )


@dataclass(slots=True)
class _Moments:
    """What is known of the finite values seen so far, and how many were not finite."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of the squared distances from the mean."""
    low: float | int | None = None
    high: float | int | None = None
    nan: int = 0
    infinite: int = 0

    def add(self, block: Array, lens: Lens) -> None:
        """Take in one block of real numbers."""
        values = lens.widen(block)
        number = int if lens.kind is Kind.INTEGER else float
        if lens.kind is Kind.FLOAT:
            nan, infinite = np.isnan(values), np.isinf(values)
            self.nan += int(nan.sum())
            self.infinite += int(infinite.sum())
            values = values[~(nan | infinite)]
        if not values.size:
            return
        low, high = number(values.min()), number(values.max())
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        with np.errstate(all="ignore"):
            self._merge(values.astype(np.float64, copy=False))

    def _merge(self, values: Array) -> None:
        # Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm".
        mean, total = float(values.mean()), self.count + values.size
        apart = mean - self.mean
        self.squares += float(((values - mean) ** 2).sum())
        self.squares += apart * apart * self.count * values.size / total
        self.mean += apart * values.size / total
        self.count = total

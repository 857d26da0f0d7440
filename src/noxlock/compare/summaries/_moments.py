"""Figures of values that come in blocks: what is known of those seen so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare.arrays._lens import Kind, lens_of, native
from noxlock.model import ArraySummary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.compare.arrays._lens import Array, Lens

__all__ = ["MOST", "Distinct", "Moments"]

MOST: Final = 1000
"""Parts of one file that have figures."""
_MOST_DISTINCT: Final = 256


@dataclass(slots=True)
class Moments:
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
        self._take(number(values.min()), number(values.max()), values)

    def plain(self, values: list[int] | list[float]) -> None:
        """Take in Python's numbers of one kind; integers may be of any size.

        Raises:
            OverflowError: An integer is larger than any float64.
        """
        block = np.array(values)
        if block.dtype.kind in "if":
            self.numbers(block)
        else:
            self._take(min(values), max(values), np.array(values, np.float64))

    def _take(self, low: float, high: float, values: Array) -> None:
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        with np.errstate(all="ignore"):
            self._merge(values.astype(np.float64, copy=False))

    def numbers(self, block: Array) -> None:
        """Take in one block of any dtype of real numbers."""
        dtype = native(block.dtype)
        if (lens := lens_of(dtype, dtype)) is not None:
            self.add(block, lens)

    def summary(  # noqa: PLR0913 - what it adds to
        self,
        key: str,
        dtype: str,
        shape: tuple[int, ...],
        count: int,
        *,
        null: int | None = None,
        distinct: int | None = None,
    ) -> ArraySummary:
        """Return it as the figures of a part of a file."""
        known = self.count > 0
        return ArraySummary(
            key=key,
            dtype=dtype,
            shape=shape,
            count=count,
            nan=self.nan,
            infinite=self.infinite,
            null=null,
            distinct=distinct,
            min=self.low,
            max=self.high,
            mean=self.mean if known else None,
            std=math.sqrt(self.squares / self.count) if known else None,
        )

    def _merge(self, values: Array) -> None:
        # Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm".
        mean, total = float(values.mean()), self.count + values.size
        apart = mean - self.mean
        self.squares += float(((values - mean) ** 2).sum())
        self.squares += apart * apart * self.count * values.size / total
        self.mean += apart * values.size / total
        self.count = total


@dataclass(slots=True)
class Distinct:
    """Counts the different values, as long as they are few."""

    _seen: set[int] | None = field(default_factory=set)
    """Hashes of 64 bits: no long value is kept, and of few none share one."""

    def add(self, values: Iterable[object]) -> None:
        """Take in hashable values."""
        if self._seen is None:
            return
        self._seen.update(map(hash, values))
        if len(self._seen) > _MOST_DISTINCT:
            self._seen = None

    @property
    def count(self) -> int | None:
        """How many there are; None: more than are counted."""
        return None if self._seen is None else len(self._seen)

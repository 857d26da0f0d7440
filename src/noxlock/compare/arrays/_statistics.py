"""What is known of the differences in one array, from any pieces of it in any order.

Pieces are added up exactly: counts, maxima, and places by their ordinal, the number of
a value in C order. So the sum does not depend on how the array was cut, on how many
threads compared it, nor on its order in memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare._tally import Block, Spot
from noxlock.compare.arrays._bins import bins_of
from noxlock.compare.arrays._lens import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from noxlock.compare.arrays._exact import Gaps
    from noxlock.compare.arrays._lens import Array

    _Ordinals: TypeAlias = Callable[[Array], Array]

__all__ = ["Found", "Statistics"]

_BINS: Final = 130
"""A distance of quadruple precision has 128 bits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One value that differs."""

    violates: bool
    size: float
    ordinal: int
    actual: str
    baseline: str
    relative: float | None
    ulp: int | None

    def before(self, other: Found | None) -> bool:
        """Whether it is first of the two: a violation, then the lower ordinal."""
        if other is None or self.violates != other.violates:
            return other is None or self.violates
        return self.ordinal < other.ordinal

    def worse(self, other: Found | None) -> bool:
        """Whether it is worse: a violation, then the size, then the lower ordinal."""
        if other is None or self.violates != other.violates:
            return other is None or self.violates
        return (self.size, -self.ordinal) > (other.size, -other.ordinal)

    def spot(self, where: str) -> Spot:
        """Return it with its place in words."""
        return Spot(
            violates=self.violates,
            size=self.size,
            where=where,
            actual=self.actual,
            baseline=self.baseline,
            relative=self.relative,
            ulp=self.ulp,
        )


@dataclass(slots=True)
class Statistics:
    """Of the values of one field that were compared so far."""

    compared: int = 0
    differing: int = 0
    violations: int = 0
    unsized: int = 0
    absolute: float = 0.0
    relative: float = 0.0
    ulp: int = 0
    bins: list[int] = field(default_factory=lambda: [0] * _BINS)
    """By distance, but for bin 0, which is what is left."""
    first: Found | None = None
    worst: Found | None = None

    def take(
        self,
        gaps: Gaps,
        pair: tuple[Array, Array],
        ordinals: _Ordinals,
    ) -> None:
        """Add all that was measured of *pair*, actual and baseline.

        Args:
            gaps: Of each value.
            pair: Actual and baseline.
            ordinals: Gives those of indices into the pair.
        """
        self.differing += int(np.count_nonzero(gaps.differs))
        self.violations += int(np.count_nonzero(gaps.violates))
        if gaps.unsized is not None:
            self.unsized += int(np.count_nonzero(gaps.unsized))
        if gaps.ulp is not None and len(gaps.ulp):
            self.ulp = max(self.ulp, int(gaps.ulp.max()))
            for bin_, count in enumerate(bins_of(gaps.ulp)):
                self.bins[bin_] += count
        self.figures(gaps)
        self.firsts(gaps, pair, ordinals)
        self.worsts(gaps, pair, ordinals)

    def figures(self, gaps: Gaps) -> None:
        """Add only the largest differences."""
        if gaps.absolute is not None and gaps.relative is not None:
            self.absolute = max(self.absolute, float(gaps.absolute.max(initial=0)))
            self.relative = max(self.relative, float(gaps.relative.max(initial=0)))

    def firsts(
        self, gaps: Gaps, pair: tuple[Array, Array], ordinals: _Ordinals
    ) -> None:
        """Add only the first place."""
        candidates = _candidates(gaps, self.first)
        if not len(candidates):
            return
        places = ordinals(candidates)
        least = int(places.argmin())
        found = _found(gaps, pair, int(candidates[least]), int(places[least]))
        if found.before(self.first):
            self.first = found

    def worsts(
        self, gaps: Gaps, pair: tuple[Array, Array], ordinals: _Ordinals
    ) -> None:
        """Add only the worst place."""
        candidates = _candidates(gaps, self.worst)
        if len(candidates) and gaps.absolute is not None:
            sizes = gaps.absolute[candidates]
            largest = float(sizes.max())
            beaten = self.worst and self.worst.violates and largest < self.worst.size
            candidates = candidates[:0] if beaten else candidates[sizes == largest]
        if not len(candidates):
            return
        places = ordinals(candidates)
        least = int(places.argmin())
        found = _found(gaps, pair, int(candidates[least]), int(places[least]))
        if found.worse(self.worst):
            self.worst = found

    def merge(self, other: Statistics) -> None:
        """Add what was found in other pieces of the same array."""
        self.compared += other.compared
        self.differing += other.differing
        self.violations += other.violations
        self.unsized += other.unsized
        self.absolute = max(self.absolute, other.absolute)
        self.relative = max(self.relative, other.relative)
        self.ulp = max(self.ulp, other.ulp)
        self.bins = [x + y for x, y in zip(self.bins, other.bins, strict=True)]
        if other.first and other.first.before(self.first):
            self.first = other.first
        if other.worst and other.worst.worse(self.worst):
            self.worst = other.worst

    def block(self, where: Callable[[int], str], *, sized: bool, floats: bool) -> Block:
        """Return the sum of it, for the tally.

        Args:
            where: Gives the place of an ordinal in words.
            sized: Whether the values are numbers.
            floats: Whether they are floats of one dtype, so that ULP were counted.
        """
        counted = self.compared - self.unsized
        bins = [counted - sum(self.bins[1:]), *self.bins[1:]]
        last = max((n for n, count in enumerate(bins) if count), default=-1)
        return Block(
            compared=self.compared,
            differing=self.differing,
            violations=self.violations,
            absolute=self.absolute if sized and self.compared else None,
            relative=self.relative if sized and self.compared else None,
            ulp=self.ulp if floats and counted else None,
            histogram=tuple(bins[: last + 1]) if floats else (),
            unsized=self.unsized if floats else 0,
            first=self.first.spot(where(self.first.ordinal)) if self.first else None,
            worst=self.worst.spot(where(self.worst.ordinal)) if self.worst else None,
        )


def _candidates(gaps: Gaps, known: Found | None) -> Array:
    """Return the indices of violations; where there are none at all, of differences."""
    violations = np.flatnonzero(gaps.violates)
    if len(violations) or (known and known.violates):
        return violations
    return np.flatnonzero(gaps.differs)


def _found(gaps: Gaps, pair: tuple[Array, Array], index: int, ordinal: int) -> Found:
    sized = gaps.absolute is not None and gaps.relative is not None
    counted = gaps.ulp is not None and not (
        gaps.unsized is not None and gaps.unsized[index]
    )
    return Found(
        violates=bool(gaps.violates[index]),
        size=float(gaps.absolute[index]) if gaps.absolute is not None else math.inf,
        ordinal=ordinal,
        actual=text(pair[0][index]),
        baseline=text(pair[1][index]),
        relative=float(gaps.relative[index])
        if sized and gaps.relative is not None
        else None,
        ulp=int(gaps.ulp[index]) if counted and gaps.ulp is not None else None,
    )

"""Compares pieces of floats at the speed of memory.

Each pass over a piece is one NumPy function with `out=`, on buffers that stay in the
processor's second cache. Of 64 Ki float32 it takes 0.05-0.1 ns an element for a
subtraction, maximum, comparison or count, but 2-4 ns for selecting a random third of
them, 2 ns for a cast from float16 or for `bincount`, 20 ns for an exact measure. So:

- The largest absolute and relative difference are sought in the precision at hand. To
  round is monotone: whatever is largest in float64 is among those that are largest, or
  within the rounding error of it, in float32; only these few are measured exactly.
- ULP are differences of the codes as integers, where the signs are alike. That they
  are is known from the largest one: between finite floats of different sign it is
  at least 2**(bits of the fraction).
- The histogram counts `>= 2**k` for rising k, until few are left: those are selected.
- The pass for tolerance is left out where the largest relative difference is below
  rtol, or the largest absolute one below atol.
- A NaN or infinity shows in the maximum of |a - b|, at no cost. A piece that has one
  has them measured alone, and set to zero in a copy that is compared like any other.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from noxlock.compare.arrays._bins import add_bins
from noxlock.compare.arrays._exact import measure
from noxlock.compare.arrays._lens import as_words
from noxlock.compare.arrays._scan import Scan

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array, Lens
    from noxlock.compare.arrays._scan import Places
    from noxlock.compare.arrays._statistics import Found
    from noxlock.compare.tolerance import Limit

__all__ = ["FloatScan"]

_FEW: Final = 16
"""One of so many elements: fewer are selected, more are compared in place."""
_SINGLE_MARGIN: Final = 2.0**-20
"""Over the rounding of a subtraction, a product, a sum and a quotient in float32."""
_DOUBLE_MARGIN: Final = 2.0**-49
_LARGEST: Final = float(np.finfo(np.float32).max)


class FloatScan(Scan):
    """float16, bfloat16, float32 and float64, both sides of the same dtype."""

    def __init__(
        self, lens: Lens, limit: Limit, dtype: np.dtype[Any], step: int
    ) -> None:
        """Allocate buffers for pieces of up to *step* elements."""
        super().__init__(lens, limit)
        self._bare = replace(lens, rank=None)
        size = dtype.itemsize
        self._brain = dtype.name == "bfloat16"
        self._single = size <= np.dtype(np.float32).itemsize
        work: np.dtype[Any] = np.dtype(np.float32 if self._single else np.float64)
        self._fraction = 7 if self._brain else int(np.finfo(dtype).nmant)
        self._margin = _SINGLE_MARGIN if self._single else _DOUBLE_MARGIN
        self._widened = size < work.itemsize
        self._values = np.empty((2, step if self._widened else 0), work)
        self._gap = np.empty(step, work)
        self._share = np.empty(step, work)
        self._codes = np.empty(step, f"i{size}")
        self._other = np.empty(step, f"i{size}")
        self._mask = np.empty(step, np.bool_)
        self._bound = np.empty(step, work)
        self._before: Found | None = None
        self._sure = np.empty(step, np.bool_)
        self._low = _bounds(limit, -self._margin, work)
        self._high = _bounds(limit, self._margin, work)

    def compare(self, new: Array, old: Array, places: Places) -> None:
        """Compare two flat pieces, in this machine's byte order and contiguous."""
        self._before = self.statistics.first
        self.statistics.compared += len(old)
        top = self._subtract(new, old)
        if not math.isfinite(top):
            new, old = self._finite(new, old, places)
            top = self._subtract(new, old)
        if self._distances(new, old):
            self._sizes(new, old, top, places)

    def _subtract(self, new: Array, old: Array) -> float:
        gap = self._gap[: len(old)]
        a = self._widen(new, self._values[0]) if self._widened else new
        b = self._widen(old, self._values[1]) if self._widened else old
        np.subtract(a, b, out=gap)
        np.abs(gap, out=gap)
        return float(np.maximum.reduce(gap))

    def _widen(self, values: Array, out: Array) -> Array:
        """Return float16 or bfloat16 as float32, by their codes; NaN may become inf."""
        out = out[: len(values)]
        words = as_words(out)
        np.copyto(words, as_words(values))
        if self._brain:
            np.left_shift(words, 16, out=words)
            return out
        np.left_shift(words, 13, out=words)
        np.bitwise_and(words, np.int32(-0x70000001), out=words)
        # The exponents' biases differ by 112. 65536 is where float16 has infinity, and
        # where this overflows to it; all other values come back as they are.
        for power in (112, 112, -112):
            np.multiply(out, np.float32(2.0**power), out=out)
        return out

    def _finite(self, new: Array, old: Array, places: Places) -> tuple[Array, Array]:
        """Measure what has no finite difference; return copies with 0 in its place."""
        odd = ~np.isfinite(self._gap[: len(old)])
        suspects = odd.copy()
        if self.limit.equal_nan:
            suspects &= ~(np.isnan(new) & np.isnan(old))
        if self.limit.equal_inf:
            suspects &= np.asarray(new != old, np.bool_)
        if suspects.any():
            self.some(new, old, np.flatnonzero(suspects), places)
        zero = self._codes.dtype.type(0)
        return (
            np.where(odd, zero, as_words(new)).view(new.dtype),
            np.where(odd, zero, as_words(old)).view(old.dtype),
        )

    def _distances(self, new: Array, old: Array) -> int:
        """Find all distances in ULP; count them; return how many are not 0."""
        a, b = as_words(new), as_words(old)
        signed = self._codes[: len(a)]
        np.subtract(a, b, out=signed)
        np.abs(signed, out=signed)
        codes = signed.view(f"u{signed.itemsize}")
        top = int(np.maximum.reduce(codes))
        if top >> self._fraction:
            self._cross(a, b)
            top = int(np.maximum.reduce(codes))
        if not top:
            return 0
        self.statistics.ulp = max(self.statistics.ulp, top)
        mask = self._mask[: len(codes)]
        differing = add_bins(self.statistics.bins, codes, top, mask)
        self.statistics.differing += differing
        return differing

    def _cross(self, a: Array, b: Array) -> None:
        """Correct the distances of floats of different sign: over zero."""
        apart, other = self._mask[: len(a)], self._other[: len(a)]
        np.bitwise_xor(a, b, out=other)
        np.less(other, 0, out=apart)
        magnitude = np.iinfo(a.dtype).max
        np.bitwise_and(a, magnitude, out=other)
        over = other.view(f"u{a.itemsize}")
        np.add(over, (b & magnitude).view(over.dtype), out=over)
        np.copyto(self._codes[: len(a)], other, where=apart)

    def _sizes(self, new: Array, old: Array, top: float, places: Places) -> None:
        """Find the largest differences, the violations and the places."""
        gap, share = self._gap[: len(old)], self._share[: len(old)]
        base = self._values[1][: len(old)] if self._widened else old
        np.divide(gap, base, out=share)
        np.abs(share, out=share)
        most = float(np.fmax.reduce(share))  # 0 / 0 is NaN, and means no difference
        self._figures(new, old, top, most)
        below = 1 - self._margin
        if most > self.limit.rtol * below and top > self.limit.atol * below:
            self._violations(new, old, base, places)
        known, passed = self.statistics, self._before is not None and places.rising
        if known.first is None or not (known.first.violates or passed):
            differing = np.not_equal(self._codes[: len(old)], 0)
            self._first(new, old, _first_or_all(differing, places), places)
        worst = known.worst
        if not worst or not (worst.violates or top < gap.dtype.type(worst.size)):
            self._worst(new, old, np.flatnonzero(gap == top), places)

    def _figures(self, new: Array, old: Array, top: float, most: float) -> None:
        known = self.statistics
        if not self._single:
            known.absolute = max(known.absolute, top)
            known.relative = max(known.relative, most)
            return
        gap, share = self._gap[: len(old)], self._share[: len(old)]
        if top >= np.float32(known.absolute):
            self._measure(new, old, np.flatnonzero(gap == top))
        if known.relative < most * (1 + self._margin):
            least = max(min(most, _LARGEST), known.relative) * (1 - self._margin)
            self._measure(new, old, np.flatnonzero(share >= least))

    def _measure(self, new: Array, old: Array, indices: Array) -> None:
        gaps = measure(new[indices], old[indices], self._bare, self.limit)
        self.statistics.figures(gaps)

    def _violations(self, new: Array, old: Array, base: Array, places: Places) -> None:
        """Find the pairs that may violate; measure them, or where many the doubtful."""
        gap, mask = self._gap[: len(old)], self._mask[: len(old)]
        share, bound = self._share[: len(old)], self._bound[: len(old)]
        # Above atol + rtol * |b| is nothing that is not above each of the two.
        if self.limit.rtol:
            np.greater(share, self._low[0], out=mask)
        else:
            np.greater(gap, max(self._low[1], 0), out=mask)
        count = int(np.count_nonzero(mask))
        if count * _FEW < len(old):
            if count:
                self._few(new, old, np.flatnonzero(mask), places)
            return
        sure, size = self._sure[: len(old)], share
        np.abs(base, out=size)
        np.multiply(size, self._low[0], out=bound)
        np.add(bound, self._low[1], out=bound)
        # The least subnormals do not round by the margin: below them is what differs.
        np.maximum(bound, 0, out=bound)
        np.greater(gap, bound, out=mask)
        np.multiply(size, self._high[0], out=bound)
        np.add(bound, self._high[1], out=bound)
        np.greater(gap, bound, out=sure)
        np.not_equal(mask, sure, out=sure)
        doubtful = np.flatnonzero(sure)
        gaps = measure(new[doubtful], old[doubtful], self._bare, self.limit)
        mask[doubtful] = gaps.violates
        self._many(new, old, places)

    def _few(self, new: Array, old: Array, indices: Array, places: Places) -> None:
        """Add those of *indices* that are violations."""
        gaps = measure(new[indices], old[indices], self._bare, self.limit)
        indices = indices[gaps.violates]
        if not len(indices):
            return
        self.statistics.violations += len(indices)
        self._first(new, old, indices, places)
        sizes = np.asarray(gaps.absolute)[gaps.violates]
        self._worst(new, old, indices[sizes == sizes.max()], places)

    def _many(self, new: Array, old: Array, places: Places) -> None:
        """Add violations that are known exactly, by the mask."""
        known, mask = self.statistics, self._mask[: len(old)]
        if not (count := int(np.count_nonzero(mask))):
            return
        known.violations += count
        before = self._before
        if not (before and before.violates and places.rising):
            self._first(new, old, _first_or_all(mask, places), places)
        gap, among = self._gap[: len(old)], self._share[: len(old)]
        np.multiply(gap, mask, out=among)
        largest = np.maximum.reduce(among)
        worst = known.worst
        if not (worst and worst.violates and largest < gap.dtype.type(worst.size)):
            self._worst(new, old, np.flatnonzero(among == largest), places)

    def _first(self, new: Array, old: Array, indices: Array, places: Places) -> None:
        """Find the first of *indices*: all violations, or all differences."""
        least = 0 if places.rising else int(places(indices).argmin())
        indices = indices[least : least + 1]
        pair = new[indices], old[indices]
        gaps = measure(*pair, self.lens, self.limit)
        self.statistics.firsts(gaps, pair, lambda found: places(indices[found]))

    def _worst(self, new: Array, old: Array, indices: Array, places: Places) -> None:
        """Find the worst of *indices*: all violations, or of a piece without any."""
        pair = new[indices], old[indices]
        gaps = measure(*pair, self.lens, self.limit)
        self.statistics.worsts(gaps, pair, lambda found: places(indices[found]))


def _first_or_all(mask: Array, places: Places) -> Array:
    return np.array([mask.argmax()]) if places.rising else np.flatnonzero(mask)


def _bounds(limit: Limit, margin: float, work: np.dtype[Any]) -> tuple[Any, Any]:
    """Return rtol and atol in *work*, moved by more than it may round."""
    info = np.finfo(work)
    tiny = math.copysign(2 * float(info.smallest_subnormal), margin)
    rtol, atol = limit.rtol * (1 + margin), limit.atol * (1 + margin) + tiny
    if margin < 0:
        rtol = min(rtol, float(info.max))  # infinity times zero is nothing to go by
    with np.errstate(over="ignore"):
        return work.type(rtol), work.type(atol)

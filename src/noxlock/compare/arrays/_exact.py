"""Measures pairs of values exactly: what every figure of a report is made of.

The faster scans find out which pairs matter, and have those measured here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from noxlock.compare.arrays._lens import Kind

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array, Lens
    from noxlock.compare.tolerance import Limit

__all__ = ["Gaps", "measure"]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of some pairs of values, all of one length."""

    differs: Array
    violates: Array
    absolute: Array | None = None
    """|actual - baseline| as float64; inf where one is not finite; None: no numbers."""
    relative: Array | None = None
    """The same by |baseline|."""
    ulp: Array | None = None
    """Distances of ranks, 0 where *unsized*; None: not of one float dtype."""
    unsized: Array | None = None
    """Where they differ, and one is not finite."""


def measure(actual: Array, baseline: Array, lens: Lens, limit: Limit) -> Gaps:
    """Measure pairs of values, flat, both in this machine's byte order."""
    if lens.kind is Kind.INTEGER:
        return _integers(lens.widen(actual), lens.widen(baseline), limit)
    if lens.kind is Kind.OTHER:
        differs = _unlike(actual, baseline, limit)
        return Gaps(differs, differs)
    a, b = lens.widen(actual), lens.widen(baseline)
    equal = _equal(a, b, limit)
    finite = np.isfinite(a) & np.isfinite(b)
    unsized = ~equal & ~finite
    size = _size(b)
    absolute = _size(a - b)
    absolute[unsized], absolute[equal] = math.inf, 0
    bound = limit.rtol * size
    bound += limit.atol
    violates = ~equal & ~(finite & (absolute <= bound))
    relative = absolute / size
    relative[unsized], relative[equal] = math.inf, 0
    ulp = None
    if lens.rank is not None:
        ulp = _distance(actual, baseline, lens)
        ulp[~finite] = 0
    return Gaps(
        ~equal,
        violates,
        absolute.astype(np.float64, copy=False),
        relative.astype(np.float64, copy=False),
        ulp,
        unsized,
    )


def _equal(a: Array, b: Array, limit: Limit) -> Array:
    if b.dtype.kind == "c":
        return _equal(a.real, b.real, limit) & _equal(a.imag, b.imag, limit)
    equal: Array = a == b
    if limit.equal_nan:
        equal |= np.isnan(a) & np.isnan(b)
    if not limit.equal_inf:
        equal &= ~np.isinf(b)
    return equal


def _size(values: Array) -> Array:
    """Return absolute values; by hypot, which rounds alike for any length."""
    if values.dtype.kind == "c":
        return np.asarray(np.hypot(values.real, values.imag))
    return np.asarray(np.abs(values))


def _distance(actual: Array, baseline: Array, lens: Lens) -> Array:
    """Return how many floats lie between each pair, plus one, as whole numbers."""
    if lens.rank is None:
        raise AssertionError
    if baseline.dtype.kind == "c":
        # "the larger of both components"
        real, imag = (
            _gap(lens.rank(x.copy()), lens.rank(y.copy()))
            for x, y in (
                (actual.real, baseline.real),
                (actual.imag, baseline.imag),
            )
        )
        return np.maximum(real, imag)
    return _gap(lens.rank(actual), lens.rank(baseline))


def _gap(a: Array, b: Array) -> Array:
    """Return |a - b| of integers: modulo 2**64 it is exact where int64 overflows."""
    high, low = np.maximum(a, b), np.minimum(a, b)
    if a.dtype == np.object_:
        return np.asarray(high - low)
    return high.view(np.uint64) - low.view(np.uint64)


def _integers(a: Array, b: Array, limit: Limit) -> Gaps:
    differs = np.asarray(a != b, np.bool_)
    distance = _gap(a, b)
    absolute = distance.astype(np.float64)
    size = np.abs(b.astype(np.float64))
    bound = limit.rtol * size + limit.atol
    # A whole number exceeds the bound where it exceeds its floor; the distance is
    # compared as the integer that it is.
    small = bound < 2.0**64
    floor = np.where(small, bound, 0.0).astype(np.uint64)
    violates = differs & small & np.asarray(distance > floor, np.bool_)
    relative = absolute / size
    relative[~differs] = 0
    return Gaps(differs, violates, absolute, relative)


def _unlike(actual: Array, baseline: Array, limit: Limit) -> Array:
    kind = baseline.dtype.kind
    if kind in "mM":
        # NaT is one fixed integer.
        differs = np.asarray(actual.view(np.int64) != baseline.view(np.int64))
        return differs if limit.equal_nan else differs | np.isnat(baseline)
    if kind != "V":
        return np.asarray(actual != baseline, np.bool_)
    if baseline.dtype.itemsize == 0:
        return np.zeros(len(baseline), np.bool_)
    differs = actual.view(np.uint8) != baseline.view(np.uint8)
    return np.asarray(differs.reshape(len(baseline), -1).any(axis=1))

"""How far two single numbers are apart."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.compare.tolerance import Limit

__all__ = ["gap", "ulp_bin", "ulp_distance"]


def gap(actual: float, baseline: float, limit: Limit) -> tuple[float, float, bool]:
    """Return |a - b|, |a - b| / |b| and whether it violates *limit*; a != b."""
    if isinstance(actual, int) and isinstance(baseline, int):
        return _exact_gap(actual, baseline, limit)
    try:
        a, b = float(actual), float(baseline)
    except OverflowError:
        if all(isinstance(v, int) or math.isfinite(v) for v in (actual, baseline)):
            return _exact_gap(actual, baseline, limit)
        return math.inf, math.inf, True
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf, math.inf, True
    if a == b:  # an int beyond 2**53 against a float
        return _exact_gap(actual, baseline, limit)
    absolute = abs(a - b)
    violates = not absolute <= limit.atol + limit.rtol * abs(b)
    return absolute, absolute / abs(b) if b else math.inf, violates


def _exact_gap(
    actual: float, baseline: float, limit: Limit
) -> tuple[float, float, bool]:
    size = abs(Fraction(baseline))
    absolute = abs(Fraction(actual) - Fraction(baseline))
    violates = absolute > Fraction(limit.atol) + Fraction(limit.rtol) * size
    relative = _float(absolute / size) if size else math.inf
    return _float(absolute), relative, violates


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def ulp_distance(actual: float, baseline: float) -> int | None:
    """Return how many float64 lie between two numbers, plus one; None: not finite."""
    try:
        a, b = float(actual), float(baseline)
    except OverflowError:
        return None
    if not (math.isfinite(a) and math.isfinite(b)):
        return None
    return abs(_rank(a) - _rank(b))


def _rank(value: float) -> int:
    """Return the place of a finite float64 among all, counted from zero."""
    size: int = struct.unpack("<q", struct.pack("<d", abs(value)))[0]
    return -size if value < 0 else size


def ulp_bin(ulp: int) -> int:
    """Return the bin of the histogram: 0 for 0, k for 2**(k-1) to 2**k - 1."""
    return ulp.bit_length()

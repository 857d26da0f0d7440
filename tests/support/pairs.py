"""Pairs of arrays that differ in every way there is, and what is to be found of them.

The expectation is computed one element at a time, in plain Python: nothing of the
comparison itself is used for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from noxlock.compare._tally import UNEQUAL_NAN
from noxlock.errors import CompareError
from noxlock.model import Difference, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare.tolerance import Limit

__all__ = ["Memory", "expected", "pair"]


@dataclass(frozen=True)
class Memory:
    """An array in memory, as a source."""

    values: Any
    fortran: bool
    random: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its elements."""
        dtype: np.dtype[Any] = self.values.dtype
        return dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return tuple(self.values.shape)

    def error(self, what: str) -> CompareError:
        """Return the error that this array *what*."""
        return CompareError(what)

    def _flat(self) -> Any:  # noqa: ANN401 - an array
        return self.values.ravel(order="F" if self.fortran else "C")

    def blocks(self, step: int) -> Iterator[np.ndarray[Any, np.dtype[Any]]]:
        """Yield its elements in its order."""
        flat = self._flat()
        for start in range(0, flat.size, step):
            yield flat[start : start + step].copy()

    def mapped(self) -> np.ndarray[Any, np.dtype[Any]] | None:
        """Return its elements where it says that they can be mapped."""
        return self._flat() if self.random else None


def pair(
    dtype: np.dtype[Any], count: int, seed: int, share: float
) -> tuple[np.ndarray[Any, np.dtype[Any]], np.ndarray[Any, np.dtype[Any]]]:
    """Return actual and baseline values; about *share* of them differ."""
    random = np.random.default_rng(seed)
    part = np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype
    size = count * (dtype.itemsize // part.itemsize)
    if part.kind in "biu" or (part.num >= 256 and "int" in part.name):
        baseline = _integers(part, size, random)
        other = np.where(
            random.random(size) < 0.5, _integers(part, size, random), _near(baseline)
        ).astype(part)
    else:
        baseline = _floats(part, size, random)
        other = np.where(
            random.random(size) < 0.5,
            _floats(part, size, random).view(f"V{part.itemsize}"),
            _stepped(baseline, random).view(f"V{part.itemsize}"),
        ).view(part)
    actual = baseline.copy()
    changed = random.random(size) < share
    actual[changed] = other[changed]
    if "float4" in dtype.name:  # of a byte it has only the lower half
        actual, baseline = (
            (side.view(np.uint8) & 15).view(dtype) for side in (actual, baseline)
        )
    return actual.view(dtype), baseline.view(dtype)


def _integers(
    dtype: np.dtype[Any], size: int, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[Any]]:
    if dtype.kind == "b":
        return np.asarray(random.random(size) < 0.5)
    if dtype.num >= 256:
        few: np.ndarray[Any, np.dtype[Any]] = random.integers(0, 7, size).astype(dtype)
        return few
    info = np.iinfo(dtype)
    special = np.array([info.min, info.max, 0, 1, info.max // 2], dtype)
    values: np.ndarray[Any, Any] = np.frombuffer(
        random.bytes(size * dtype.itemsize), dtype
    )
    small = random.integers(0, 100, size).astype(dtype)
    pick = random.integers(0, 3, size)
    return np.asarray(
        np.choose(pick, [values, small, random.choice(special, size)]), dtype
    )


def _near(values: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
    if values.dtype.num >= 256:
        return values
    return np.asarray(np.bitwise_xor(values, 1))


def _floats(
    dtype: np.dtype[Any], size: int, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[Any]]:
    special = np.array([0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 0.5])
    bits = np.frombuffer(random.bytes(size * dtype.itemsize), np.uint8)
    kinds = [random.choice(special, size), np.round(random.normal(size=size) * 9, 2)]
    with np.errstate(all="ignore"):
        choices = [kind.astype(dtype).view(f"V{dtype.itemsize}") for kind in kinds]
        if dtype.itemsize <= 8:  # a long double has codes that are no number at all
            choices.append(bits.copy().view(f"V{dtype.itemsize}"))
        else:
            wild = random.normal(size=size).astype(dtype)
            wild = np.ldexp(wild, random.integers(-16400, 16300, size))
            choices.append(wild.view(f"V{dtype.itemsize}"))
    picks = random.choice(3, size, p=[0.2, 0.6, 0.2])
    return np.array(choices)[picks, np.arange(size)].copy().view(dtype)


def _stepped(
    values: np.ndarray[Any, np.dtype[Any]], random: np.random.Generator
) -> np.ndarray[Any, np.dtype[Any]]:
    """Return floats that are some steps away."""
    if values.dtype.itemsize > 8:
        return np.asarray(np.nextafter(values, values.dtype.type(0)))
    codes: np.ndarray[Any, Any] = values.view(f"u{values.dtype.itemsize}")
    steps = random.choice([1, 1, 2, 3, 7, 200], len(codes))
    return np.asarray((codes + steps.astype(codes.dtype)).view(values.dtype))


def expected(
    actual: np.ndarray[Any, np.dtype[Any]],
    baseline: np.ndarray[Any, np.dtype[Any]],
    limit: Limit,
) -> Difference | None:
    """Return what is to be found of two arrays of one dtype and shape."""
    floats = _is_float(baseline.dtype)
    found = []
    absolute = relative = 0.0
    ulps: list[int] = []
    unsized = 0
    for index in np.ndindex(baseline.shape):
        a, b = actual[index], baseline[index]
        gap = _gap(a, b, limit)
        absolute, relative = max(absolute, gap[2]), max(relative, gap[3])
        if gap[4] is not None:
            ulps.append(gap[4])
        elif floats:
            unsized += 1
        if gap[0]:
            found.append((gap, index, a, b))
    if not found:
        return None
    violations = [one for one in found if one[0][1]]
    among = violations or found
    # max() returns the first of several that are largest.
    worst = max(among, key=lambda one: one[0][2])
    return Difference(
        compared=baseline.size,
        differing=len(found),
        violations=len(violations),
        first=_place(*among[0]),
        worst=_place(*worst),
        absolute=absolute,
        relative=relative,
        ulp=max(ulps) if ulps else None,
        histogram=_histogram(ulps),
        unsized=unsized,
    )


def _place(gap: Any, index: tuple[int, ...], a: Any, b: Any) -> Place:  # noqa: ANN401 - any dtype
    return Place(
        where=f"[{', '.join(map(str, index))}]" if index else "the value",
        baseline=str(b),
        actual=str(a),
        absolute=gap[2],
        relative=gap[3],
        ulp=gap[4],
        note=UNEQUAL_NAN if _differ_by_nan(a, b) else "",
    )


def _differ_by_nan(a: Any, b: Any) -> bool:  # noqa: ANN401 - any dtype
    """Whether NaN against NaN is all that differs."""
    if not _is_float(b.dtype):
        return False
    parts = [(a.real, b.real), (a.imag, b.imag)] if b.dtype.kind == "c" else [(a, b)]
    with np.errstate(invalid="ignore"):  # of signaling NaN
        both = [bool(np.isnan(x)) and bool(np.isnan(y)) for x, y in parts]
    same = [nan or bool(x == y) for nan, (x, y) in zip(both, parts, strict=True)]
    return any(both) and all(same)


def _histogram(ulps: list[int]) -> tuple[int, ...]:
    counts = [0] * (max((ulp.bit_length() for ulp in ulps), default=-1) + 1)
    for ulp in ulps:
        counts[ulp.bit_length()] += 1
    return tuple(counts)


def _is_float(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "fc" or (dtype.num >= 256 and "int" not in dtype.name)


def _gap(a: Any, b: Any, limit: Limit) -> tuple[bool, bool, float, float, int | None]:  # noqa: ANN401 - any dtype
    """Return differs, violates, absolute, relative and ULP of one pair."""
    if not _is_float(b.dtype):
        x, y = int(a), int(b)
        if x == y:
            return False, False, 0.0, 0.0, None
        bound = limit.atol + limit.rtol * abs(float(y))
        share = float(abs(x - y)) / abs(float(y)) if y else math.inf
        return True, abs(x - y) > bound, float(abs(x - y)), share, None
    parts = [(a, b)]
    if b.dtype.kind == "c":
        parts = [(a.real, b.real), (a.imag, b.imag)]
    if all(_equal(x, y, limit) for x, y in parts):
        return False, False, 0.0, 0.0, 0
    if not all(_finite(value) for both in parts for value in both):
        return True, True, math.inf, math.inf, None
    wide: Any = np.longdouble if parts[0][0].dtype.itemsize > 8 else np.float64
    with np.errstate(all="ignore"):
        gaps = [wide(x) - wide(y) for x, y in parts]
        sizes = [wide(y) for _, y in parts]
        gap: Any = np.hypot(*gaps) if len(gaps) > 1 else abs(gaps[0])
        base: Any = np.hypot(*sizes) if len(sizes) > 1 else abs(sizes[0])
        violates = not gap <= wide(limit.atol) + wide(limit.rtol) * base
        return (
            True,
            violates,
            float(gap),
            float(gap / base),
            max(_ulp(x, y) for x, y in parts),
        )


def _equal(a: Any, b: Any, limit: Limit) -> bool:  # noqa: ANN401 - any dtype
    if a != a and b != b:  # noqa: PLR0124 - NaN
        return limit.equal_nan
    return bool(a == b) and (limit.equal_inf or _finite(b))


def _finite(value: Any) -> bool:  # noqa: ANN401 - any dtype
    with np.errstate(invalid="ignore"):  # of signaling NaN
        return bool(np.isfinite(value))


def _ulp(a: Any, b: Any) -> int:  # noqa: ANN401 - any dtype
    """Return how many steps lead from one finite float to the other."""
    if a == b:
        return 0
    if b.dtype.itemsize > 8:
        return abs(_long(a) - _long(b))
    if b.dtype.itemsize > 2:
        return abs(_rank(a) - _rank(b))
    # Of few floats: all of them, in order.
    codes = np.arange(1 << (8 * b.dtype.itemsize), dtype=f"u{b.dtype.itemsize}")
    values = codes.view(b.dtype).astype(np.float64)
    line = np.unique(values[np.isfinite(values)])
    return int(abs(np.searchsorted(line, float(a)) - np.searchsorted(line, float(b))))


def _rank(value: Any) -> int:  # noqa: ANN401 - float32 or float64
    code = int(abs(value).view(f"u{value.dtype.itemsize}"))
    return -code if value < 0 else code


def _long(value: Any) -> int:  # noqa: ANN401 - a long double
    """Return its rank, by its exact ratio to the least subnormal number."""
    info = np.finfo(np.longdouble)
    top, bottom = abs(value).as_integer_ratio()
    least_top, least_bottom = info.smallest_subnormal.as_integer_ratio()
    units = top * least_bottom // (bottom * least_top)
    over = max(0, units.bit_length() - (info.nmant + 1))
    rank = (over << info.nmant) + (units >> over)
    return int(-rank if value < 0 else rank)

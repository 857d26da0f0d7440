"""Compares two arrays of one shape and kind, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from noxlock.compare._tally import Block, Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from noxlock.compare.tolerance import Limit

__all__ = ["Array", "Leaf", "compare_block", "leaves", "same_block"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
_Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
_Gaps: TypeAlias = tuple[_Mask, _Mask, Array | None, Array | None]
"""Where equal, where in violation, absolute and relative difference."""

_WIDE: Final = 8
"""Bytes of a float64: smaller floats are widened to it, so no difference rounds."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of a structured dtype, or the whole of a plain one."""

    path: tuple[str, ...]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    """Of the subarray that each element has here; empty where it has none."""

    @property
    def key(self) -> str:
        """The dotted path of the field; "" for a plain dtype."""
        return ".".join(self.path)

    def values(self, block: Array) -> Array:
        """Return this field of a block of elements, flat."""
        for name in self.path:
            block = block[name]
        return block.reshape(-1)


def leaves(
    dtype: np.dtype[Any],
    path: tuple[str, ...] = (),
    shape: tuple[int, ...] = (),
) -> Iterator[Leaf]:
    """Yield the plain fields of *dtype*, depth first."""
    base, inner = dtype.base, shape + dtype.shape
    if base.names is None:
        yield Leaf(path, base, inner)
        return
    for name in base.names:
        yield from leaves(base[name], (*path, name), inner)


def compare_block(
    actual: Array, baseline: Array, limit: Limit, place: Callable[[int], str]
) -> Block:
    """Compare two flat arrays of one kind; *place* says where a flat index is."""
    count = len(baseline)
    if count == 0:
        return Block(compared=0)
    with np.errstate(all="ignore"):
        equal, bad, absolute, relative = _gaps(actual, baseline, limit)
    differing = count - int(np.count_nonzero(equal))
    violations = int(np.count_nonzero(bad))
    largest = None if absolute is None else float(absolute.max())
    worst = None
    if differing:
        candidates = bad if violations else ~equal
        if absolute is None:
            index, size = int(candidates.argmax()), math.inf
        else:
            index = int(np.where(candidates, absolute, -1.0).argmax())
            size = float(absolute[index])
        worst = Spot(
            violates=violations > 0,
            size=size,
            where=place(index),
            actual=_text(actual[index]),
            baseline=_text(baseline[index]),
            relative=None if relative is None else float(relative[index]),
        )
    return Block(
        compared=count,
        differing=differing,
        violations=violations,
        absolute=largest,
        relative=None if relative is None else float(relative.max()),
        first=worst,
        worst=worst,
    )


def same_block(values: Array) -> Block:
    """Return what is known of values that are equal, byte by byte."""
    size = 0.0 if values.dtype.kind in "fciub" else None
    return Block(compared=len(values), absolute=size, relative=size)


def _gaps(actual: Array, baseline: Array, limit: Limit) -> _Gaps:
    kind = baseline.dtype.kind
    if kind in "fc":
        return _inexact(_wide(actual), _wide(baseline), limit)
    if kind in "iub":
        return _integers(actual, baseline, limit)
    if kind in "mM":
        # NaT is one fixed integer: so it equals NaT.
        actual, baseline = actual.astype(np.int64), baseline.astype(np.int64)
    if kind == "V":
        equal = _bytes(actual) == _bytes(baseline)
        same = equal.reshape(len(baseline), -1).all(axis=1)
    else:
        same = np.asarray(actual == baseline, dtype=np.bool_)
    return same, ~same, None, None


def _inexact(actual: Array, baseline: Array, limit: Limit) -> _Gaps:
    equal = _equal(actual, baseline)
    absolute = np.abs(actual - baseline)
    sized = np.isfinite(actual) & np.isfinite(baseline)
    absolute[~sized] = math.inf
    absolute[equal] = 0.0
    size = np.abs(baseline)
    bad = ~equal & ~(sized & (absolute <= limit.atol + limit.rtol * size))
    relative = absolute / size
    relative[~sized] = math.inf
    relative[equal] = 0.0
    return equal, bad, absolute, relative


def _equal(actual: Array, baseline: Array) -> _Mask:
    if baseline.dtype.kind == "c":
        return _equal(actual.real, baseline.real) & _equal(actual.imag, baseline.imag)
    same: _Mask = (actual == baseline) | (np.isnan(actual) & np.isnan(baseline))
    return same


def _integers(actual: Array, baseline: Array, limit: Limit) -> _Gaps:
    wide = np.int64 if baseline.dtype.kind == "i" else np.uint64
    a, b = actual.astype(wide, copy=False), baseline.astype(wide, copy=False)
    equal: _Mask = a == b
    # Modulo 2**64 the distance is exact where int64 itself would overflow.
    distance = np.maximum(a, b).view(np.uint64) - np.minimum(a, b).view(np.uint64)
    absolute = distance.astype(np.float64)
    size = np.abs(b.astype(np.float64))
    bad = ~equal & ~(absolute <= limit.atol + limit.rtol * size)
    relative = absolute / size
    relative[equal] = 0.0
    return equal, bad, absolute, relative


def _wide(values: Array) -> Array:
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "f" and size <= _WIDE:
        return values.astype(np.float64, copy=False)
    if kind == "c" and size <= 2 * _WIDE:
        return values.astype(np.complex128, copy=False)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _bytes(values: Array) -> Array:
    return np.ascontiguousarray(values).view(np.uint8)


def _text(value: object) -> str:
    if isinstance(value, str):
        return repr(str(value))
    return repr(bytes(value)) if isinstance(value, bytes) else str(value)

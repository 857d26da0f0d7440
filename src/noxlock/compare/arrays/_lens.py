"""How the values of a dtype are compared: as floats, complex, integers, or as they are.

The figures are those that float64 gives, or the dtype itself where that is wider. ULP
are counted in the dtype: floats that are neighbours have neighbouring ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Array", "Kind", "Lens", "as_words", "lens_of", "native", "ordered", "text"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
_DType: TypeAlias = np.dtype[Any]

_WIDE: Final = 8
"""Bytes of a float64: smaller floats are widened to it, so no difference rounds."""
_OURS: Final = 256
"""The first number that NumPy gives to a dtype of another package."""


class Kind(Enum):
    """What is known of a difference between two values."""

    FLOAT = auto()
    COMPLEX = auto()
    INTEGER = auto()
    OTHER = auto()
    """Only that there is one: text, bytes, dates."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Of a pair of dtypes, both in this machine's byte order."""

    kind: Kind
    wide: _DType
    """What both are widened to before they are subtracted."""
    rank: Callable[[Array], Array] | None = None
    """Of floats of one dtype: their places among all its finite numbers, from zero."""

    def widen(self, values: Array) -> Array:
        """Return *values* in the dtype of the figures; no value changes by it."""
        return values.astype(self.wide, copy=False)


def lens_of(new: _DType, old: _DType) -> Lens | None:
    """Return how values of *new* and *old* are compared; None: they cannot be."""
    kinds = {_kind(new), _kind(old)}
    if Kind.OTHER in kinds:
        alike = new == old or (new.kind == old.kind and new.kind in "SU")
        return Lens(Kind.OTHER, old) if alike else None
    kind = max(kinds, key=[Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX].index)
    if kind is Kind.INTEGER:
        return Lens(kind, _integer(new, old))
    wide = np.result_type(_wide(new), _wide(old))
    if kind is Kind.COMPLEX:
        wide = np.result_type(wide, np.complex128)
    part = old if kind is Kind.FLOAT else _part(old)
    return Lens(kind, wide, _ranks(part) if new == old else None)


def native(dtype: _DType) -> _DType:
    """Return *dtype* in this machine's byte order."""
    # ml_dtypes have one order; newbyteorder makes raw bytes of them.
    return dtype if dtype.num >= _OURS else dtype.newbyteorder("=")


def as_words(values: Array) -> Array:
    """Return the codes of floats as signed integers; their memory is shared."""
    return values.view(f"i{values.dtype.itemsize}")


def ordered(codes: Array) -> Array:
    """Return the ranks of floats with these codes: sign and magnitude, -0.0 as 0.0."""
    return np.where(codes < 0, np.iinfo(codes.dtype).min - codes, codes)


def text(value: object) -> str:
    """Return a value as reports show it."""
    if isinstance(value, str):
        return repr(str(value))
    return repr(bytes(value)) if isinstance(value, bytes) else str(value)


def _kind(dtype: _DType) -> Kind:
    if dtype.num >= _OURS:
        return Kind.FLOAT if _finfo(dtype) else Kind.INTEGER
    if dtype.kind in "iub":
        return Kind.INTEGER
    return {"f": Kind.FLOAT, "c": Kind.COMPLEX}.get(dtype.kind, Kind.OTHER)


def _finfo(dtype: _DType) -> bool:
    """Whether a dtype of ml_dtypes, the only package that has more, is a float's."""
    import ml_dtypes  # noqa: PLC0415 - an extra; a dtype of it is at hand here

    try:
        ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call] # its stubs are partial
    except (ValueError, TypeError):
        return False
    return True


def _wide(dtype: _DType) -> _DType:
    """Return a float or complex dtype that holds the values of *dtype* exactly."""
    if dtype.num >= _OURS or dtype.itemsize < _WIDE:
        return np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
    if dtype.kind in "iu":
        return np.dtype(np.longdouble)
    return np.result_type(dtype, np.float64)


def _integer(new: _DType, old: _DType) -> _DType:
    signed = {"u" if _unsigned(dtype) else "i" for dtype in (new, old)}
    if signed == {"u"}:
        return np.dtype(np.uint64)
    if len(signed) == 1 or not any(d == np.uint64 for d in (new, old)):
        return np.dtype(np.int64)
    return np.dtype(np.object_)


def _unsigned(dtype: _DType) -> bool:
    return dtype.kind in "ub" or dtype.name.startswith("uint")


def _part(dtype: _DType) -> _DType:
    """Return the dtype of the two parts of a complex number."""
    return np.empty(0, dtype).real.dtype


def _ranks(dtype: _DType) -> Callable[[Array], Array]:
    if dtype.itemsize > _WIDE:
        return _long_ranks
    if dtype.num >= _OURS and dtype.name != "bfloat16":
        table = _table(dtype)
        return lambda values: table[values.view(np.uint8)]
    return lambda values: ordered(as_words(values)).astype(np.int64)


@cache
def _table(dtype: _DType) -> Array:
    """Return the ranks of all codes of a float of one byte; of no number, 0."""
    values = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float64)
    numbers = np.isfinite(values)
    places = np.unique(np.abs(values[numbers]), return_inverse=True)[1]
    ranks = np.zeros(256, np.int64)
    # Where there is no zero, as in float8_e8m0fnu, the least number has rank 0.
    ranks[numbers] = np.where(values[numbers] < 0, -places, places)
    return ranks


def _long_ranks(values: Array) -> Array:
    """Return the ranks of long doubles, whatever they are on this machine; else 0."""
    info = np.finfo(np.longdouble)
    bits = info.nmant + 1
    sizes = np.where(np.isfinite(values), np.abs(values), 0)
    fractions, exponents = np.frexp(sizes)
    # Below the smallest normal number the distance between floats stays the same.
    least = int(np.frexp(info.smallest_normal)[1])
    exponents = np.where(sizes == 0, least, exponents)
    shift = np.minimum(exponents - least, 0)
    steps = np.ldexp(fractions, bits + shift)
    above = np.maximum(exponents - least, 0)
    whole = [
        (int(power) << (bits - 1)) + int(step)
        for power, step in zip(above, steps, strict=True)
    ]
    ranks = np.array(whole, dtype=np.object_)
    return np.where(values < 0, -ranks, ranks)

"""Few values of two arrays: evenly spaced, and those around one place."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from noxlock.model.preview import Curve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare.arrays._lens import Array
    from noxlock.compare.arrays._sources import Source
    from noxlock.compare.tolerance import Limit

__all__ = ["draw", "whole"]

_PLACES: Final = 400
_NEAR: Final = 20
_STREAMED: Final = 1 << 28
"""Bytes: what can only be read in sequence is not read again where it is larger."""
_BLOCK: Final = 1 << 16
_REAL: Final = re.compile(r"(bfloat|float|u?int)\d.*|bool")
_COMPLEX: Final = re.compile(r"complex\d+")
_INDEX: Final = re.compile(r"\[(\d+(?:, \d+)*)\]")


def draw(
    key: str, sides: tuple[Source, Source], where: str, limit: Limit
) -> Iterator[Curve]:
    """Yield what is drawn of two arrays of one shape: of complex ones two curves.

    Args:
        key: The part of the output.
        sides: The baseline's array and the actual one.
        where: Their worst place, as reports say it.
        limit: How far values of the baseline's dtype may be apart.

    Raises:
        CompareError: One cannot be read to its end.
    """
    baseline, actual = sides
    name, total = baseline.dtype.name, math.prod(baseline.shape)
    known = [
        kind
        for kind in (_REAL, _COMPLEX)
        if all(kind.fullmatch(each.dtype.name) for each in sides)
    ]
    if total < 2 or actual.shape != baseline.shape or not known:  # noqa: PLR2004 - one value is no curve
        return
    worst = _flat(where, baseline)
    places = _places(total, worst)
    old = _values(baseline, places)
    new = _values(actual, _turned(places, baseline, actual))
    if old is None or new is None:
        return
    drawn = {key: (old, new)}
    if known == [_COMPLEX]:
        drawn = {
            f"{key} {part}".lstrip(): (getattr(old, part), getattr(new, part))
            for part in ("real", "imag")
        }
    for title, pair in drawn.items():
        one, other = (each.astype(np.float64) for each in pair)
        with np.errstate(all="ignore"):
            allowed = limit.atol + limit.rtol * np.abs(one)
        yield Curve(
            key=title,
            dtype=name,
            total=total,
            places=tuple(places.tolist()),
            baseline=tuple(one.tolist()),
            actual=tuple(other.tolist()),
            # Of a complex number the tolerance is of both parts together.
            allowed=() if limit.exact or len(drawn) > 1 else tuple(allowed.tolist()),
            worst=worst,
        )


def whole(source: Source) -> Array:
    """Return all of an array; it must fit into memory.

    Raises:
        CompareError: It cannot be read to its end.
    """
    flat = np.concatenate([block.copy() for block in source.blocks(_BLOCK)])
    return flat.reshape(source.shape, order=_order(source))


def _flat(where: str, source: Source) -> int | None:
    """Return the place that *where* names, counted in the file's order."""
    found = _INDEX.findall(where)
    index = tuple(map(int, found[-1].split(", "))) if found else ()
    inside = all(at < length for at, length in zip(index, source.shape, strict=False))
    if not inside or len(index) != len(source.shape):
        return None
    return int(np.ravel_multi_index(index, source.shape, order=_order(source)))


def _places(total: int, worst: int | None) -> Array:
    even = np.linspace(0, total - 1, min(total, _PLACES)).astype(np.int64)
    if worst is None:
        return np.unique(even)
    near = np.arange(max(0, worst - _NEAR), min(total, worst + _NEAR + 1))
    return np.unique(np.concatenate((even, near)))


def _turned(places: Array, one: Source, other: Source) -> Array:
    """Return where the elements at *places* of one array lie in the other."""
    if one.fortran == other.fortran:
        return places
    index = np.unravel_index(places, one.shape, order=_order(one))
    return np.ravel_multi_index(index, other.shape, order=_order(other))


def _order(source: Source) -> Literal["C", "F"]:
    return "F" if source.fortran else "C"


def _values(source: Source, places: Array) -> Array | None:
    """Return the values at *places*; None where that would be too much to read."""
    mapped = source.mapped()
    if mapped is not None:
        return np.asarray(mapped[places])
    if math.prod(source.shape) * source.dtype.itemsize > _STREAMED:
        return None
    found = np.empty(len(places), source.dtype)
    start = 0
    for block in source.blocks(_BLOCK):
        here = (places >= start) & (places < start + len(block))
        found[here] = block[places[here] - start]
        start += len(block)
    return found

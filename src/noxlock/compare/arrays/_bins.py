"""Counts distances by their bits: bin 0 is 0, bin k is 2**(k-1) to 2**k - 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array

__all__ = ["add_bins", "bins_of"]

_FEW: Final = 16
"""Where fewer than one of so many elements are left, these are selected."""
_COMPARED_BINS: Final = 8
"""So many are counted by comparisons; a histogram of more bins is cheaper by pairs."""


def add_bins(bins: list[int], codes: Array, top: int, mask: Array) -> int:
    """Add distances to the histogram *bins*; return how many are not 0.

    Args:
        bins: All but bin 0 is added to.
        codes: The distances, as unsigned integers.
        top: The largest of them.
        mask: As many booleans, to write on.
    """
    differing = left = int(np.count_nonzero(codes))
    last = top.bit_length()
    for bin_ in range(1, last):
        np.greater_equal(codes, 1 << bin_, out=mask)
        above = int(np.count_nonzero(mask))
        bins[bin_] += left - above
        left = above
        if left * _FEW < len(codes):
            rest = bins_of(codes[np.flatnonzero(mask)].astype(np.uint64))
        elif bin_ == _COMPARED_BINS:
            rest = _dense_bins(np.multiply(codes, mask))
        else:
            continue
        for number, count in enumerate(rest[1:], start=1):
            bins[number] += count
        return differing
    bins[last] += left
    return differing


def bins_of(distances: Array) -> list[int]:
    """Return how many *distances* are in each bin: 0, then by their number of bits."""
    if distances.dtype == np.object_:
        lengths = np.array([int(d).bit_length() for d in distances])
        return [int(count) for count in np.bincount(lengths)]
    # Of two neighbouring bits only the upper one is kept: so no rounding to float64
    # reaches the next power of two.
    apart = distances & ~(distances >> np.uint64(1))
    lengths = np.frexp(apart.astype(np.float64))[1]
    return [int(count) for count in np.bincount(lengths)]


def _dense_bins(codes: Array) -> list[int]:
    """Return how many of many distances have each number of bits."""
    # As in `bins_of`: the float32 of it has the exponent of the distance itself.
    apart = (codes & ~(codes >> 1)).astype(np.float32)
    exponents = (apart.view(np.uint32) >> 23).astype(np.uint8)
    if len(exponents) % 2:
        exponents = np.append(exponents, np.uint8(0))
    # Two at a time: `bincount` is the slowest step of all.
    pairs = np.bincount(exponents.view(np.uint16), minlength=1 << 16)
    square = pairs.reshape(256, 256)
    counts = square.sum(axis=0) + square.sum(axis=1)
    return [0, *(int(count) for count in counts[127 : 127 + 64])]

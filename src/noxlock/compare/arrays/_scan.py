"""Compares pieces of any dtype: finds the pairs that may differ, and measures those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from noxlock.compare.arrays._exact import measure
from noxlock.compare.arrays._lens import Kind
from noxlock.compare.arrays._statistics import Statistics

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array, Lens
    from noxlock.compare.tolerance import Limit

__all__ = ["Places", "Scan"]

_WORDS: Final = (1, 2, 4, 8)


class Places(Protocol):
    """Where the values of a piece are."""

    @property
    def rising(self) -> bool:
        """Whether ordinals rise with the indices, and from piece to piece."""

    def __call__(self, indices: Array, /) -> Array:
        """Return the ordinals of the values with these indices."""


class Scan:
    """The values of one field, piece by piece, in one thread."""

    def __init__(self, lens: Lens, limit: Limit) -> None:
        """Start with nothing compared."""
        self.lens = lens
        self.limit = limit
        self.statistics = Statistics()

    @property
    def trusting(self) -> bool:
        """Whether values of the same bytes are equal, whatever they are."""
        if self.lens.kind is Kind.OTHER:
            return self.limit.equal_nan or self.lens.wide.kind not in "mM"
        inexact = self.lens.kind is not Kind.INTEGER
        return not inexact or (self.limit.equal_nan and self.limit.equal_inf)

    def compare(self, new: Array, old: Array, places: Places) -> None:
        """Compare two flat pieces, in this machine's byte order and contiguous."""
        self.statistics.compared += len(old)
        if self.lens.kind is Kind.OTHER:
            self.measure(new, old, places)
            return
        if new.dtype != old.dtype:
            suspects = np.asarray(self.lens.widen(new) != self.lens.widen(old))
        elif old.itemsize in _WORDS:
            # What has the same bytes is equal; the rest is measured anyway.
            words = f"u{old.itemsize}"
            suspects = new.view(words) != old.view(words)
        else:
            suspects = np.asarray(new != old)
        if not self.trusting:
            suspects |= ~np.isfinite(old)
        if np.count_nonzero(suspects):
            self.some(new, old, np.flatnonzero(suspects), places)

    def some(self, new: Array, old: Array, indices: Array, places: Places) -> None:
        """Measure those of *indices* only."""
        pair = new[indices], old[indices]
        gaps = measure(*pair, self.lens, self.limit)
        self.statistics.take(gaps, pair, lambda found: places(indices[found]))

    def measure(self, new: Array, old: Array, places: Places) -> None:
        """Measure all."""
        gaps = measure(new, old, self.lens, self.limit)
        self.statistics.take(gaps, (new, old), places)

"""Figures of the arrays in a file, block by block: never a whole array in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from noxlock.compare._job import Job
from noxlock.compare.arrays._lens import Kind, lens_of, native
from noxlock.compare.formats import compare_sides
from noxlock.compare.summaries._moments import MOST, Moments
from noxlock.compare.tolerance import Limits
from noxlock.model import ArraySummary, Tolerance

if TYPE_CHECKING:
    from noxlock.compare._files import Side
    from noxlock.compare.arrays._sources import Source

__all__ = ["arrays"]

_STEP: Final = 1 << 16
"""Elements of a block."""


def arrays(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures of each array, sorted by name; a pickle is never loaded.

    Raises:
        CompareError: It cannot be read.
    """
    found = _Found()
    job = replace(Job.of(Limits(Tolerance())), look=found.take)
    # As both sides of a comparison: what reads arrays to compare them shows them.
    compare_sides(side, side, job)
    return tuple(sorted(found.arrays, key=lambda array: array.key))


@dataclass(slots=True)
class _Found:
    arrays: list[ArraySummary] = field(default_factory=list)

    def take(self, source: Source, _same: Source, job: Job) -> None:
        """Summarise an array, in the place of its comparison."""
        if len(self.arrays) < MOST:
            self.arrays.append(_summary(source, job.key))


def _summary(source: Source, key: str) -> ArraySummary:
    dtype = native(source.dtype)
    moments = Moments()
    lens = None if dtype.names else lens_of(dtype, dtype)
    if lens is not None and lens.kind in {Kind.INTEGER, Kind.FLOAT}:
        for block in source.blocks(_STEP):
            moments.add(block, lens)
    shape = source.shape
    return moments.summary(key, str(source.dtype), shape, math.prod(shape))

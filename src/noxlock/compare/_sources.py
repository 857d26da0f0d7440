"""Compares two arrays, wherever their elements come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from noxlock.compare._elements import compare_block, leaves, same_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._elements import Array, Leaf
    from noxlock.compare._job import Job
    from noxlock.compare.tolerance import Limit
    from noxlock.errors import CompareError

__all__ = ["Source", "compare_sources"]


_BLOCK_BYTES: Final = 1 << 23


class Source(Protocol):
    """An array that is read in pieces."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its elements; any but Python objects."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""

    @property
    def fortran(self) -> bool:
        """Whether it lies in Fortran order; false where both orders are the same."""

    def error(self, what: str) -> CompareError:
        """Return the error that this array *what*."""

    def blocks(self, step: int) -> Iterator[Array]:
        """Yield its elements, flat, in the file's order, *step* at a time.

        A block is valid until the next; the last one may be shorter.
        """

    def mapped(self) -> Array | None:
        """Return all elements as a flat read-only memmap; None: only in sequence."""


def compare_sources(actual: Source, baseline: Source, job: Job) -> None:
    """Compare the headers of two arrays, then the values, into the job's tally.

    Raises:
        CompareError: One cannot be read to its end.
    """
    if job.look is not None:
        job.look(actual, baseline, job)
        return
    _Comparison(job).run(actual, baseline)


@dataclass(slots=True)
class _Comparison:
    job: Job
    plan: list[tuple[Leaf, Leaf, Limit]] = field(default_factory=list)

    def run(self, actual: Source, baseline: Source) -> None:
        """Compare what the headers say, then the values, as far as they go together."""
        comparable = self._fields(actual, baseline)
        if actual.shape != baseline.shape:
            self.job.tally.note(f"shape {baseline.shape} became {actual.shape}")
            comparable = False
        if not comparable:
            return
        if baseline.dtype.itemsize == 0:
            self.job.tally.same(math.prod(baseline.shape))
            return
        largest = max(actual.dtype.itemsize, baseline.dtype.itemsize)
        step = max(1, min(self.job.block, _BLOCK_BYTES // largest))
        for start, fortran, new, old in _pairs(actual, baseline, step):
            places = _Places(self.job.key, baseline.shape, fortran)
            self._block(start, (new, old), places)

    def _fields(self, actual: Source, baseline: Source) -> bool:
        """Pair the fields of both dtypes; return whether values can be compared."""
        new, old = list(leaves(actual.dtype)), list(leaves(baseline.dtype))
        alike = len(new) == len(old)
        for mine, other in zip(new, old, strict=False):
            self.plan.append((mine, other, self._limit(other)))
            alike = alike and (mine.path, mine.shape) == (other.path, other.shape)
            alike = alike and mine.dtype.kind == other.dtype.kind
            if alike and other.dtype.kind in "mMV":
                alike = _native(mine.dtype) == _native(other.dtype)
        if _native(actual.dtype) != _native(baseline.dtype):
            self.job.tally.note(f"dtype {baseline.dtype} became {actual.dtype}")
        return alike

    def _limit(self, leaf: Leaf) -> Limit:
        """Return the limit of a field, from that of the array inwards."""
        job = self.job
        for name in leaf.path:
            job = job.beneath(name)
        return job.limit(leaf.dtype.name)

    def _block(self, start: int, blocks: tuple[Array, Array], places: _Places) -> None:
        new, old = blocks
        if new.dtype == old.dtype and np.array_equal(_raw(new), _raw(old)):
            for _, leaf, _ in self.plan:
                self.job.tally.add(same_block(leaf.values(old)))
            return
        for mine, other, limit in self.plan:
            place = partial(places.at, other, start)
            self.job.tally.add(
                compare_block(mine.values(new), other.values(old), limit, place)
            )


def _raw(block: Array) -> Array:
    """Return the bytes of a block, in the widest words that they fill."""
    raw = block.view(np.uint8)
    return raw.view(np.uint64) if raw.size % 8 == 0 else raw


def _native(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    return dtype.newbyteorder("=")


def _whole(source: Source, step: int) -> Array:
    """Return the whole array, in memory, its own order kept."""
    flat = np.empty(math.prod(source.shape), source.dtype)
    start = 0
    for block in source.blocks(step):
        flat[start : start + len(block)] = block
        start += len(block)
    return flat.reshape(source.shape, order="F" if source.fortran else "C")


def _pairs(
    actual: Source, baseline: Source, step: int
) -> Iterator[tuple[int, bool, Array, Array]]:
    """Yield start, order and the two blocks of elements that lie at the same places."""
    start = 0
    if actual.fortran == baseline.fortran:
        for new, old in zip(actual.blocks(step), baseline.blocks(step), strict=True):
            yield start, baseline.fortran, new, old
            start += len(old)
        return
    # Two orders need random access: then the Fortran one is held in memory.
    turned = _whole(actual if actual.fortran else baseline, step).flat
    straight = baseline if actual.fortran else actual
    for block in straight.blocks(step):
        other = turned[start : start + len(block)]
        new, old = (other, block) if actual.fortran else (block, other)
        yield start, False, new, old
        start += len(block)


@dataclass(frozen=True, slots=True)
class _Places:
    name: str
    shape: tuple[int, ...]
    fortran: bool

    def at(self, leaf: Leaf, start: int, index: int) -> str:
        """Return the place of a leaf's value: `coef[3, 0]`, `points[7].x[1]`."""
        size = math.prod(leaf.shape)
        element = _bracket(start + index // size, self.shape, fortran=self.fortran)
        inner = _bracket(index % size, leaf.shape, fortran=False)
        field_name = f".{leaf.key}" if leaf.key else ""
        return f"{self.name}{element}{field_name}{inner}".lstrip(".") or "the value"


def _bracket(flat: int, shape: tuple[int, ...], *, fortran: bool) -> str:
    index: list[int] = []
    for length in shape if fortran else reversed(shape):
        flat, position = divmod(flat, length)
        index.append(position)
    if not fortran:
        index.reverse()
    return f"[{', '.join(map(str, index))}]" if shape else ""

"""Compares two arrays, wherever their elements come from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from noxlock.compare.arrays._fields import Field, Leaf, leaves
from noxlock.compare.arrays._lens import Kind, lens_of, native
from noxlock.compare.arrays._order import Names, Run
from noxlock.compare.arrays._pieces import Plan, step_of
from noxlock.compare.arrays._statistics import Statistics
from noxlock.compare.arrays._windows import walk_blocks, walk_mapped, walk_tiles
from noxlock.compare.distributions import judge_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array
    from noxlock.compare.arrays._pieces import Worker
    from noxlock.compare.tolerance import Limit
    from noxlock.errors import CompareError

__all__ = ["Source", "compare_sources"]

_READ: Final = 1 << 20
"""Bytes of a block of what can only be read in sequence."""


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

    Values of different dtypes are compared by value where both are numbers, arrays of
    different shapes in C order; both only where the tolerance says that it may be so,
    or the kind of the dtype is the same. What is found does not depend on the orders
    in memory, nor on the job's threads and block.

    Raises:
        CompareError: One cannot be read to its end.
    """
    if job.look is not None:
        job.look(actual, baseline, job)
        return
    fields = _fields(actual, baseline, job)
    if actual.shape != baseline.shape:
        fits = math.prod(actual.shape) == math.prod(baseline.shape)
        if job.check_shape or not fits:
            job.tally.note(f"shape {baseline.shape} became {actual.shape}")
            return
    if not fields:
        return
    noisy = job.limits.distribution(job.rules)
    if noisy is not None and baseline.dtype.kind in "fiu":
        judge_array(actual, noisy, job)
        return
    itemsize = max(actual.dtype.itemsize, baseline.dtype.itemsize)
    if itemsize == 0:
        job.tally.same(math.prod(baseline.shape))
        return
    alike = actual.dtype == baseline.dtype
    plan = Plan(fields, alike, step_of(job.block, itemsize))
    workers = _walk(actual, baseline, plan, job.threads)
    _report(workers, plan, baseline.shape, job)


def _fields(actual: Source, baseline: Source, job: Job) -> tuple[Field, ...]:
    """Pair the fields of both dtypes; return none where values cannot be compared."""
    new, old = list(leaves(actual.dtype)), list(leaves(baseline.dtype))
    same = [native(leaf.dtype) for leaf in new] == [native(leaf.dtype) for leaf in old]
    alike = [(leaf.path, leaf.shape) for leaf in new] == [
        (leaf.path, leaf.shape) for leaf in old
    ]
    if job.check_dtype and not (same and alike):
        job.tally.note(f"dtype {baseline.dtype} became {actual.dtype}")
    fields: list[Field] = []
    offset = 0
    for mine, other in zip(new, old, strict=False):
        limit = _limit(other, job)
        lens = lens_of(native(mine.dtype), native(other.dtype))
        if lens is None or (job.check_dtype and mine.dtype.kind != other.dtype.kind):
            alike = False
            continue
        fields.append(Field(mine, other, lens, limit, offset))
        offset += other.size
    return tuple(fields) if alike else ()


def _limit(leaf: Leaf, job: Job) -> Limit:
    """Return the limit of a field, from that of the array inwards."""
    for name in leaf.path:
        job = job.beneath(name)
    return job.limit(leaf.dtype.name)


def _walk(actual: Source, baseline: Source, plan: Plan, threads: int) -> list[Worker]:
    shape = baseline.shape
    turned = actual.fortran or baseline.fortran
    if turned and (actual.shape != shape or actual.fortran != baseline.fortran):
        whole = _whole(actual, plan.step).reshape(shape)
        return walk_tiles(whole, _whole(baseline, plan.step), plan)
    run = Run(0, shape if turned else None)
    new, old = actual.mapped(), baseline.mapped()
    if new is not None and old is not None:
        return walk_mapped(new, old, plan, run, threads)
    itemsize = max(actual.dtype.itemsize, baseline.dtype.itemsize)
    step = max(plan.step, _READ // itemsize // plan.step * plan.step)
    return walk_blocks(actual.blocks(step), baseline.blocks(step), plan, run, threads)


def _whole(source: Source, step: int) -> Array:
    """Return the whole array, in memory only where it cannot be mapped."""
    flat = source.mapped()
    if flat is None:
        flat = np.empty(math.prod(source.shape), source.dtype)
        start = 0
        for block in source.blocks(step):
            flat[start : start + len(block)] = block
            start += len(block)
    return flat.reshape(source.shape, order="F" if source.fortran else "C")


def _report(
    workers: list[Worker], plan: Plan, shape: tuple[int, ...], job: Job
) -> None:
    """Add up what the threads found, and add it to the tally."""
    sums = [Statistics() for _ in plan.fields]
    for worker in workers:
        for whole, scan in zip(sums, worker.scans, strict=True):
            whole.merge(scan.statistics)
    first, worst = None, None
    for whole in sums:
        if whole.first and whole.first.before(first):
            first = whole.first
        if whole.worst and whole.worst.worse(worst):
            worst = whole.worst
    names = Names(job.key, shape, tuple(field.old for field in plan.fields))
    for whole, field in zip(sums, plan.fields, strict=True):
        whole.first = first if whole.first is first else None
        whole.worst = worst if whole.worst is worst else None
        sized = field.lens.kind is not Kind.OTHER
        floats = field.lens.rank is not None
        job.tally.add(whole.block(names.of, sized=sized, floats=floats))

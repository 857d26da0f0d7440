"""Walks two arrays together: mapped, by windows and threads; or block by block.

Measured on two cores and 2 x 1 GiB in the page cache: windows of 8 MiB that are given
back one by one reach 90% of the bandwidth of memory, of 2 MiB 70%. To have them read
ahead by MADV_WILLNEED costs a third of the time there, and gains nothing from disk.
Reading into a buffer instead of mapping takes twice as long.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare.arrays._memory import Mapping
from noxlock.compare.arrays._order import Run, Tile
from noxlock.compare.arrays._pieces import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare.arrays._lens import Array
    from noxlock.compare.arrays._pieces import Plan

__all__ = ["walk_blocks", "walk_mapped", "walk_tiles"]

_MAPPED: Final = 1 << 25
"""Bytes of both sides that all threads together may have mapped at a time."""
_LARGEST_WINDOW: Final = 1 << 23
_MOST_THREADS: Final = 8
"""Fewer saturate the memory; each has buffers of a few MiB."""
_SPAN: Final = 1 << 21
"""Bytes that are first compared as such: more at once leave the cache again."""
_STEPS: Final = 64
"""A window has no more steps than this."""
_EDGE: Final = 256


def walk_mapped(
    new: Array, old: Array, plan: Plan, run: Run, threads: int
) -> list[Worker]:
    """Compare two flat arrays by windows, each by whichever thread is free.

    Raises:
        CompareError: A file became shorter meanwhile.
    """
    itemsize = max(new.itemsize, old.itemsize)
    threads = max(1, min(threads, _MOST_THREADS))
    size = min(_LARGEST_WINDOW, _MAPPED // (2 * threads))
    window = plan.step * max(1, min(_STEPS, size // itemsize // plan.step))
    starts = iter(range(0, len(old), window))
    threads = max(1, min(threads, -(-len(old) // window)))
    new, old = new.view(np.ndarray), old.view(np.ndarray)  # a memmap is slow to slice
    maps = (Mapping(new), new.itemsize), (Mapping(old), old.itemsize)
    workers = [Worker(plan) for _ in range(threads)]

    def work(worker: Worker) -> None:
        with np.errstate(all="ignore"):
            # next() of one range is atomic: each window goes to one thread, and each
            # thread's windows rise.
            for start in starts:
                stop = min(start + window, len(old))
                for mapping, _ in maps:
                    mapping.check()
                _window(worker, (new, old), plan, run, (start, stop))
                for mapping, width in maps:
                    mapping.release(start * width, stop * width)

    if threads == 1:
        work(workers[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(work, workers):
                pass
    return workers


def _window(
    worker: Worker,
    arrays: tuple[Array, Array],
    plan: Plan,
    run: Run,
    bounds: tuple[int, int],
) -> None:
    new, old = arrays
    span = plan.step * max(1, min(_STEPS, _SPAN // old.itemsize // plan.step))
    for first in range(*bounds, span):
        last = min(first + span, bounds[1])
        if worker.skip(new[first:last], old[first:last]):
            continue
        for start in range(first, last, plan.step):
            stop = min(start + plan.step, last)
            worker.compare(
                new[start:stop], old[start:stop], Run(run.start + start, run.shape)
            )


def walk_blocks(
    new: Iterator[Array], old: Iterator[Array], plan: Plan, run: Run, threads: int
) -> list[Worker]:
    """Compare blocks as they come; with threads, both sides are read side by side."""
    worker = Worker(plan)
    start = run.start
    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        pool = stack.enter_context(ThreadPoolExecutor(1)) if threads > 1 else None
        while True:
            ahead = pool.submit(next, old, None) if pool else None
            mine = next(new, None)
            other = ahead.result() if ahead else next(old, None)
            if mine is None or other is None:
                return [worker]
            for first in range(0, len(other), plan.step):
                last = first + plan.step
                worker.compare(
                    mine[first:last], other[first:last], Run(start + first, run.shape)
                )
            start += len(other)


def walk_tiles(new: Array, old: Array, plan: Plan) -> list[Worker]:
    """Compare two arrays of one shape and different orders, box by box.

    Boxes are long in both directions, so that each needs few pages of either file.

    Raises:
        CompareError: A file became shorter meanwhile.
    """
    worker = Worker(plan)
    shape = old.shape
    lengths = _tile(shape, plan.step)
    maps = Mapping(new), Mapping(old)
    corners = (
        range(0, whole, length) for whole, length in zip(shape, lengths, strict=True)
    )
    with np.errstate(all="ignore"):
        for starts in product(*corners):
            box = tuple(
                slice(start, start + length)
                for start, length in zip(starts, lengths, strict=True)
            )
            for mapping in maps:
                mapping.check()
            mine, other = np.ascontiguousarray(new[box]), np.ascontiguousarray(old[box])
            order = Tile(starts, other.shape, shape)
            worker.compare(mine.reshape(-1), other.reshape(-1), order)
            for mapping, whole in zip(maps, (new, old), strict=True):
                mapping.release(0, whole.nbytes)
    return [worker]


def _tile(shape: tuple[int, ...], step: int) -> tuple[int, ...]:
    """Return the lengths of a box of up to *step* elements."""
    lengths = [1] * len(shape)
    ends = len(shape) - 1, 0
    for edge, axes in (_EDGE, ends), (step, (*ends, *range(len(shape) - 2, 0, -1))):
        for axis in axes:
            room = step * lengths[axis] // math.prod(lengths)
            lengths[axis] = max(lengths[axis], min(shape[axis], edge, room))
    return tuple(lengths)

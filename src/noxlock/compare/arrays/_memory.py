"""Compares and releases mapped memory.

`memcmp` of the C library reads two mapped files at the speed of the memory itself: it
stores nothing, and ctypes calls it without Python's lock. Pages of a file that has been
mapped count as this process's memory until they are given back.

To read what a file has no more, as it was cut off while it was mapped, ends the
process with SIGBUS. So its length is looked at before each piece of a few MiB: one that
lost its end is refused. Not protected is the piece that is being read: a file that is
emptied, to be written anew in place, ends the process all the same. Reading into a
buffer would not, and takes twice as long. What a check writes lies in a folder of its
own, where nothing else writes.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from noxlock.errors import CompareError

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array

__all__ = ["Mapping", "same_bytes"]


def _memcmp() -> Any:  # noqa: ANN401 - a foreign function
    library = "msvcrt" if os.name == "nt" else None
    try:
        function = ctypes.CDLL(library).memcmp
    except (OSError, AttributeError, TypeError):
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    function.restype = ctypes.c_int
    return function


_COMPARE = _memcmp()


def same_bytes(one: Array, other: Array) -> bool:
    """Whether two arrays of one dtype and length, contiguous, are byte for byte."""
    if _COMPARE is None:
        return bool(np.array_equal(one.view(np.uint8), other.view(np.uint8)))
    return not _COMPARE(one.ctypes.data, other.ctypes.data, one.nbytes)


class Mapping:
    """The file that an array is mapped from, if it is."""

    def __init__(self, values: Array) -> None:
        """Find the map below *values*."""
        base: object = values
        offset = 0
        while isinstance(base, np.ndarray):
            offset = base.offset if isinstance(base, np.memmap) else offset
            base = base.base
        if isinstance(base, memoryview):
            base = base.obj
        self._map = base if isinstance(base, mmap.mmap) else None
        self._start = 0
        self._end = 0
        if self._map is not None:
            first = offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
            self._end = first + len(self._map)
            whole = np.frombuffer(self._map, np.uint8)
            self._start = values.ctypes.data - whole.ctypes.data

    def check(self) -> None:
        """Check that the file still has all that is mapped: one call of fstat.

        Raises:
            CompareError: It is not.
        """
        if self._map is not None and self._map.size() < self._end:
            raise CompareError("a file became shorter while it was read")

    def release(self, start: int, stop: int) -> None:
        """Give back the memory of these bytes of the array; the file keeps them."""
        advice = getattr(mmap, "MADV_DONTNEED", None)
        if self._map is None or advice is None or start >= stop:
            return
        first = (self._start + start) // mmap.PAGESIZE * mmap.PAGESIZE
        self._map.madvise(advice, first, self._start + stop - first)

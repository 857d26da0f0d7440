"""Reads the .npy format in blocks, without NumPy's own loader and without pickles."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from numpy.lib import format as npy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from noxlock.compare.arrays._lens import Array
    from noxlock.errors import CompareError

__all__ = ["ArrayFile", "open_array"]

_LENGTH_BYTES: Final = {1: 2, 2: 4, 3: 4}
_LONGEST_HEADER: Final = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrayFile:
    """An open .npy, its header read and its length checked."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    """Whether it lies in Fortran order; false where both orders are the same."""
    stream: BinaryIO
    error: Callable[[str], CompareError]
    place: tuple[BinaryIO, int] | None = None
    """The file, and the offset of the elements in it; None: it cannot be mapped."""

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    def blocks(self, step: int) -> Iterator[Array]:
        """Yield its elements in the file's order; a block is valid until the next."""
        if self.dtype.itemsize == 0:
            return
        buffer = memoryview(bytearray(min(step, self.count) * self.dtype.itemsize))
        for start in range(0, self.count, step):
            size = min(step, self.count - start) * self.dtype.itemsize
            self._fill(buffer[:size])
            yield np.frombuffer(buffer[:size], self.dtype)
        if self.stream.read(1):
            raise self.error("has bytes after the array")

    def _fill(self, buffer: memoryview) -> None:
        got = 0
        while got < len(buffer):
            read = self.stream.readinto(buffer[got:])  # type: ignore[attr-defined] # both file kinds have it
            if not read:
                raise self.error("is truncated")
            got += read

    def mapped(self) -> Array | None:
        """Return all elements, flat, where the file can be mapped.

        Raises:
            CompareError: It is not as long as it was.
        """
        if self.place is None or not self.count * self.dtype.itemsize:
            return None
        file, offset = self.place
        try:
            return np.memmap(file, self.dtype, "r", offset=offset, shape=(self.count,))
        except OSError:  # a file system that maps nothing
            return None
        except ValueError as cause:
            raise self.error("is truncated") from cause


def open_array(
    stream: BinaryIO,
    size: int,
    error: Callable[[str], CompareError],
    place: tuple[BinaryIO, int] | None = None,
) -> ArrayFile:
    """Read the header of the .npy of *size* bytes that *stream* is at the start of.

    Args:
        stream: A file, or a member of an archive.
        size: Of the whole .npy.
        error: Gives the error that it is not as it should be.
        place: The file that *stream* reads, and where in it the .npy starts; None: it
            is compressed.

    Raises:
        CompareError: It is no .npy, holds Python objects, or is not as long as its
            header claims.
    """
    magic = stream.read(npy.MAGIC_LEN)
    if len(magic) < npy.MAGIC_LEN or magic[:-2] != npy.MAGIC_PREFIX:
        raise error("is no .npy file")
    major = magic[-2]
    if major not in _LENGTH_BYTES:
        raise error(f"has version {major} of the .npy format, which is not known")
    length_bytes = stream.read(_LENGTH_BYTES[major])
    length = int.from_bytes(length_bytes, "little")
    if length > _LONGEST_HEADER:
        raise error(f"has a header of {length} bytes")
    header = stream.read(length)
    if len(length_bytes) < _LENGTH_BYTES[major] or len(header) < length:
        raise error("is truncated in its header")
    dtype, shape, fortran = _header(header, major, error)
    if dtype.shape:
        raise error("has a header that cannot be read")
    if dtype.hasobject:
        raise error("holds Python objects: a pickle, which is never loaded")
    claimed = math.prod(shape) * dtype.itemsize
    there = size - npy.MAGIC_LEN - len(length_bytes) - length
    if claimed != there:
        raise error(f"holds {there} bytes where its header claims {claimed}")
    return ArrayFile(
        dtype=dtype,
        shape=shape,
        fortran=fortran and sum(length > 1 for length in shape) > 1,
        stream=stream,
        error=error,
        place=place and (place[0], place[1] + size - there),
    )


def _header(
    header: bytes, major: int, error: Callable[[str], CompareError]
) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Return dtype, shape and order: "a string expression of a Python dictionary"."""
    try:
        text = header.decode("utf-8" if major > 2 else "latin-1")  # noqa: PLR2004 - version 3.0 "replaced latin1 by utf8"
        fields: object = ast.literal_eval(text.strip())
        if not isinstance(fields, dict) or fields.keys() != {
            "descr",
            "fortran_order",
            "shape",
        }:
            raise error("has a header without descr, fortran_order and shape")
        shape, fortran = fields["shape"], fields["fortran_order"]
        if not isinstance(fortran, bool) or not isinstance(shape, tuple):
            raise error("has a header with values of the wrong kind")
        if any(type(length) is not int or length < 0 for length in shape):
            raise error(f"has a header with the shape {shape}")
        return npy.descr_to_dtype(fields["descr"]), shape, fortran
    except (
        ValueError,
        TypeError,
        SyntaxError,
        KeyError,
        IndexError,
        MemoryError,
        RecursionError,
    ) as cause:
        raise error("has a header that cannot be read") from cause

"""Reads compressed files as streams: never more of one in memory than is asked for."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.errors import CompareError

    _Error = Callable[[str], CompareError]

__all__ = ["packing_of", "unpacked"]

_SUFFIXES: Final = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
_PIECE: Final = 128
"""Compressed bytes that zstandard is given at once: they may become 4 MiB."""


def packing_of(name: str) -> tuple[str, str]:
    """Return what the file *name* is compressed with, and its name without that.

    ("", *name*) where its suffix says that it is not.
    """
    for suffix, packing in _SUFFIXES.items():
        if name.lower().endswith(suffix):
            return packing, name[: -len(suffix)]
    return "", name


def unpacked(stream: BinaryIO, packing: str, error: _Error) -> io.BufferedReader:
    """Return what *stream* holds, decompressed as it is read; it can go back to 0.

    Reading it raises a CompareError where it is damaged or cut off.

    Raises:
        CompareError: This Python cannot read zstd.
    """
    damage: tuple[type[Exception], ...] = (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
    )
    inner: Any
    match packing:
        case "gzip":
            inner = gzip.GzipFile(fileobj=stream)
        case "bzip2":
            inner = bz2.BZ2File(stream)
        case "xz":
            inner = lzma.LZMAFile(stream)  # noqa: SIM115 - closed with what is returned
        case _:
            inner, failure = _zstd(stream, error)
            damage = (*damage, failure)
    return io.BufferedReader(_Unpacked(inner, packing, error, damage))


class _Unpacked(io.RawIOBase):
    def __init__(
        self,
        inner: Any,  # noqa: ANN401 - files of five modules, with no type in common
        packing: str,
        error: _Error,
        damage: tuple[type[Exception], ...],
    ) -> None:
        self._inner = inner
        self._packing = packing
        self._error = error
        self._damage = damage

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any buffer
        try:
            return cast("int", self._inner.readinto(buffer))
        except self._damage as error:
            raise self._error(self._why(error)) from error

    def _why(self, error: Exception) -> str:
        if isinstance(error, OSError) and error.errno is not None:
            return f"cannot be read: {error.strerror or error}"
        if isinstance(error, EOFError):
            return f"is truncated: its {self._packing} stream ends too soon"
        return f"is damaged, or no {self._packing} file: {error}"

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return cast("int", self._inner.seek(offset, whence))

    def tell(self) -> int:
        return cast("int", self._inner.tell())

    def close(self) -> None:
        self._inner.close()
        super().close()


def _zstd(stream: BinaryIO, error: _Error) -> tuple[Any, type[Exception]]:
    """Return a file of what *stream* holds, and what it raises for damage."""
    try:
        library: Any = import_module("compression.zstd")
    except ImportError:
        try:
            library = import_module("zstandard")
        except ImportError:
            raise error(
                "is compressed with zstd, which needs Python 3.14 or zstandard:"
                " pip install zstandard"
            ) from None
        return _Frames(stream, library.ZstdDecompressor), library.ZstdError
    return library.ZstdFile(stream), library.ZstdError


class _Frames(io.RawIOBase):
    """What zstandard unpacks; its own reader does not tell where a frame is cut off."""

    def __init__(self, stream: BinaryIO, make: Callable[[], Any]) -> None:
        self._stream = stream
        self._make = make
        self._restart()

    def _restart(self) -> None:
        self._frame: Any = None
        self._waiting = memoryview(b"")
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any buffer
        while not self._waiting:
            piece = self._stream.read(_PIECE)
            if not piece:
                if self._frame is not None:
                    raise EOFError
                return 0
            self._waiting = memoryview(self._feed(piece))
        size = min(len(buffer), len(self._waiting))
        buffer[:size] = self._waiting[:size]
        self._waiting = self._waiting[size:]
        self._place += size
        return size

    def _feed(self, piece: bytes) -> bytes:
        found = []
        while piece:
            frame = self._frame or self._make().decompressobj()
            found.append(frame.decompress(piece))
            self._frame = None if frame.eof else frame
            piece = frame.unused_data if frame.eof else b""
        return b"".join(found)

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if offset or whence:
            raise io.UnsupportedOperation
        self._stream.seek(0)
        self._restart()
        return 0

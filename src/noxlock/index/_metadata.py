"""METADATA of a wheel without the wheel: beside it (PEP 658), or a range out of it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Final

from noxlock.index._http import AccessError
from noxlock.index.addresses import local_path

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from httpx2 import Response

    from noxlock.index import ListedFile
    from noxlock.index._http import Connection

__all__ = ["metadata_of"]

_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_LARGEST: Final = 4 << 20
"""Bytes of METADATA, and of all that is read of a wheel to have them."""
_TAIL: Final = 64 << 10
_WHOLE, _PARTIAL = 200, 206
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
"""What zipfile says of archives that are none; an unknown compression too."""
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def metadata_of(
    connection: Connection, file: ListedFile
) -> tuple[ListedFile, bytes | None]:
    """Return *file* and its METADATA; None where they cannot be had cheaply."""
    if not file.filename.endswith(".whl"):
        return file, None
    return file, _beside(connection, file) or _inside(connection, file)


def _beside(connection: Connection, file: ListedFile) -> bytes | None:
    if file.metadata is None or local_path(file.url) is not None:
        return None
    try:
        # PEP 658: "by appending .metadata" to the file's URL
        data = connection.get(f"{file.url}.metadata", {}).content
    except AccessError:
        return None
    known = file.metadata in {"", hashlib.sha256(data).hexdigest()}
    return data if known else None


def _inside(connection: Connection, file: ListedFile) -> bytes | None:
    path = local_path(file.url)
    try:
        if path is not None:
            return _read(zipfile.ZipFile(path))
        pieces = _Pieces(connection, file.url, file.size)
        return _read(zipfile.ZipFile(io.BufferedReader(pieces, _TAIL)))
    except (AccessError, OSError, *_BROKEN):
        return None


def _read(archive: zipfile.ZipFile) -> bytes | None:
    with closing(archive):
        found = [
            each for each in archive.infolist() if _METADATA.fullmatch(each.filename)
        ]
        if len(found) != 1 or found[0].file_size > _LARGEST:
            return None
        return archive.read(found[0])


class _Pieces(io.RawIOBase):
    """A file on a server, of which only what is read is fetched.

    Raises `AccessError` where the server does not give ranges, or too much is read.
    """

    def __init__(self, connection: Connection, url: str, size: int | None) -> None:
        super().__init__()
        self._connection = connection
        self._url = url
        self._at = 0
        self._spent = 0
        self._size = 0
        self._start = 0
        # Not every server knows a range that counts from the end.
        wanted = f"-{_TAIL}" if size is None else f"{max(0, size - _TAIL)}-"
        self._tail = self._fetch(wanted)
        self._start = self._size - len(self._tail)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = base[whence] + offset
        if self._at < 0:
            raise OSError("a place before the file")
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what fits into *buffer*."""
        view = memoryview(buffer)
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        if self._at >= self._start:
            data = self._tail[self._at - self._start : end - self._start]
        else:
            data = self._fetch(f"{self._at}-{end - 1}")
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _fetch(self, wanted: str) -> bytes:
        headers = {"Range": f"bytes={wanted}", "Accept-Encoding": "identity"}

        def attempt() -> bytes:
            with self._connection.stream(self._url, headers) as response:
                return self._take(response, wanted)

        return self._connection.patiently(attempt)

    def _take(self, response: Response, wanted: str) -> bytes:
        """Return the body; of an answer that is not what was asked for, nothing is."""
        length = response.headers.get("Content-Length", "")
        given = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise AccessError("it sends ranges of something else")
        if not length.isdecimal() or self._spent + int(length) > _LARGEST:
            raise AccessError("more would have to be read than is worth it")
        self._spent += int(length)
        if response.status_code == _WHOLE and not self._size:
            data = response.read()
            self._size = len(data)
            return data
        if response.status_code != _PARTIAL or given is None:
            raise AccessError("it gives no ranges")
        first, last, size = map(int, given.groups())
        fits = wanted.startswith(("-", f"{first}-")) and self._size in {0, size}
        if not fits or (not self._size and last + 1 != size):
            raise AccessError("it gives another range than was asked for")
        data = response.read()
        if len(data) != last + 1 - first:
            raise AccessError("it gives another range than was asked for")
        self._size = size
        return data

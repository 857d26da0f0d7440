"""The two sides of a comparison, and what makes one unreadable."""

from __future__ import annotations

from codecs import (
    BOM_UTF16_BE,
    BOM_UTF16_LE,
    BOM_UTF32_BE,
    getincrementaldecoder,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, BinaryIO, Final

from noxlock.compare._packed import packing_of, unpacked
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "Side",
    "chunks",
    "head_of",
    "is_empty",
    "is_text",
    "reason_of",
    "same_bytes",
]

_CHUNK: Final = 1 << 20
_HEAD: Final = 1 << 16
_MOST: Final = 1 << 30
"""Bytes of a compressed file that are read at once: trees of text are."""
_POINTER: Final = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER: Final = 1024
"""Bytes: "a pointer file must be less than 1024 bytes" (Git LFS's specification)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files or folders, under the name that messages call it."""

    who: str
    path: Path

    def error(self, what: str) -> CompareError:
        """Return the error that this file *what*; paths stay out of it."""
        return CompareError(f"the {self.who} {what}")

    @property
    def packing(self) -> str:
        """What the file is compressed with, by its suffix; "" where it is not."""
        packing = packing_of(self.path.name)[0]
        return "" if packing and self.path.is_dir() else packing

    def size(self) -> int:
        """Return its length in bytes; a compressed file is read for it."""
        if not self.packing:
            return self.path.stat().st_size
        with self.open() as stream:
            return sum(map(len, chunks(stream)))

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file, which must be there, regular and not empty.

        What is compressed is decompressed as it is read.

        Raises:
            CompareError: It is not, or reading it fails; it is a pointer of Git LFS.
        """
        try:
            if not self.path.exists():
                raise self.error("is missing")
            if self.path.is_dir():
                raise self.error("is a folder, no file")
            if not self.path.is_file():
                raise self.error("is no regular file")
            if self.path.stat().st_size == 0:
                raise self.error("is empty")
            with self.path.open("rb") as stream:
                self._check_content(stream)
                if not self.packing:
                    yield stream
                    return
                with unpacked(stream, self.packing, self.error) as plain:
                    if not plain.peek(1):
                        raise self.error("is empty")
                    yield plain
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from error

    def _check_content(self, stream: BinaryIO) -> None:
        if self.path.stat().st_size >= _LONGEST_POINTER:
            return
        pointer = stream.read(len(_POINTER)) == _POINTER
        stream.seek(0)
        if pointer:
            raise CompareError(
                f"the {self.who} is a pointer of Git LFS, not the file itself",
                hint="`git lfs pull` brings the files of the checkout, `git lfs fetch"
                " REMOTE REVISION` those of another revision",
            )

    def read(self) -> bytes:
        """Return its bytes.

        Raises:
            CompareError: It cannot be read, or becomes too long where it is compressed.
        """
        with self.open() as stream:
            if not self.packing:
                return stream.read()
            data = stream.read(_MOST + 1)
        if len(data) > _MOST:
            raise self.error(f"has more than {_MOST >> 20} MiB when it is decompressed")
        return data

    def text(self) -> str:
        """Return its text, which must be UTF-8."""
        data = self.read()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.error(f"is no UTF-8 text: byte {error.start}") from error


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of *stream*, 1 MiB at a time; the last one may be shorter."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def same_bytes(one: Side, other: Side) -> bool:
    """Return whether two files hold the same bytes.

    Raises:
        CompareError: One cannot be read, or is empty.
    """
    with one.open() as old, other.open() as new:
        if not (one.packing or other.packing) and one.size() != other.size():
            return False
        return all(a == b for a, b in zip_longest(chunks(old), chunks(new)))


def is_empty(path: Path) -> bool:
    """Return whether *path* is a regular file of no bytes."""
    return path.is_file() and path.stat().st_size == 0


def reason_of(error: CompareError) -> str:
    """Return what a report says of *error*: what, and what to do about it."""
    hint = error.hint or ""
    return error.what if hint in error.what else f"{error.what} ({hint})"


def head_of(path: Path) -> bytes:
    """Return the start of a file, decompressed.

    Raises:
        CompareError: It is compressed, and cannot be read.
        OSError: It is not compressed, and cannot be read.
    """
    side = Side("file", path)
    if path.exists() and not path.is_file():  # to open a pipe may wait for ever
        raise side.error("is no regular file")
    with side.open() if side.packing else path.open("rb") as stream:
        return stream.read(_HEAD)


def is_text(head: bytes) -> bool:
    """Whether text may start with *head*, which may end inside a character.

    It is UTF-8, or starts with the mark of UTF-16 or UTF-32.
    """
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE, BOM_UTF32_BE)):
        return True
    if b"\0" in head:
        return False
    decoder = getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head, final=len(head) < _HEAD)
    except UnicodeDecodeError:
        return False
    return True

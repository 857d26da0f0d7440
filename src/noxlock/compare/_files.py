"""The two sides of a comparison, and what makes one unreadable."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Side", "chunks", "reason_of", "same_bytes"]

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files or folders, under the name that messages call it."""

    who: str
    path: Path

    def error(self, what: str) -> CompareError:
        """Return the error that this file *what*; paths stay out of it."""
        return CompareError(f"the {self.who} {what}")

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file, which must be there, regular and not empty.

        Raises:
            CompareError: It is not, or reading it fails.
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
                yield stream
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}") from error

    def read(self) -> bytes:
        """Return its bytes."""
        with self.open() as stream:
            return stream.read()

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
        if one.path.stat().st_size != other.path.stat().st_size:
            return False
        return all(a == b for a, b in zip(chunks(old), chunks(new), strict=False))


def reason_of(error: CompareError) -> str:
    """Return what a report says of *error*: what, and what to do about it."""
    hint = error.hint or ""
    return error.what if hint in error.what else f"{error.what} ({hint})"

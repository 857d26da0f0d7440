"""Reads text as it comes: its encoding, its line ends, its lines."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from noxlock.compare._files import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from noxlock.compare._files import Side

__all__ = ["Encoding", "Text", "encoding_of", "lines", "look_through"]

_LONGEST: Final = 1 << 20
"""Characters of a line; a longer one comes in pieces."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text is encoded."""

    label: str
    codec: str


_UTF_8: Final = Encoding("UTF-8", "utf-8")
_MARKS: Final = (
    (codecs.BOM_UTF8, Encoding("UTF-8 with a byte order mark", "utf-8-sig")),
    # Before UTF-16, whose mark its own begins with.
    (codecs.BOM_UTF32_LE, Encoding("UTF-32", "utf-32")),
    (codecs.BOM_UTF32_BE, Encoding("UTF-32 big-endian", "utf-32")),
    (codecs.BOM_UTF16_LE, Encoding("UTF-16", "utf-16")),
    (codecs.BOM_UTF16_BE, Encoding("UTF-16 big-endian", "utf-16")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """What is known of a text once it has been looked through."""

    encoding: Encoding
    feeds: int
    """Line feeds in it."""
    windows: int
    """Those after a carriage return."""
    ended: bool
    """Whether its last line has an end."""

    @property
    def count(self) -> int:
        """How many lines it has."""
        return self.feeds + (not self.ended)

    @property
    def ends(self) -> str:
        """The line ends that it uses."""
        if not self.windows:
            return "LF"
        return "CRLF" if self.windows == self.feeds else "LF and CRLF mixed"


def encoding_of(stream: BinaryIO) -> Encoding:
    """Return the encoding that the mark at the start of *stream* says; else UTF-8."""
    head = stream.read(4)
    stream.seek(0)
    return next((known for mark, known in _MARKS if head.startswith(mark)), _UTF_8)


def look_through(side: Side) -> Text | str:
    """Read a text to its end; return why it is none: no such encoding, or a NUL.

    Raises:
        CompareError: It cannot be read, or is empty.
    """
    with side.open() as stream:
        encoding = encoding_of(stream)
        decoder = codecs.getincrementaldecoder(encoding.codec)()
        found = _Found()
        place = 0
        for chunk in chain(chunks(stream), (b"",)):
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                start = place - waiting + error.start
                byte = error.object[error.start]
                return f"byte {start} is 0x{byte:02x}, which is no {encoding.label}"
            place += len(chunk)
            if "\0" in text:
                return "it has a NUL"
            found.add(text)
    return Text(
        encoding=encoding,
        feeds=found.feeds,
        windows=found.windows,
        ended=found.last == "\n",
    )


@dataclass(slots=True)
class _Found:
    feeds: int = 0
    windows: int = 0
    last: str = ""

    def add(self, text: str) -> None:
        if not text:
            return
        self.feeds += text.count("\n")
        self.windows += text.count("\r\n")
        self.windows += self.last == "\r" and text[0] == "\n"
        self.last = text[-1]


def lines(stream: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Yield the lines of a text that was looked through, without their line feeds.

    A line of more than 1 MiB comes in pieces of that size.
    """
    with io.TextIOWrapper(stream, encoding.codec, newline="\n") as text:
        while line := text.readline(_LONGEST):
            yield line.removesuffix("\n")

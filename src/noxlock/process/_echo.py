"""Show what a command prints, line by line, as it comes."""

from __future__ import annotations

import codecs
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Echo"]

PATIENCE: Final = 0.1
"""Seconds after which the beginning of a line is shown: a progress bar, a question."""


class Echo:
    r"""Whole lines of the bytes given, written to a stream of text.

    What is no UTF-8 is shown as `\xff`. A stream that cannot be written to any more is
    left alone: the command is not disturbed by it.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._begun = ""
        self._since = 0.0

    @property
    def wait(self) -> float | None:
        """Seconds until `tick` is due; None: nothing waits."""
        if not self._begun:
            return None
        return max(0.0, self._since + PATIENCE - time.monotonic())

    def feed(self, data: bytes) -> None:
        """Show the whole lines of what came."""
        text = self._begun + self._decoder.decode(data)
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        if end or not self._begun:
            self._since = time.monotonic()
        self._begun = text[end:]
        self._write(text[:end])

    def tick(self) -> None:
        """Show the beginning of a line that waited long enough."""
        if self.wait == 0.0:
            begun, self._begun = self._begun, ""
            self._write(begun)

    def close(self) -> None:
        """Show what is left."""
        self._write(self._begun + self._decoder.decode(b"", final=True))
        self._begun = ""

    def _write(self, text: str) -> None:
        if self._stream is None or not text:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a pipe that was closed, a closed file
            self._stream = None

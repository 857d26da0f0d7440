"""One line that says where something long stands: redrawn on a terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self, TextIO

from noxlock.report.console import is_live

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OneLine"]

_CLEAR = "\r\x1b[2K"
_WIDTH = 80
"""Columns of a terminal that does not say how many it has."""


class OneLine:
    """Shows the last line on a terminal; elsewhere every one that says more.

    Args:
        stream: Where.
        environ: NO_COLOR and TERM, which say whether a terminal can redraw.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self._live = is_live(stream, environ)
        self._last = ""

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no half of a line."""
        if self._live and self._last:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def show(self, line: str) -> None:
        """Show *line*."""
        if line == self._last:
            return
        self._last = line
        if self._live:
            self._stream.write(f"{_CLEAR}{line[: self._width - 1]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    @property
    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return _WIDTH

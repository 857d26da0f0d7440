"""Where text for people goes: one place decides on colour, width and bars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

__all__ = ["is_live", "make_console"]

_UNWRAPPED = 4096
"""Columns: a log is not a window, and a wrapped table in it cannot be read."""


def is_live(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether *stream* can show moving bars: a terminal, and not in CI."""
    quiet = environ.get("CI", "").lower() not in {"", "0", "false"}
    return stream.isatty() and not quiet and environ.get("TERM") != "dumb"


def make_console(stream: TextIO, environ: Mapping[str, str] | None = None) -> Console:
    """Return a console on *stream* that honours NO_COLOR, FORCE_COLOR and CI."""
    from rich.console import Console  # noqa: PLC0415 - slow to import

    environ = os.environ if environ is None else environ
    live = is_live(stream, environ)
    return Console(
        file=stream,
        width=None if live or environ.get("COLUMNS", "").isdigit() else _UNWRAPPED,
        highlight=False,
        emoji=False,
        soft_wrap=not live,
        _environ=environ,
    )

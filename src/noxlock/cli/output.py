"""What the commands print: data on stdout, text for people on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.errors import NoxlockError

__all__ = ["hint", "print_json", "print_table", "report_error", "say", "warn"]


def say(message: str) -> None:
    """Say *message* to people."""
    sys.stderr.write(f"{message}\n")


def warn(message: str) -> None:
    """Say what the user should not miss."""
    say(f"{_coloured('warning', typer.colors.YELLOW)}: {message}")


def hint(message: str) -> None:
    """Say what the user can do."""
    say(f"{_coloured('hint', typer.colors.CYAN)}: {message}")


def report_error(error: NoxlockError) -> None:
    """Say where and what is wrong, and what to do about it."""
    say(f"{_coloured('error', typer.colors.RED)}: {error}")
    if error.hint:
        hint(error.hint)


def print_json(value: object) -> None:
    """Print *value* on stdout."""
    sys.stdout.write(f"{json.dumps(value, indent=2)}\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print *rows* on stdout, aligned under *columns*; wrapped on a terminal only."""
    if not sys.stdout.isatty():
        _print_plain([columns, *rows])
        return
    from rich.table import Table  # noqa: PLC0415 - slow to import

    from noxlock.report.console import make_console  # noqa: PLC0415

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = make_console(sys.stdout)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")


def _print_plain(rows: Sequence[Sequence[str]]) -> None:
    """Print what nobody's window limits; rich takes longer for that than a plan."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{'  '.join(cells).rstrip()}\n")


def _coloured(word: str, colour: str) -> str:
    return typer.style(word, fg=colour, bold=True) if _wants_colour() else word


def _wants_colour() -> bool:
    from noxlock.report.console import make_console  # noqa: PLC0415

    console = make_console(sys.stderr)
    return console.color_system is not None and not console.no_color

"""The tables of the terminal form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.table import Table
from rich.text import Text

from noxlock.model import Verdict
from noxlock.report.counts import counted
from noxlock.report.words import (
    largest_ulps,
    plain,
    short,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, RenderableType

    from noxlock.model import Difference, OutputReport, Part

__all__ = ["SIDES", "STYLES", "diff_lines", "outputs_table", "parts_table", "show"]

STYLES: Final = {
    Verdict.IDENTICAL: "green",
    Verdict.WITHIN_TOLERANCE: "green",
    Verdict.DRIFTED: "bold red",
    Verdict.NOT_COMPARABLE: "bold yellow",
}
_COLUMNS: Final = (
    ("verdict", "left"),
    ("differ", "right"),
    ("out of tolerance", "right"),
    ("largest", "right"),
    ("relative", "right"),
    ("ULP", "right"),
    ("worst place", "left"),
)
_NARROW: Final = {"verdict", "largest", "relative", "worst place"}
SIDES: Final = ("baseline", "now")
"""What the two sides are called, unless it is said otherwise."""


def outputs_table(
    outputs: Sequence[OutputReport],
    *,
    narrow: bool,
    sides: tuple[str, str] = SIDES,
) -> Table:
    """Return the table of outputs, a row each; *narrow*: fewer columns."""
    rows = ((each.output, each.verdict, each.difference) for each in outputs)
    return _table("output", rows, sides, narrow=narrow)


def parts_table(
    parts: Iterable[Part], *, narrow: bool, sides: tuple[str, str] = SIDES
) -> Table:
    """Return the table of the parts of one output, a row each."""
    rows = ((each.key, each.verdict, each.difference) for each in parts)
    return _table("part", rows, sides, narrow=narrow)


def _table(
    first: str,
    rows: Iterable[tuple[str, Verdict, Difference | None]],
    sides: tuple[str, str],
    *,
    narrow: bool,
) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column(first, overflow="fold")
    shown = [title for title, _ in _COLUMNS if not narrow or title in _NARROW]
    last = shown[-1] if narrow else f"{shown[-1]}: {' -> '.join(sides)}"
    for title, justify in _COLUMNS:
        if title in shown:
            table.add_column(
                last if title == shown[-1] else title,
                justify="right" if justify == "right" else "left",
                overflow="fold",
            )
    for name, verdict, found in rows:
        cells = _cells(name, verdict, found, narrow=narrow)
        table.add_row(Text(plain(name)), *(cells[title] for title in shown))
    return table


def _cells(
    name: str, verdict: Verdict, found: Difference | None, *, narrow: bool
) -> dict[str, Text]:
    cells = {title: Text("") for title, _ in _COLUMNS}
    if verdict is Verdict.IDENTICAL:
        cells["differ"] = Text("0")
    if found is not None:
        at = found.worst
        cells |= {
            "differ": Text(f"{found.differing:,}"),
            "out of tolerance": Text(f"{found.violations:,}"),
            "largest": Text(short(found.absolute)),
            "relative": Text(short(found.relative)),
            "ULP": Text(largest_ulps(found)),
        }
        values = f"{shortened(at.baseline, 28)} -> {shortened(at.actual, 28)}"
        place = at.where.removeprefix(name) if at.where != name else at.where
        where = place if narrow else f"{place}: {values}"
        cells[_COLUMNS[-1][0]] = Text(plain(where))
    return {**cells, "verdict": Text(verdict, style=STYLES[verdict])}


def diff_lines(diff: Sequence[str], limit: int | None) -> Iterator[Text]:
    """Yield the first *limit* lines of a diff, coloured by their first character."""
    shown = diff if limit is None else diff[:limit]
    for line in shown:
        style = {"-": "red", "+": "green"}.get(line[:1], "dim")
        yield Text(f"  {plain(line)}", style, no_wrap=True, overflow="ellipsis")
    if rest := len(diff) - len(shown):
        yield Text(f"  and {counted(rest, 'line')} more: -v shows them", "dim")


def show(console: Console, it: RenderableType) -> None:
    """Print *it*; a table without the spaces that fill its last column."""
    if not isinstance(it, Table):
        console.print(it)
        return
    with console.capture() as captured:
        console.print(it)
    for line in captured.get().splitlines():
        console.file.write(f"{line.rstrip()}\n")

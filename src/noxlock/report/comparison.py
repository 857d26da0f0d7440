"""What a comparison of two files or folders found, as text for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TextIO

from rich.text import Text

from noxlock.model import Verdict, worst
from noxlock.report._tables import STYLES
from noxlock.report.console import make_console
from noxlock.report.counts import counted
from noxlock.report.terminal import write_outputs
from noxlock.report.words import (
    bins,
    output_line,
    place,
    plain,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from noxlock.model import Difference, OutputReport

__all__ = ["comparison_line", "write_comparison"]

_BAR: Final = 8
_BINS: Final = 6


def write_comparison(
    outputs: Sequence[OutputReport],
    stream: TextIO,
    environ: Mapping[str, str],
    *,
    verbose: bool = False,
    hint: str = "",
) -> None:
    """Write the headline, then a table of all that is not identical, and what differs.

    With *verbose* identical outputs, every part, every line of a diff and the whole
    histograms are written too. *hint* comes last.
    """
    console = make_console(stream, environ)
    verdict = worst([each.verdict for each in outputs])
    console.print(Text(comparison_line(outputs), STYLES[verdict]))
    shown = [
        each for each in outputs if verbose or each.verdict is not Verdict.IDENTICAL
    ]
    if not shown:
        return
    write_outputs(shown, stream, environ, verbose=verbose, sides=("expected", "actual"))
    if not verbose:
        _write_places(shown, console)
    if hint:
        console.print(Text(hint))


def _write_places(outputs: Sequence[OutputReport], console: Console) -> None:
    """Write the first places and the histograms of *outputs*, a line each."""
    more = False
    for output in outputs:
        if output.difference is not None:
            if output.difference.first.where != output.difference.worst.where:
                console.print(_first(output, output.difference))
            if any(output.difference.histogram[1:]):
                console.print(_histogram(output.output, output.difference))
        more = more or len(output.parts) > 1
    if more:
        console.print(Text("-v shows every part", "dim"))


def comparison_line(outputs: Sequence[OutputReport]) -> str:
    """Return the one line that says it all: verdict, how many, the worst place."""
    order = list(Verdict)
    bad = max(
        outputs,
        key=lambda each: (order.index(each.verdict), each.difference is not None),
    )
    values = counted(sum(each.compared for each in outputs), "value")
    if bad.verdict is Verdict.IDENTICAL:
        what = bad.output if len(outputs) == 1 else counted(len(outputs), "file")
        return plain(f"{bad.verdict}: {what}, {values}")
    said = output_line(bad, against="expected")
    if len(outputs) > 1:
        alike = sum(each.verdict is bad.verdict for each in outputs)
        said = f"{alike:,} of {counted(len(outputs), 'file')}: {said}"
    return plain(f"{bad.verdict}: {said}")


def _first(output: OutputReport, found: Difference) -> Text:
    first = found.first
    text = f"first: {place(output.output, first.where)}:"
    text += f" {shortened(first.baseline)} -> {shortened(first.actual)}"
    return Text(plain(text))


def _histogram(name: str, found: Difference) -> Text:
    rows = [row for row in bins(found.histogram) if row[1]]
    rest = len(rows) - _BINS
    if rest > 0:
        middle = sum(count for _, count in rows[_BINS - 1 : -1])
        rows = [*rows[: _BINS - 1], ("...", middle), rows[-1]]
    largest = math.log(max(count for _, count in rows) + 1)
    shown = " ".join(_bars(rows, largest))
    return Text(plain(f"ULP of {name}: {shown}"))


def _bars(rows: Sequence[tuple[str, int]], largest: float) -> Iterator[str]:
    for range_, count in rows:
        bar = "#" * max(1, round(_BAR * math.log(count + 1) / largest))
        yield f" {range_} {bar} {count:,}"

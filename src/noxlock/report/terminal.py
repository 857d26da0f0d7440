"""The report of a check as text for people: summary, table, what else differs."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Final, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from noxlock.model import Verdict
from noxlock.report.changes import changes
from noxlock.report.console import make_console
from noxlock.report.live import make_progress
from noxlock.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CheckReport, Difference, OutputReport
    from noxlock.report.progress import Progress

__all__ = ["NAME", "progress", "summary", "write"]

NAME = "terminal"

_STYLES: Final = {
    Verdict.IDENTICAL: "green",
    Verdict.WITHIN_TOLERANCE: "green",
    Verdict.DRIFTED: "bold red",
    Verdict.NOT_COMPARABLE: "bold yellow",
}
_HINTS: Final = 12


def progress(environ: Mapping[str, str]) -> Progress:
    """Return the progress of long steps on standard error."""
    return make_progress(environ=environ)


def write(
    report: CheckReport, stream: TextIO, environ: Mapping[str, str] | None = None
) -> None:
    """Write the summary line, the table of outputs, and what may have moved them."""
    console = make_console(stream, environ)
    console.print(Text(summary(report), style=_STYLES[report.verdict]))
    if report.outputs:
        console.print(_table(report))
    for output in report.outputs:
        for line in _details(output):
            console.print(Text(f"  {line}"))
    if not report.verdict.passed and report.baseline is not None:
        for line in _hints(changes(report.baseline, report.actual)):
            console.print(Text(f"  {line}"))


def summary(report: CheckReport) -> str:
    """Return the one line that says it all: check, verdict, worst output, size."""
    head = f"{report.check}: {report.verdict}"
    if report.reason:
        return f"{head}: {report.reason}"
    worst = max(
        report.outputs, key=lambda each: list(Verdict).index(each.verdict), default=None
    )
    if worst is None or worst.verdict is Verdict.IDENTICAL:
        count = len(report.outputs)
        return f"{head}: {counted(count, 'output')}"
    unjudged = worst.reason and worst.verdict is Verdict.NOT_COMPARABLE
    if worst.difference is None or unjudged:
        return f"{head}: {worst.output}: {worst.reason}"
    return f"{head}: {_said(worst.output, worst.difference)}"


def _said(output: str, difference: Difference) -> str:
    place = _place(output, difference)
    size = _size(difference)
    if size is None:
        text = f"{place} is {difference.actual}, the baseline {difference.baseline}"
    else:
        text = f"{place} differs by {_short(size[0])} (relative {_short(size[1])})"
    if not difference.violations:
        return f"{text}, within tolerance"
    return (
        f"{text}, {difference.violations} of {difference.compared} values"
        " out of tolerance"
    )


def _place(output: str, difference: Difference) -> str:
    joint = "" if difference.where.startswith("[") else ": "
    return f"{output}{joint}{difference.where}"


def _size(difference: Difference) -> tuple[float, float] | None:
    """Return the size of the difference at its place, of the values as they are said.

    The largest difference of the output may lie elsewhere, within another tolerance.
    """
    if difference.absolute is None:
        return None
    try:
        actual, baseline = complex(difference.actual), complex(difference.baseline)
    except ValueError:
        return None
    gap = abs(actual - baseline)
    if not cmath.isfinite(gap) or gap == 0:
        return None
    return gap, gap / abs(baseline) if baseline else float("inf")


def _short(number: float | None) -> str:
    if number is None:
        return "-"
    mantissa, mark, exponent = f"{number:.2g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def _table(report: CheckReport) -> Table:
    table = Table(box=box.SIMPLE)
    for title in ("output", "verdict", "largest absolute", "largest relative", "where"):
        table.add_column(
            title,
            justify="right" if title.startswith("largest") else "left",
            overflow="fold",
        )
    for output in report.outputs:
        found = output.difference
        exact = "0" if output.verdict is Verdict.IDENTICAL else "-"
        table.add_row(
            Text(output.output),
            Text(output.verdict, style=_STYLES[output.verdict]),
            exact if found is None else _short(found.absolute),
            exact if found is None else _short(found.relative),
            Text("" if found is None else found.where),
        )
    return table


def _details(output: OutputReport) -> list[str]:
    lines = []
    if output.reason:
        lines.append(f"{output.output}: {output.reason}")
    if (found := output.difference) is not None and found.violations:
        lines.append(
            f"{_place(output.output, found)} is {found.actual},"
            f" the baseline {found.baseline}"
        )
    return lines


def _hints(lines: tuple[str, ...]) -> list[str]:
    if not lines:
        return ["since the baseline: no package, interpreter or machine fact changed"]
    shown = [f"  {line}" for line in lines[:_HINTS]]
    if len(lines) > _HINTS:
        shown.append(f"  and {len(lines) - _HINTS} more: see the report")
    return ["since the baseline:", *shown]

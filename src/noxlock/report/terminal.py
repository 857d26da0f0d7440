"""The report of a check as text for people: headline, causes, table, what to type."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, TextIO

from rich.text import Text

from noxlock.model import Verdict
from noxlock.report import _details
from noxlock.report._tables import SIDES, STYLES, diff_lines, outputs_table, show
from noxlock.report.console import make_console
from noxlock.report.counts import counted
from noxlock.report.notices import noise_line, notices
from noxlock.report.suspects import cause_line
from noxlock.report.words import (
    headline,
    output_line,
    passed,
    plain,
    resources_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.model import CheckReport, OutputReport, Variation
    from noxlock.report.shown import Shown

__all__ = ["write", "write_outputs", "write_report"]

_CAUSES: Final = 5
_DIFF: Final = 12
_LOG: Final = 10


def write(shown: Sequence[Shown], stream: TextIO, environ: Mapping[str, str]) -> None:
    """Write the reports to *stream*, one after the other."""
    for number, each in enumerate(shown):
        if number:
            stream.write("\n")
        write_report(each, stream, environ)


def write_report(
    shown: Shown,
    stream: TextIO,
    environ: Mapping[str, str],
    *,
    verbose: bool = False,
    page: str = "",
) -> None:
    """Write the report of one check.

    Args:
        shown: The report, and what is shown beside it.
        stream: Where to.
        environ: Says whether there is colour, and a window.
        verbose: Whether every detail is written too.
        page: Where the page of the check lies; named where there is more to see.
    """
    report = shown.report
    console = make_console(stream, environ)
    console.print(_head(report))
    for line in _suspects(report, everything=verbose):
        console.print(line)
    if not (report.verdict is Verdict.IDENTICAL and passed(report)) or verbose:
        write_outputs(report.outputs, stream, environ, verbose=verbose)
    for line in _noticed(report, everything=verbose):
        console.print(line)
    for text in _log(shown):
        console.print(text)
    if verbose:
        for more in _details.of_check(report):
            console.print(more)
    if page and (verbose or not passed(report)):
        console.print(Text.assemble(("page: ", "bold"), plain(page)), soft_wrap=True)
    if report.next:
        console.print(Text("next:", "bold"))
    for command in report.next:
        # Not wrapped: it is there to be copied.
        console.print(Text(plain(f"  {command}")), soft_wrap=True)


def write_outputs(
    outputs: Sequence[OutputReport],
    stream: TextIO,
    environ: Mapping[str, str],
    *,
    verbose: bool = False,
    sides: tuple[str, str] = SIDES,
) -> None:
    """Write the table of *outputs*, and what differs in those that fail.

    With *verbose* every part, every line of a diff and the histograms are written too.
    *sides* are what the two compared ones are called.
    """
    console = make_console(stream, environ)
    narrow = console.width < 110  # noqa: PLR2004 - columns that the whole table needs
    if outputs:
        show(console, outputs_table(outputs, narrow=narrow, sides=sides))
    for output in outputs:
        for text in _failing(output):
            console.print(text)
        if verbose:
            for more in _details.of_output(output, narrow=narrow, sides=sides):
                show(console, more)
        elif not output.verdict.passed and output.diff:
            console.print(Text(plain(f"{output.output}, what differs:"), "bold"))
            for text in diff_lines(output.diff, _DIFF):
                console.print(text)


def _head(report: CheckReport) -> Text:
    text = Text(headline(report), style=_style(report))
    if passed(report) and (used := resources_line(report.actual.resources)):
        text.append(f" ({used})", style="not bold default")
    return text


def _style(report: CheckReport) -> str:
    return STYLES[Verdict.DRIFTED if report.flaky else report.verdict]


def _suspects(report: CheckReport, *, everything: bool) -> Iterator[Text]:
    if report.baseline is None or report.accepted:
        return
    since = f"since the baseline of {report.baseline.created[:10]}:"
    if passed(report) and not everything:
        if report.causes:
            changed = counted(len(report.causes), "recorded fact")
            yield Text(f"{since} {changed} changed, and the result holds", "dim")
        return
    if not report.causes:
        drifts = any(each.verdict is Verdict.DRIFTED for each in report.outputs)
        if drifts and not report.flaky:
            yield Text(f"{since} no input, package, machine or other fact changed")
        return
    yield Text(since, "bold")
    shown = report.causes if everything else report.causes[:_CAUSES]
    for cause in shown:
        yield Text(f"  {cause_line(cause)}")
    if rest := len(report.causes) - len(shown):
        yield Text(f"  and {rest} more: -v lists them", "dim")


def _failing(output: OutputReport) -> Iterator[Text]:
    if output.verdict.passed:
        return
    if output.reason:
        yield Text(plain(f"{output.output}: {output.reason}"))
    parts = [each.key for each in output.parts if not each.verdict.passed]
    if len(output.parts) > 1 and parts:
        more = f" and {len(parts) - 4} more" if len(parts) > 4 else ""  # noqa: PLR2004 - named: four
        yield Text(
            plain(
                f"{output.output}: {len(parts)} of {counted(len(output.parts), 'part')}"
                f" out of tolerance: {', '.join(parts[:4])}{more}"
            )
        )


def _noticed(report: CheckReport, *, everything: bool) -> Iterator[Text]:
    for each in notices(report, everything=everything):
        style = "" if each.label == "warning gone" else "yellow"
        yield Text(f"{each.label}: {each.text}", style)
    if line := noise_line(report):
        yield Text(f"noise: {line}")
    yield from _variations(report.variations)
    if report.attempts > 1:
        yield Text(f"the command was started {report.attempts} times")


def _variations(variations: Sequence[Variation]) -> Iterator[Text]:
    fine = [each for each in variations if each.verdict.passed]
    groups = groupby(
        sorted(fine, key=lambda each: each.verdict), lambda each: each.verdict
    )
    for verdict, members in groups:
        names = ", ".join(f"{each.axis} {each.value}" for each in members)
        yield Text(plain(f"varied: {names}: {verdict}"))
    for each in variations:
        if not each.verdict.passed:
            name = f"varied: {each.axis} {each.value}: {each.verdict}"
            why = each.reason or "; ".join(
                output_line(output, against="the run")
                for output in each.outputs
                if not output.verdict.passed
            )
            yield Text(plain(f"{name}: {why}" if why else name), STYLES[each.verdict])


def _log(shown: Shown) -> Iterator[Text]:
    lines = shown.evidence.log
    if not lines:
        return
    yield Text("the last lines of its log:", "bold")
    for line in lines[-_LOG:]:
        yield Text(plain(f"  | {line}"), no_wrap=True, overflow="ellipsis")

"""The report of checks as Markdown: for the summary page of a CI run."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final, TextIO

from noxlock.model import Verdict
from noxlock.report import notices, suspects, words
from noxlock.report._marks import LONGEST, rest, table, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.model import CheckReport, OutputReport
    from noxlock.report.shown import Shown

__all__ = ["to_markdown", "write"]

_SIGNS: Final = {
    Verdict.IDENTICAL: "✅",
    Verdict.WITHIN_TOLERANCE: "✅",
    Verdict.DRIFTED: "❌",
    Verdict.NOT_COMPARABLE: "⚠️",
}
_CAUSES: Final = 30
_ROWS: Final = 100
_LINES: Final = 60
_LOG: Final = 40


def write(
    shown: Sequence[Shown],
    stream: TextIO,
    environ: Mapping[str, str],  # noqa: ARG001 - every form is given it
) -> None:
    """Write the checks to *stream*, those that fail first."""
    stream.write(to_markdown(shown))


def to_markdown(shown: Sequence[Shown], *, brief: bool = False) -> str:
    """Return the checks as Markdown; *brief*: without tables, diffs and logs."""
    ordered = sorted(shown, key=lambda each: words.passed(each.report))
    return "\n".join(line for each in ordered for line in _check(each, brief=brief))


def _check(shown: Shown, *, brief: bool) -> Iterator[str]:
    report = shown.report
    sign = _SIGNS[Verdict.DRIFTED if report.flaky else report.verdict]
    yield f"### {sign} {text(report.check)}: {words.judged(report)}"
    yield ""
    yield text(words.sentence(report), 1000)
    yield ""
    if brief:
        return
    if not words.passed(report) or report.accepted:
        yield from _causes(report)
    yield from _noticed(report)
    if report.outputs:
        yield from _outputs(report.outputs)
    yield from _varied(report)
    for output in report.outputs:
        if output.diff and not output.verdict.passed:
            title = f"What differs in {output.output}"
            yield from _block(title, output.diff[:_LINES], "diff")
    if shown.evidence.log:
        yield from _block("The end of its log", shown.evidence.log[-_LOG:], "text")
    if report.next:
        yield "Next:"
        yield ""
        yield from _fenced(report.next, "console")


def _causes(report: CheckReport) -> Iterator[str]:
    if not report.causes:
        return
    yield "Changed since the baseline, most suspect first:"
    yield ""
    rows = (
        (suspects.cause_name(each), *suspects.cause_sides(each), each.why)
        for each in report.causes[:_CAUSES]
    )
    yield from table(("what", "baseline", "now", "why"), rows)
    yield from rest(len(report.causes) - _CAUSES)


def _noticed(report: CheckReport) -> Iterator[str]:
    lines = [f"{each.label}: {each.text}" for each in notices.notices(report)]
    if line := notices.noise_line(report):
        lines.append(f"noise: {line}")
    yield from (f"- {text(line)}" for line in lines)
    if lines:
        yield ""


def _outputs(outputs: Sequence[OutputReport]) -> Iterator[str]:
    rows = []
    for each in outputs[:_ROWS]:
        found = each.difference
        at = each.reason if found is None else found.worst.where
        numbers = ("", "", "", "")
        if found is not None:
            numbers = (
                f"{found.violations:,} of {found.compared:,}",
                words.short(found.absolute),
                words.short(found.relative),
                words.largest_ulps(found),
            )
        verdict = f"{_SIGNS[each.verdict]} {each.verdict}"
        rows.append((each.output, verdict, *numbers, at))
    titles = ("output", "verdict", "out of tolerance", "largest", "relative", "ULP")
    yield from table((*titles, "worst place"), rows)
    yield from rest(len(outputs) - _ROWS)


def _varied(report: CheckReport) -> Iterator[str]:
    if not report.variations:
        return
    rows = []
    for each in report.variations:
        failing = [one for one in each.outputs if not one.verdict.passed]
        lines = [words.output_line(one, against="the run") for one in failing]
        verdict = f"{_SIGNS[each.verdict]} {each.verdict}"
        rows.append(
            (f"{each.axis} {each.value}", verdict, each.reason or "; ".join(lines))
        )
    yield from table(("varied", "verdict", "why"), rows)


def _block(title: str, lines: Sequence[str], language: str) -> Iterator[str]:
    # A block of HTML, which CommonMark 4.6 leaves as it is up to an empty line.
    said = html.escape(words.shortened(title, LONGEST))
    yield f"<details><summary>{said}</summary>"
    yield ""
    yield from _fenced(lines, language)
    yield "</details>"
    yield ""


def _fenced(lines: Sequence[str], language: str) -> Iterator[str]:
    shown = [words.plain(line)[:LONGEST] for line in lines]
    # A fence ends at one as long: CommonMark 4.5.
    longest = max(
        (len(run) for line in shown for run in re.findall("`+", line)), default=0
    )
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from shown
    yield fence
    yield ""

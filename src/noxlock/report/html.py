"""The report of checks as one page: complete in itself, without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined

from noxlock.model import Verdict
from noxlock.report import _charts, _facts, notices, suspects, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model import CheckReport, OutputReport
    from noxlock.model.preview import Preview
    from noxlock.report.shown import Shown

__all__ = ["write"]

_SIGNS: Final = {
    Verdict.IDENTICAL: "=",
    Verdict.WITHIN_TOLERANCE: "≈",
    Verdict.DRIFTED: "≠",
    Verdict.NOT_COMPARABLE: "?",
}
"""Beside each verdict's word: a colour alone says nothing to many readers."""
_UNFOLDED: Final = 5
_PARTS: Final = 200
_LINES: Final = 400
_TEXT: Final = 2000
"""Characters of one value: the page stays small whatever a file holds."""


def write(
    shown: Sequence[Shown],
    stream: TextIO,
    environ: Mapping[str, str],  # noqa: ARG001 - every form is given it
) -> None:
    """Write the page of the checks to *stream*.

    Nothing in it is loaded from elsewhere and no script runs: its own policy says so.
    """
    environment = Environment(
        loader=PackageLoader("noxlock.report", "page"),
        autoescape=True,
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bytes": words.memory,
        "cause_name": suspects.cause_name,
        "cause_sides": suspects.cause_sides,
        "cut": _cut,
        "judged": words.judged,
        "resources": words.resources_line,
        "sentence": words.sentence,
        "short": words.short,
        "warned": notices.warning_line,
    }
    environment.tests["passed"] = words.passed
    page = environment.get_template("page.html")
    parts = page.generate(
        shown=sorted(shown, key=lambda each: words.passed(each.report)),
        signs=_SIGNS,
        charts=_charts,
        facts=_facts,
        words=words,
        notices=notices,
        preview=_preview,
        order=_order,
        limits={"parts": _PARTS, "lines": _LINES, "unfolded": _UNFOLDED},
    )
    stream.writelines(parts)


def _plain(value: object) -> object:
    """Return every text of a report without control characters, as it is shown."""
    return words.plain(value) if type(value) is str else value


def _cut(text: str, limit: int = _TEXT) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _preview(shown: Shown, output: OutputReport) -> Preview | None:
    found = (each for each in shown.evidence.previews if each.output == output.output)
    return next(found, None)


def _order(report: CheckReport) -> list[OutputReport]:
    """Return the outputs, the worst first."""
    order = list(Verdict)
    return sorted(report.outputs, key=lambda each: -order.index(each.verdict))

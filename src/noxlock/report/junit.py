"""The report of checks as JUnit XML: a suite a check, a case an output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TextIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from noxlock.model import Verdict
from noxlock.report import notices, suspects, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model import CheckReport, OutputReport, Part, Resources, Variation
    from noxlock.report.shown import Shown

__all__ = ["write"]

# XML 1.0, 2.2: Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | ...
_NO_CHARACTER: Final = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_TEXT: Final = 1 << 16
"""Characters of one text: Jenkins holds whole files in memory."""


def write(
    shown: Sequence[Shown],
    stream: TextIO,
    environ: Mapping[str, str],  # noqa: ARG001 - every form is given it
) -> None:
    """Write one suite for each check to *stream*.

    Its cases are the run itself, each output, and each variation. A drift is a failure,
    what could not be compared an error.
    """
    top = Element("testsuites", name="noxlock")
    for each in shown:
        top.append(_suite(each))
    for count in ("tests", "failures", "errors", "skipped"):
        top.set(count, str(sum(int(suite.get(count, "0")) for suite in top)))
    top.set("time", _seconds(sum(float(suite.get("time", "0")) for suite in top)))
    indent(top)
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(f"{tostring(top, encoding='unicode')}\n")


def _suite(shown: Shown) -> Element:
    report = shown.report
    suite = Element("testsuite", name=_clean(report.check))
    suite.set("timestamp", report.actual.created.removesuffix("Z"))
    properties = SubElement(suite, "properties")
    for name, value in _properties(report):
        SubElement(properties, "property", name=_clean(name), value=_clean(value))
    cases = [_run(shown)]
    cases += [_output(report, output) for output in report.outputs]
    cases += [_variation(report, variation) for variation in report.variations]
    suite.extend(cases)
    found = [child.tag for case in cases for child in case]
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error")):
        suite.set(count, str(found.count(tag)))
    suite.set("skipped", str(found.count("skipped")))
    suite.set("time", _seconds(sum(float(case.get("time", "0")) for case in cases)))
    return suite


def _properties(report: CheckReport) -> list[tuple[str, str]]:
    actual = report.actual
    found = {
        "verdict": words.judged(report),
        "command": " && ".join(actual.command),
        "commit": actual.commit or "",
        "profile": actual.profile_name,
        "target": actual.target,
        "baseline": report.baseline.created if report.baseline else "",
        "attempts": str(report.attempts),
    }
    rows = [(name, value) for name, value in found.items() if value]
    rows += [
        ("since the baseline", suspects.cause_line(each)) for each in report.causes
    ]
    rows += [(each.label, each.text) for each in notices.notices(report)]
    if line := notices.noise_line(report):
        rows.append(("noise", line))
    return rows


def _run(shown: Shown) -> Element:
    """Return the case of the run: failed where no output or variation says why."""
    report = shown.report
    case = _case(report, "run", report.actual.resources)
    said = [each.verdict for each in report.outputs]
    said += [each.verdict for each in report.variations]
    if report.reason and report.verdict is Verdict.NOT_COMPARABLE:
        _failed(case, report.verdict, report.reason, _why(report))
    elif report.flaky:
        _failed(case, Verdict.DRIFTED, words.sentence(report), _why(report))
    elif not report.verdict.passed and all(each.passed for each in said):
        _failed(case, report.verdict, words.sentence(report), _why(report))
    _printed(case, shown.evidence.log)
    return case


def _why(report: CheckReport) -> list[str]:
    return [suspects.cause_line(each) for each in report.causes]


def _output(report: CheckReport, output: OutputReport) -> Element:
    case = _case(report, output.output)
    if not output.verdict.passed:
        lines = [part.reason or part.key for part in _failing(output)]
        message = words.output_line(output)
        _failed(case, output.verdict, message, [*lines, *_why(report)])
    elif report.baseline is None and not output.compared:
        SubElement(case, "skipped", message="there is no baseline")
    _printed(case, output.diff)
    return case


def _failing(output: OutputReport) -> list[Part]:
    return [part for part in output.parts if not part.verdict.passed]


def _variation(report: CheckReport, variation: Variation) -> Element:
    name = f"varied: {variation.axis} {variation.value}"
    case = _case(report, name, variation.resources)
    failing = [each for each in variation.outputs if not each.verdict.passed]
    if not variation.verdict.passed:
        lines = [words.output_line(each, against="the run") for each in failing]
        message, *rest = [*filter(None, [variation.reason]), *lines, variation.verdict]
        _failed(case, variation.verdict, message, rest[:-1])
    _printed(case, [line for each in failing for line in each.diff])
    return case


def _case(
    report: CheckReport, name: str, resources: Resources | None = None
) -> Element:
    case = Element("testcase", name=_clean(name))
    case.set("classname", _clean(f"repro.{report.check}"))
    case.set("time", _seconds(resources.seconds if resources else 0.0))
    return case


def _failed(
    case: Element, verdict: Verdict, message: str, lines: Sequence[str]
) -> None:
    tag = "failure" if verdict is Verdict.DRIFTED else "error"
    child = SubElement(case, tag, message=_clean(words.shortened(message, 1000)))
    child.set("type", str(verdict))
    child.text = _clean("\n".join((message, *lines)))


def _printed(case: Element, lines: Sequence[str]) -> None:
    if lines:
        SubElement(case, "system-out").text = _clean("\n".join(lines))


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    """Return *text* with every character that XML 1.0 has, as many as are read."""
    cut = text if len(text) <= _TEXT else f"{text[:_TEXT]}\n..."
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", cut)

"""The report as Markdown, as GitHub shows it."""

from __future__ import annotations

import io
import re

import msgspec
import pytest

from noxlock.model import Cause, CauseKind, Verdict
from noxlock.model.preview import Evidence
from noxlock.report import FORMS, Shown
from noxlock.report.markdown import to_markdown
from support.reports import SAME, TEXT, drift, evidence, full_report, report

UNESCAPED = re.compile(r"(?<!\\)[`*_{}\[\]<>#|~$&!@:]")


def told(*shown: Shown) -> str:
    stream = io.StringIO()
    FORMS["markdown"].write(shown, stream, {})
    return stream.getvalue()


def test_a_check_is_a_heading_a_sentence_and_tables() -> None:
    lines = told(Shown(report=full_report(), evidence=evidence())).splitlines()
    assert lines[0] == "### ❌ digits: drifted"
    assert lines[2] == (
        "weights.npy\\[3\\] differs by 0.0012 (relative 4e-5, 336 ULP),"
        " 5 of 650 values out of tolerance; the result changes with hash-seed 1;"
        " not comparable with cpu-level x86-64-v2"
    )
    for line in (
        "| what | baseline | now | why |",
        (
            "| scipy | 1.14.1 | 1.15.0 | loaded by the run, minor version, direct,"
            " numerical |"
        ),
        "- warning gone\\: FutureWarning\\: soon",
        "- noise\\: 3 runs in the same surroundings\\: identical",
        "| weights.npy | ❌ drifted | 5 of 650 | 0.0012 | 4e-5 | 336 | \\[3\\] |",
        "| metrics.json | ✅ identical |  |  |  |  |  |",
        "| threads 2 | ✅ within-tolerance |  |",
        "<details><summary>What differs in summary.txt</summary>",
        "+ loss 0.42",
        "<details><summary>The end of its log</summary>",
        "ValueError: <b>no</b>",
        'nox -s "repro(digits)" -- --accept',
    ):
        assert line in lines


def test_what_passes_is_short_and_comes_last() -> None:
    text = told(Shown(report=report(SAME)), Shown(report=report(drift())))
    assert text.index("❌ digits") < text.index("✅ digits")
    assert "Changed since" not in text


def test_brief_leaves_out_all_but_the_sentence() -> None:
    text = to_markdown([Shown(report=full_report(), evidence=evidence())], brief=True)
    assert len(text.splitlines()) == 3


def test_tables_are_whole_whatever_stands_in_them() -> None:
    evil = "a|b`c*d_e[f](g)<script>#h~i\\|j\n| k | $x$ @team :smile: &amp;"
    cause = Cause(kind=CauseKind.INPUT, name=evil, old=evil, new=None, why=evil)
    output = msgspec.structs.replace(drift(evil, where=evil), reason=evil)
    text = told(Shown(report=full_report(outputs=(output,), causes=(cause,))))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows]
    assert widths == [5, 5, 5, 8, 8, 8, 4, 4, 4, 4, 4]
    cells = re.split(r"(?<!\\)\|", rows[2])[1:-1]
    assert not any(UNESCAPED.search(cell.replace("\\\\", "")) for cell in cells)
    assert "<script>" not in re.sub(r"\\.", "", text)


def test_a_block_ends_where_it_should() -> None:
    diff = ("- ```", "+ ````` x", "+ </details>")
    output = msgspec.structs.replace(TEXT, output="<b>.txt", diff=diff)
    lines = told(Shown(report=report(output))).splitlines()
    assert "<details><summary>What differs in &lt;b&gt;.txt</summary>" in lines
    start = lines.index("``````diff")
    assert lines[start + 1 : start + 5] == [*diff, "``````"]


def test_long_lists_are_cut() -> None:
    many = [
        Cause(kind=CauseKind.PACKAGE, name=f"p{number}", old="1", new="2")
        for number in range(40)
    ]
    outputs = tuple(drift(f"o{number}.npy") for number in range(120))
    found = full_report(outputs=outputs, causes=tuple(many))
    text = told(Shown(report=found, evidence=Evidence(log=("x" * 9999,) * 9999)))
    assert "and 10 more" in text
    assert "and 20 more" in text
    assert len(text.encode()) < 1 << 17


@pytest.mark.parametrize("accepted", [False, True])
def test_what_changed_is_told_of_an_accepted_baseline_too(accepted: bool) -> None:  # noqa: FBT001 - a parameter
    found = full_report(
        outputs=(SAME,), variations=(), verdict=Verdict.IDENTICAL, accepted=accepted
    )
    assert ("Changed since" in told(Shown(report=found))) is accepted

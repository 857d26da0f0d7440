"""What became of an update, in words and as Markdown."""

from __future__ import annotations

import io
from typing import Any

import pytest

from noxlock.model import ChangeKind, Layer, LockChange, LockDifference, PinnedAs
from noxlock.model.update import (
    Advisory,
    Behind,
    Held,
    Judged,
    JudgeKind,
    JudgeRow,
    Ruling,
    Unjudged,
    UpdateReport,
    UpdateVerdict,
    Yanked,
)
from noxlock.report.updates import write_update
from noxlock.report.updates_markdown import update_markdown

CHANGED = LockDifference(
    lock="poetry.lock",
    changes=(
        LockChange(
            name="alpha",
            kind=ChangeKind.UPGRADED,
            layer=Layer.PYPI,
            old=PinnedAs(versions=("1.0",)),
            new=PinnedAs(versions=("2.0",)),
        ),
    ),
    unchanged=3,
)
PASSED = Judged(ruling=Ruling.PASSED)


def held(**changes: Any) -> Held:  # noqa: ANN401 - fields
    known: dict[str, Any] = {
        "name": "scipy",
        "layer": Layer.PYPI,
        "old": "1.14.1",
        "wanted": "1.15.3",
        "kept": "1.14.1",
        "judge": "digits",
        "kind": JudgeKind.CHECK,
        "ruling": Ruling.DRIFTED,
        "difference": "w.npy[3] differs by 0.001",
        "pin": "scipy<1.15.0",
    }
    return Held(**(known | changes))


def text(report: UpdateReport) -> list[str]:
    stream = io.StringIO()
    write_update(report, stream)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (
            UpdateReport(verdict=UpdateVerdict.CURRENT),
            "the locks are the newest that is allowed",
        ),
        (
            UpdateReport(verdict=UpdateVerdict.UPDATED, differences=(CHANGED,)),
            "1 upgraded",
        ),
        (
            UpdateReport(
                verdict=UpdateVerdict.HELD,
                differences=(CHANGED,),
                held=(held(), held(name="pytz")),
                dry_run=True,
            ),
            "1 upgraded; 2 packages held back (dry run, nothing is written)",
        ),
        (
            UpdateReport(verdict=UpdateVerdict.CURRENT, held=(held(),)),
            "nothing is updated: 1 package held back",
        ),
        (
            UpdateReport(verdict=UpdateVerdict.FAILED, reason="test failed: why"),
            "no newer lock passes, and the locks are as they were: test failed: why",
        ),
        (
            UpdateReport(verdict=UpdateVerdict.UPDATED),
            "no package changed",
        ),
    ],
)
def test_the_first_line_says_what_became_of_it(report: UpdateReport, line: str) -> None:
    assert text(report)[0] == line
    assert line.replace("(", "\\(").split(":")[0].split("\\(")[0] in update_markdown(
        report
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "digits drifts: w.npy[3] differs by 0.001"),
        (
            {"together": ("numpy",)},
            "digits drifts, together with numpy: w.npy[3] differs by 0.001",
        ),
        (
            {"ruling": Ruling.FAILED, "difference": "", "instead": "extra"},
            "digits fails, by extra, which it brings or leaves out",
        ),
        (
            {"ruling": Ruling.NOT_MADE, "proven": False},
            "digits has no environment, and it is one of those that may be why:",
        ),
    ],
)
def test_why_something_is_held_is_a_clause(changes: dict[str, Any], why: str) -> None:
    report = UpdateReport(verdict=UpdateVerdict.HELD, held=(held(**changes),))

    lines = text(report)

    assert lines[1] == "held back  scipy 1.14.1 (newest: 1.15.3), as scipy<1.15.0"
    assert lines[2].startswith(f"  {why}")


def test_what_is_known_against_the_held_is_told_and_never_that_there_is_nothing() -> (
    None
):
    unknown = UpdateReport(verdict=UpdateVerdict.HELD, held=(held(),))
    none = UpdateReport(
        verdict=UpdateVerdict.HELD, held=(held(),), advisories=(), advised="osv"
    )
    some = UpdateReport(
        verdict=UpdateVerdict.HELD,
        held=(held(),),
        behind=(Behind(name="extra", layer=Layer.CONDA, wanted="1", kept=""),),
        advisories=(
            Advisory(
                id="T-1",
                aliases=("CVE-1",),
                name="scipy",
                version="1.14.1",
                summary="it stumbles",
                fixed=("1.15.0",),
            ),
        ),
        yanked=(Yanked(name="scipy", version="1.14.1"),),
        unlisted=("pytz",),
    )

    assert "known vulnerabilities were not looked up" in text(unknown)[-1]
    assert "were not looked up" in update_markdown(unknown)
    assert "no advisory in osv is about what is held back" in update_markdown(none)
    assert text(some)[3:] == [
        "stay behind with them: extra",
        "scipy 1.14.1 is vulnerable (T-1, CVE-1, fixed in 1.15.0): it stumbles",
        "scipy 1.14.1 is yanked from its index",
        "not known whether yanked: pytz",
        "conda packages are not looked up: extra",
    ]
    assert "- ⚠️ scipy 1.14.1 is yanked from its index" in update_markdown(some)


def test_markdown_has_a_row_for_each_judge() -> None:
    rows = (
        JudgeRow(
            name="digits",
            kind=JudgeKind.CHECK,
            old=PASSED,
            new=Judged(ruling=Ruling.DRIFTED, difference="w.npy differs"),
            final=PASSED,
        ),
        JudgeRow(name="cuda", kind=JudgeKind.SESSION, reason="no GPU: no driver"),
        JudgeRow(
            name="docs",
            kind=JudgeKind.SESSION,
            old=Judged(ruling=Ruling.UNTOUCHED),
            remark="exit status 1; it passed with the new lock when it was run again",
        ),
    )
    report = UpdateReport(
        verdict=UpdateVerdict.UPDATED,
        differences=(CHANGED,),
        judges=rows,
        unjudged=(
            Unjudged(lock="poetry.lock", names=("zeta",)),
            Unjudged(lock="tool/poetry.lock", names=("eta",), whole=True),
        ),
        runs=1,
        seconds=2,
    )

    found = update_markdown(report)

    digits = "| digits | check | ✅ passed | ❌ drifted | ✅ passed | w.npy differs |"
    assert digits in found
    assert "| cuda | session |  |  |  | no GPU\\: no driver |" in found
    assert "nothing changes" in found
    nowhere = "zeta of poetry.lock; all of tool/poetry.lock"
    assert f"⚠️ updated, and in no environment that was run\\: {nowhere}" in found
    assert "| alpha | upgraded | 1.0 | 2.0 |" in found
    assert found.endswith("1 run in fresh environments, 2 s.\n")
    assert "cuda has no say: no GPU: no driver" in text(report)


def test_a_body_that_no_pull_request_holds_is_cut() -> None:
    rows = tuple(
        JudgeRow(name=f"judge-{n}", kind=JudgeKind.CHECK, reason="x" * 200)
        for n in range(500)
    )

    found = update_markdown(UpdateReport(verdict=UpdateVerdict.UPDATED, judges=rows))

    assert len(found) < 60_100
    assert "lines more" in found.splitlines()[-1]

"""The report of a check as people read it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.model import Difference, OutputReport, Verdict
from noxlock.report.changes import changes
from noxlock.report.terminal import summary, write
from support.reports import drift, package, record, report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CheckReport

SAME = OutputReport(output="metrics.json", verdict=Verdict.IDENTICAL)
GONE = OutputReport(
    output="log.txt", verdict=Verdict.NOT_COMPARABLE, reason="the output is missing"
)


def printed(found: CheckReport, environ: Mapping[str, str] | None = None) -> str:
    stream = io.StringIO()
    write(found, stream, environ or {})
    return stream.getvalue()


def with_values(
    actual: str, baseline: str, *, violations: int = 1, absolute: float | None = 9.0
) -> CheckReport:
    difference = Difference(
        absolute=absolute,
        relative=absolute,
        where="loss",
        actual=actual,
        baseline=baseline,
        violations=violations,
        compared=7,
    )
    verdict = Verdict.DRIFTED if violations else Verdict.WITHIN_TOLERANCE
    return report(OutputReport(output="m.json", verdict=verdict, difference=difference))


def test_the_first_line_says_place_size_and_number_of_violations() -> None:
    assert summary(report(SAME, drift())) == (
        "digits: drifted: weights.npy[3] differs by 0.0012 (relative 4e-5),"
        " 5 of 650 values out of tolerance"
    )
    assert printed(report(drift())).splitlines()[0] == summary(report(drift()))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (report(SAME), "identical: 1 output"),
        (report(SAME, SAME), "identical: 2 outputs"),
        (report(), "not-comparable: 0 outputs"),
        (report(drift(), GONE), "not-comparable: log.txt: the output is missing"),
        (
            report(
                OutputReport(
                    output="log.txt",
                    verdict=Verdict.NOT_COMPARABLE,
                    reason="the baseline was changed",
                    difference=drift().difference,
                ),
                drift(),
            ),
            "not-comparable: log.txt: the baseline was changed",
        ),
        (report(reason="no baseline"), "not-comparable: no baseline"),
    ],
)
def test_summaries_without_values(found: CheckReport, line: str) -> None:
    assert summary(found) == f"digits: {line}"


@pytest.mark.parametrize(
    ("actual", "baseline", "said"),
    [
        ("1.5", "1.0", "loss differs by 0.5 (relative 0.5)"),
        ("1e-3", "0", "loss differs by 0.001 (relative inf)"),
        ("(3+4j)", "0j", "loss differs by 5 (relative inf)"),
        ("nan", "1.0", "loss is nan, the baseline 1.0"),
        ("True", "False", "loss is True, the baseline False"),
    ],
)
def test_values_are_said_with_their_size_where_they_have_one(
    actual: str, baseline: str, said: str
) -> None:
    assert summary(with_values(actual, baseline)) == (
        f"digits: drifted: m.json: {said}, 1 of 7 values out of tolerance"
    )
    assert summary(with_values(actual, baseline, violations=0)) == (
        f"digits: within-tolerance: m.json: {said}, within tolerance"
    )


def test_values_that_are_no_numbers_are_said_as_they_are() -> None:
    assert "loss is 'a', the baseline 'b'" in summary(
        with_values("'a'", "'b'", absolute=None)
    )


def test_the_table_has_a_row_an_output() -> None:
    text = printed(report(drift(), SAME, GONE))

    rows = {
        line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()
    }
    assert rows["weights.npy"] == ["drifted", "0.0012", "4e-5", "[3]"]
    assert rows["metrics.json"] == ["identical", "0", "0"]
    assert rows["log.txt"] == ["not-comparable", "-", "-"]
    assert "  weights.npy[3] is 30.0012, the baseline 30.0\n" in text
    assert "  log.txt: the output is missing\n" in text


def test_a_log_is_never_wrapped_and_markup_is_text() -> None:
    name = "a/[bold]very/" + "long/" * 40 + "name.npy"
    text = printed(report(drift(name, where="[1, 2]")), {"CI": "true"})

    assert sum(f"{name}" in line and "drifted" in line for line in text.splitlines())
    assert "\x1b" not in text


def test_colour_is_forced_and_refused_by_the_usual_variables() -> None:
    assert "\x1b[1;31m" in printed(report(drift()), {"FORCE_COLOR": "1"})
    both = printed(report(drift()), {"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[1;31m" not in both


def test_a_drift_comes_with_what_changed_since_the_baseline() -> None:
    old, new = record(package("scipy", "1.14.1")), record(package("scipy", "1.15.0"))
    text = printed(report(drift(), baseline=old, actual=new))
    assert "  since the baseline:\n    scipy 1.14.1 -> 1.15.0\n" in text
    text = printed(report(drift(), baseline=old, actual=old))
    assert "no package, interpreter or machine fact changed" in text
    assert "since the baseline" not in printed(report(SAME, baseline=old, actual=new))


def test_a_long_list_of_changes_is_cut() -> None:
    new = record(*(package(f"p{number:02}", "1") for number in range(20)))
    text = printed(report(drift(), baseline=record(), actual=new))
    assert "p11: not there -> 1" in text
    assert "p12" not in text
    assert "and 8 more: see the report" in text


def test_changes_list_packages_first_then_all_that_can_move_results() -> None:
    old = record(
        package("numpy", "1.0"),
        package("gone", "1"),
        package("same", "1"),
        package("built", "1", "3" * 64, built=True),
    )
    new = record(
        package("numpy", "1.0", "2" * 64),
        package("new", "2"),
        package("same", "1"),
        package("built", "1", "4" * 64, built=True),
    )
    new = msgspec.structs.replace(
        new,
        target="osx-arm64",
        command=("a", "b"),
        interpreter={"version": "3.12.1"},
        machine={"cpu": "a big one", "cores": "8"},
        profile={"A": "1"},
        effective={"threads 0": "openblas"},
        created="later",
        locks={"poetry.lock": "f" * 64},
        plan="another",
        commit="0123456789abcdef+dirty",
    )

    wheel = "numpy-1.0-py3-none-any.whl"
    assert changes(old, new) == (
        "gone: 1 -> not there",
        "new: not there -> 2",
        f"numpy 1.0: {wheel} (111111111111) -> {wheel} (222222222222)",
        "target: linux-64 -> osx-arm64",
        "command: python -m digits {outputs} -> a && b",
        "interpreter version: 3.11.7 -> 3.12.1",
        "profile B: 2 -> not set",
        "machine cores: not set -> 8",
        "machine cpu: a small one -> a big one",
        "effective threads 0: not set -> openblas",
        "commit: none -> 0123456789ab+dirty",
    )
    assert changes(old, old) == ()

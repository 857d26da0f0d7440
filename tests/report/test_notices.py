"""What is to be noticed besides the verdict."""

from __future__ import annotations

import msgspec

from noxlock.model import (
    Distribution,
    Noise,
    OutputReport,
    Tolerance,
    Tolerances,
    Verdict,
    Warned,
)
from noxlock.report.notices import noise_line, notices, telling, warning_line, warnings
from support.reports import SAME, drift, record, report

UNCONVERGED = Warned(
    category="sklearn.exceptions.ConvergenceWarning", message="lbfgs failed"
)
OLD = Warned(category="DeprecationWarning", message="use b, its precision is better")
OVERFLOW = Warned(category="RuntimeWarning", message="odd")
ODD = Warned(category="UserWarning", message="odd")
SINGULAR = Warned(category="UserWarning", message="the matrix is singular")


def said(
    output: OutputReport,
    warned: tuple[Warned, ...] = (),
    *,
    everything: bool = False,
    **changed: object,
) -> list[str]:
    actual = msgspec.structs.replace(record(), warnings=warned)
    found = msgspec.structs.replace(report(output, actual=actual), **changed)
    lines = notices(found, everything=everything)
    return [f"{each.label}: {each.text}" for each in lines]


def test_what_numbers_suffer_from_comes_first_and_deprecations_last() -> None:
    found = [OLD, ODD, SINGULAR, OVERFLOW, UNCONVERGED]
    assert telling(found) == [OVERFLOW, UNCONVERGED, SINGULAR, ODD, OLD]
    actual = msgspec.structs.replace(record(), warnings=tuple(found))
    assert warnings(report(SAME, actual=actual)) == telling(found)


def test_a_warning_that_the_baseline_has_too_is_said_where_the_check_fails() -> None:
    known, both = "warning, as in the baseline", (OLD, UNCONVERGED)
    lines = [
        f"{known}: sklearn.exceptions.ConvergenceWarning: lbfgs failed",
        f"{known}: DeprecationWarning: use b, its precision is better",
    ]
    assert said(SAME, both) == []
    assert said(SAME, both, everything=True) == lines
    assert said(drift(), both) == lines
    assert said(SAME, both, flaky=True) == lines


def test_a_new_warning_is_said_once() -> None:
    found = said(drift(), (ODD, OLD), new_warnings=(ODD,))
    assert [line.partition(":")[0] for line in found] == [
        "new warning",
        "warning, as in the baseline",
    ]


def test_many_warnings_are_counted_unless_all_are_asked_for() -> None:
    many = tuple(Warned(category="W", message=str(number)) for number in range(9))
    assert said(drift(), new_warnings=many)[-2:] == [
        "new warning: W: 4",
        "new warning: and 4 more",
    ]
    assert len(said(drift(), new_warnings=many, everything=True)) == 9


def test_warnings_say_how_often() -> None:
    once = Warned(category="W", message="a\n  b")
    assert warning_line(once) == "W: a b"
    often = Warned(category="W", message="a", count=1234)
    assert warning_line(often) == "W: a (1,234 times)"


def test_noise_says_that_numbers_with_a_distribution_are_left_out() -> None:
    noise = Noise(runs=6, verdict=Verdict.IDENTICAL, outputs=())
    line = "6 runs in the same surroundings: identical"
    assert noise_line(report(SAME)) == ""
    assert noise_line(report(SAME, noise=noise)) == line
    noisy = Tolerance(keys={"auc": Tolerance(distribution=Distribution(runs=6))})
    tolerances = Tolerances(outputs={"a": Tolerance(), "m.json": noisy})
    actual = msgspec.structs.replace(record(), tolerances=tolerances)
    assert noise_line(report(SAME, actual=actual, noise=noise)) == (
        f"{line}, numbers with a distribution left out"
    )

"""What is to be noticed besides the verdict."""

from __future__ import annotations

import html
import io
import re

import msgspec

from noxlock.model import (
    Closeness,
    DefaultTolerance,
    Distribution,
    Noise,
    OutputReport,
    Record,
    Tolerance,
    Tolerances,
    Verdict,
    Warned,
)
from noxlock.report import FORMS, Shown
from noxlock.report.notices import noise_line, notices, telling, warning_line, warnings
from support.reports import CLOSE, SAME, drift, record, report

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


def tolerant(
    outputs: dict[str, Tolerance], default: DefaultTolerance | None = None
) -> Record:
    tolerances = Tolerances(tolerance=default or DefaultTolerance(), outputs=outputs)
    return msgspec.structs.replace(record(), tolerances=tolerances)


def changed(old: Record | None, new: Record, *, everything: bool = False) -> list[str]:
    found = report(SAME, baseline=old, actual=new)
    lines = notices(found, everything=everything)
    return [f"{each.label}: {each.text}" for each in lines]


def test_a_tolerance_that_is_not_the_recorded_one_is_said_whatever_the_verdict() -> (
    None
):
    old = tolerant({"path.npy": Tolerance(rtol=1e-9)})
    new = tolerant({"path.npy": Tolerance(rtol=0.01)})
    assert changed(old, new) == ["tolerance of path.npy: rtol 1e-9 -> 0.01"]
    assert changed(new, old) == ["tolerance of path.npy: rtol 0.01 -> 1e-9"]
    assert changed(old, old) == changed(None, new) == []
    for output in (SAME, CLOSE, drift()):
        shown = Shown(report=report(output, baseline=old, actual=new))
        for form in ("terminal", "junit", "markdown", "html"):
            stream = io.StringIO()
            FORMS[form].write([shown], stream, {})
            text = html.unescape(re.sub(r"</?b>", "", stream.getvalue()))
            assert "tolerance of path.npy" in text.replace("\\", "")
            assert "rtol 1e-9 -> 0.01" in text.replace("\\", "")


def test_every_setting_of_a_tolerance_is_compared() -> None:
    old = tolerant(
        {
            "gone": Tolerance(rtol=1),
            "m.json": Tolerance(keys={"a": Tolerance(atol=2), "b": Tolerance(rtol=3)}),
        },
        DefaultTolerance(equal_nan=False, dtypes={"float32": Closeness(rtol=1.25e-7)}),
    )
    new = tolerant(
        {
            "new": Tolerance(rtol=1),
            "m.json": Tolerance(
                rtol=0.5,
                check_dtype=False,
                distribution=Distribution(runs=8),
                keys={"a": Tolerance(keys={"c": Tolerance(atol=1)})},
            ),
        },
        DefaultTolerance(atol=0),
    )
    assert changed(old, new) == [
        (
            "tolerance of m.json: rtol not set -> 0.5, check-dtype not set -> false,"
            " distribution runs not set -> 8, distribution alpha not set -> 0.01"
        ),
        "tolerance of m.json: a: atol 2 -> not set",
        "tolerance of m.json: a.c: atol not set -> 1",
        "tolerance of all outputs: equal-nan false -> not set, atol not set -> 0",
        "tolerance of m.json: b: rtol 3 -> not set",
        "tolerances: and 1 more changed",
    ]
    assert changed(old, new, everything=True)[-1] == (
        "tolerance of all float32: rtol 1.25e-7 -> not set"
    )


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

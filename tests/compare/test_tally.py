"""What is counted of single values, and how parts are added up."""

from __future__ import annotations

import math

import pytest

from noxlock.compare._job import Job
from noxlock.compare._tally import UNEQUAL_NAN, Tally
from noxlock.compare.tolerance import Limit, Limits
from noxlock.model import Difference, Tolerance, Verdict

INF, NAN = math.inf, math.nan
EXACT = Limit()


def number(
    actual: float, baseline: float, limit: Limit = EXACT
) -> tuple[Tally, Difference | None]:
    tally = Tally()
    tally.number((actual, baseline), limit, lambda: "loss")
    return tally, tally.difference


@pytest.mark.parametrize(
    ("actual", "baseline", "absolute", "relative", "ulp"),
    [
        (1.0 + 2**-52, 1.0, 2**-52, 2**-52, 1),
        (-5e-324, 5e-324, 1e-323, 2.0, 2),
        (1.0, 0.0, 1.0, INF, 1023 << 52),
        (2, 1.0, 1.0, 1.0, 1 << 52),
        (3, 2, 1.0, 0.5, None),
        (10**400, 1, INF, INF, None),
        (10**400, 10**400 - 1, 1.0, 0.0, None),
        (2**53 + 1, 2.0**53, 1.0, 2.0**-53, 0),
        (10**400, 1.0, INF, INF, None),
        (INF, 1.0, INF, INF, None),
        (NAN, 1.0, INF, INF, None),
        (NAN, 10**400, INF, INF, None),
    ],
)
def test_two_numbers_have_all_figures(
    actual: float, baseline: float, absolute: float, relative: float, ulp: int | None
) -> None:
    tally, found = number(actual, baseline)

    assert found is not None
    assert (found.absolute, found.relative, found.ulp) == (absolute, relative, ulp)
    assert (found.first, found.worst.where, found.violations) == (
        found.worst,
        "loss",
        1,
    )
    reals = not (isinstance(actual, int) and isinstance(baseline, int))
    assert sum(found.histogram) + found.unsized == (1 if reals else 0)
    assert tally.verdict is Verdict.DRIFTED


@pytest.mark.parametrize(
    ("actual", "baseline"),
    [(1.0, 1.0), (0.0, -0.0), (1, 1.0), (10**400, 10**400), (NAN, NAN), (INF, INF)],
)
def test_equal_numbers_do_not_differ(actual: float, baseline: float) -> None:
    tally, found = number(actual, baseline)

    assert (found, tally.compared, tally.absolute) == (None, 1, 0)
    assert tally.verdict is Verdict.IDENTICAL
    tally.number((2.0, 1.0), EXACT, lambda: "x")
    assert tally.compared == 2


def test_nan_and_infinity_equal_nothing_where_the_limit_says_so() -> None:
    limit = Limit(1, 1, equal_nan=False, equal_inf=False)
    for value in (NAN, INF):
        found = number(value, value, limit)[1]
        assert found is not None
        assert (found.violations, found.unsized, found.absolute) == (1, 1, INF)


@pytest.mark.parametrize(
    ("shown", "noted"),
    [("nan", True), ("(nan+1j)", True), ("NaT", True), ("inf", False), ("", False)],
)
def test_of_two_nan_the_setting_is_noted(shown: str, *, noted: bool) -> None:
    tally = Tally()
    tally.other(shown, shown, "[0]")
    assert tally.difference is not None
    assert tally.difference.worst.note == (UNEQUAL_NAN if noted else "")
    assert tally.difference.first == tally.difference.worst


def test_of_nan_against_a_number_nothing_is_noted() -> None:
    for pair in ((NAN, 1.0), (1.0, NAN)):
        found = number(*pair)[1]
        assert found is not None
        assert found.worst.note == ""


def test_the_first_violation_and_the_largest_are_kept() -> None:
    tally = Tally()
    limit = Limit(atol=1)
    for place, value in enumerate([0.5, 2.0, 3.0, 3.0, 0.25]):
        tally.number((value, 0.0), limit, lambda place=place: f"x[{place}]")  # type: ignore[misc]

    found = tally.difference

    assert found is not None
    assert (found.first.where, found.worst.where) == ("x[1]", "x[2]")
    assert (found.differing, found.violations, found.absolute) == (5, 3, 3.0)


def test_parts_are_added_up_and_those_that_differ_come_first() -> None:
    job = Job.of(Limits(Tolerance(keys={"b*": Tolerance(atol=1)})))
    for name, value in (("a", 1.0), ("b", 1.5), ("c", 3.0)):
        part = job.part(name, dtype="float64", shape=(1,))
        part.tally.number((value, 1.0), part.limit("float64"), lambda: part.key)  # noqa: B023 - called at once
    job.part("d").tally.note("shape (1,) became (2,)")

    report = job.tally.report("x.npz", "npz")

    assert [(part.key, part.verdict) for part in report.parts] == [
        ("b", Verdict.WITHIN_TOLERANCE),
        ("c", Verdict.DRIFTED),
        ("d", Verdict.DRIFTED),
        ("a", Verdict.IDENTICAL),
    ]
    assert report.verdict is Verdict.DRIFTED
    assert (report.format, report.compared) == ("npz", 3)
    assert report.reason == "d: shape (1,) became (2,)"
    assert report.difference is not None
    assert report.difference.first.where == "c"


def test_a_part_that_cannot_be_compared_makes_the_output_so() -> None:
    job = Job.of(Limits(Tolerance()))
    job.part("a").part("b").tally.fail("the output is truncated")

    report = job.tally.report("folder")

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == "a.b: the output is truncated"
    assert report.parts[0].reason == "the output is truncated"


def test_what_is_no_number_has_no_figures() -> None:
    tally = Tally()
    tally.same(2)
    tally.other("'a'", "'b'", "line 3")

    found = tally.difference

    assert found is not None
    assert (found.absolute, found.relative, found.ulp) == (None, None, None)
    assert (found.worst.absolute, found.worst.where) == (None, "line 3")
    assert found.compared == 3


def test_notes_and_lines_are_cut_with_a_count_of_the_rest() -> None:
    tally = Tally()
    for index in range(300):
        tally.note(f"n{index}")
        tally.line(f"+{index}")

    report = tally.report("x")

    assert report.reason == "n0; n1; n2; n3; n4; and 295 more"
    assert report.diff[-2:] == ("+199", "... and 100 more lines")

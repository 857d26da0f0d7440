"""The words that every form shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxlock.model import (
    CheckReport,
    Noise,
    OutputReport,
    Place,
    Resources,
    Variation,
    Verdict,
)
from noxlock.report import words
from support.reports import CLOSE, GONE, SAME, TEXT, difference, drift, report

DRIFT = (
    "weights.npy[3] differs by 0.0012 (relative 4e-5, 336 ULP),"
    " 5 of 650 values out of tolerance"
)


def varied(axis: str, value: str, verdict: Verdict) -> Variation:
    return Variation(axis=axis, value=value, verdict=verdict)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (report(SAME), "identical: 1 output"),
        (report(SAME, SAME), "identical: 2 outputs"),
        (
            report(SAME, variations=(varied("tz", "UTC", Verdict.IDENTICAL),)),
            "identical: 1 output, 1 variation",
        ),
        (report(), "not-comparable: 0 outputs"),
        (report(SAME, drift()), f"drifted: {DRIFT}"),
        (report(drift(), GONE), "not-comparable: log.txt: the output is missing"),
        (
            report(CLOSE),
            (
                "within-tolerance: predictions.csv: row 7, column score differs by"
                " 0.0012 (relative 4e-5, 336 ULP), within tolerance"
            ),
        ),
        (
            report(TEXT),
            (
                "drifted: summary.txt: line 7 is 'loss 0.42', the baseline 'loss 0.31',"
                " 2 of 40 values out of tolerance"
            ),
        ),
        (
            report(
                OutputReport(
                    output="log.txt",
                    verdict=Verdict.NOT_COMPARABLE,
                    reason="the baseline was changed",
                    difference=difference(),
                ),
                drift(),
            ),
            "not-comparable: log.txt: the baseline was changed",
        ),
        (
            report(
                OutputReport(
                    output="a.npy",
                    verdict=Verdict.DRIFTED,
                    reason="dtype float64 became float32",
                    difference=difference(violations=0),
                )
            ),
            "drifted: a.npy: dtype float64 became float32",
        ),
        (
            report(reason="no baseline", verdict=Verdict.NOT_COMPARABLE),
            "not-comparable: no baseline",
        ),
        (
            report(
                SAME,
                verdict=Verdict.DRIFTED,
                variations=tuple(
                    varied("threads", str(number), Verdict.DRIFTED)
                    for number in range(1, 6)
                ),
            ),
            (
                "drifted: the result changes with threads 1, threads 2, threads 3 and 2"
                " more"
            ),
        ),
        (
            report(
                SAME,
                verdict=Verdict.NOT_COMPARABLE,
                variations=(varied("tz", "UTC", Verdict.NOT_COMPARABLE),),
            ),
            "not-comparable: not comparable with tz UTC",
        ),
        (
            report(
                drift(),
                variations=(
                    varied("tz", "UTC", Verdict.NOT_COMPARABLE),
                    varied("threads", "2", Verdict.DRIFTED),
                ),
            ),
            (
                f"drifted: {DRIFT}; the result changes with threads 2; not comparable"
                " with tz UTC"
            ),
        ),
        (
            report(
                drift(),
                reason="it has changed, too: a.npy drifted",
                flaky=True,
                noise=Noise(runs=3, verdict=Verdict.DRIFTED, outputs=(drift(),)),
                variations=(varied("threads", "2", Verdict.DRIFTED),),
            ),
            (
                "flaky: 3 runs in the same surroundings do not agree:"
                f" {DRIFT}; it has changed, too: a.npy drifted"
            ),
        ),
        (
            report(drift(), reason="the store was slow"),
            f"drifted: {DRIFT}; the store was slow",
        ),
        (
            report(SAME, reason="the store was slow"),
            "identical: 1 output; the store was slow",
        ),
        (
            report(
                drift(
                    worst=Place(
                        where="auc",
                        baseline="0.92 ± 0.013 (8 runs)",
                        actual="0.87 ± 0.013 (8 runs)",
                        absolute=0.05,
                        relative=0.054,
                        note="p = 0.0002 < alpha 0.01 (8 recorded runs, 8 now)",
                    ),
                )
            ),
            (
                "drifted: weights.npy: auc differs by 0.05 (relative 0.054), p = 0.0002"
                " < alpha 0.01 (8 recorded runs, 8 now), 5 of 650 values out of"
                " tolerance"
            ),
        ),
        (
            report(
                SAME,
                flaky=True,
                noise=Noise(runs=3, verdict=Verdict.DRIFTED, outputs=(drift(),)),
            ),
            f"flaky: 3 runs in the same surroundings do not agree: {DRIFT}",
        ),
        (
            report(
                SAME,
                flaky=True,
                noise=Noise(runs=2, verdict=Verdict.DRIFTED, outputs=()),
            ),
            "flaky: 2 runs in the same surroundings do not agree",
        ),
    ],
)
def test_the_headline_says_it_all(found: CheckReport, line: str) -> None:
    assert words.headline(found) == f"digits: {line}"


def test_an_accepted_baseline_whose_check_fails_says_by_what() -> None:
    found = report(
        SAME,
        accepted=True,
        verdict=Verdict.DRIFTED,
        variations=(varied("threads", "2", Verdict.DRIFTED),),
    )
    assert words.headline(found) == (
        "digits: recorded as the baseline: 1 output, 1 variation, but the check fails:"
        " the result changes with threads 2"
    )


def test_an_accepted_baseline_is_said_as_such() -> None:
    found = report(SAME, accepted=True)
    assert words.headline(found) == "digits: recorded as the baseline: 1 output"


def test_flaky_does_not_pass() -> None:
    assert words.passed(report(SAME))
    assert not words.passed(report(SAME, flaky=True))
    assert not words.passed(report(drift()))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(where="", baseline="1.0", actual="1.5"), None),
        (Place(where="", baseline="1", actual="inf", absolute=float("inf")), None),
        (
            Place(where="", baseline="0", actual="1", absolute=1.0, relative=1e400),
            "1 (relative inf)",
        ),
        (
            Place(
                where="", baseline="", actual="", absolute=3e-20, relative=1, ulp=12345
            ),
            "3e-20 (relative 1, 12,345 ULP)",
        ),
    ],
)
def test_places_with_a_size_say_it(place: Place, said: str | None) -> None:
    assert words.size_line(place) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "-"),
        (0, "0"),
        (4e-5, "4e-5"),
        (-0.00123, "-0.0012"),
        (99.4, "99"),
        (99.6, "100"),
        (668.2, "668"),
        (-12345.6, "-12,346"),
        (1e7, "1e7"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_short(number: float | None, said: str) -> None:
    assert words.short(number) == said


def test_an_output_without_a_place_is_said_by_its_name() -> None:
    assert words.place("a.json", "") == "a.json"
    assert words.place("a.json", "loss") == "a.json: loss"
    assert words.place("a.npy", "[3]") == "a.npy[3]"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.031, "0.031 s"),
        (9.87, "9.9 s"),
        (31.4, "31 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7200, "2 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_times_are_said_as_people_do(seconds: float, said: str) -> None:
    assert words.took(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (1023, "1023 B"),
        (96 << 20, "96 MiB"),
        (3 << 29, "1.5 GiB"),
        (5 << 50, "5120 TiB"),
    ],
)
def test_memory_is_said_in_powers_of_two(size: int, said: str) -> None:
    assert words.memory(size) == said


def test_resources_say_what_is_known() -> None:
    assert words.resources_line(None) == ""
    assert words.resources_line(Resources(seconds=2)) == "2 s"
    known = Resources(seconds=2, peak_memory=1 << 20)
    assert words.resources_line(known) == "2 s, 1 MiB"


def test_long_text_is_cut_in_the_middle() -> None:
    assert words.shortened("a" * 60) == "a" * 60
    assert words.shortened("a" * 40 + "b" * 40, 21) == "aaaaaaaaa...bbbbbbbbb"
    assert words.shortened("a\tb\n\nc") == "a b c"


def test_bins_are_named_by_the_distances_in_them() -> None:
    assert words.bins((5, 4, 3, 2)) == [("0", 5), ("1", 4), ("2-3", 3), ("4-7", 2)]
    assert words.bins((5,)) == [("0", 5)]
    assert words.bins(()) == []


@given(st.lists(st.integers(0, 9), max_size=66), st.integers(2, 30))
def test_many_bins_are_taken_together_and_none_is_lost(
    histogram: list[int], rows: int
) -> None:
    found = words.bins(tuple(histogram), rows)
    assert sum(count for _, count in found) == sum(histogram)
    assert len(found) <= rows
    names = [name for name, _ in words.bins(tuple([1] * 54))]
    assert names[:3] == ["0", "1-15", "16-255"]
    assert names[-3:] == ["2^44 to 2^48", "2^48 to 2^52", "2^52 to 2^53"]


@pytest.mark.parametrize(
    ("distance", "said"),
    [(None, "-"), (0, "0"), (83_886, "83,886"), (422_212_465_065_984, "4.2e14")],
)
def test_large_distances_are_said_in_two_digits(
    distance: int | None, said: str
) -> None:
    assert words.ulps(distance) == said


@pytest.mark.parametrize(
    ("ulp", "absolute", "said"),
    [(None, 1.0, "-"), (0, 0.0, "0"), (0, 1.0, "-"), (0, None, "-"), (336, 1.0, "336")],
)
def test_the_ulp_of_equal_floats_is_not_said_of_what_differs(
    ulp: int | None, absolute: float | None, said: str
) -> None:
    found = difference(ulp=ulp, absolute=absolute)
    assert words.largest_ulps(found) == said

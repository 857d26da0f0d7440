"""Arrays: values, places, shapes, dtypes, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.model import Difference, Place, Tolerance, Verdict
from support.arrays import EXACT, INF, NAN, compare_arrays, difference

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


@pytest.mark.parametrize(
    ("actual", "baseline", "tolerance", "verdict"),
    [
        (1.0, 1.0, EXACT, Verdict.IDENTICAL),
        ([1.0, 2.0], [1.0, 2.5], EXACT, Verdict.DRIFTED),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(atol=0.5), Verdict.WITHIN_TOLERANCE),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(rtol=0.2), Verdict.WITHIN_TOLERANCE),
        ([1.0, 2.0], [1.0, 2.5], Tolerance(rtol=0.19), Verdict.DRIFTED),
        ([2.5], [2.0], Tolerance(rtol=0.2), Verdict.DRIFTED),
        ([-0.0], [0.0], EXACT, Verdict.IDENTICAL),
        ([NAN, 1], [NAN, 1], EXACT, Verdict.IDENTICAL),
        ([NAN], [1.0], Tolerance(atol=1e300, rtol=1e300), Verdict.DRIFTED),
        ([1.0], [NAN], Tolerance(atol=1e300, rtol=1e300), Verdict.DRIFTED),
        ([INF, -INF], [INF, -INF], EXACT, Verdict.IDENTICAL),
        ([INF], [-INF], Tolerance(rtol=1), Verdict.DRIFTED),
        ([1.0], [INF], Tolerance(rtol=1), Verdict.DRIFTED),
        ([1e308], [-1e308], Tolerance(rtol=1), Verdict.DRIFTED),
        (np.array([1.0], "f2"), np.array([1.002], "f2"), EXACT, Verdict.DRIFTED),
        (np.array([1e38], "f4"), np.array([-3e38], "f4"), EXACT, Verdict.DRIFTED),
        ([1 + 2j], [1 + 2j], EXACT, Verdict.IDENTICAL),
        ([complex(NAN, 1)], [complex(NAN, 1)], EXACT, Verdict.IDENTICAL),
        ([complex(NAN, 1)], [complex(NAN, 2)], Tolerance(atol=5), Verdict.DRIFTED),
        ([3 + 4j], [0j], Tolerance(atol=5), Verdict.WITHIN_TOLERANCE),
        ([3 + 4j], [0j], Tolerance(atol=4.9), Verdict.DRIFTED),
        ([True, False], [True, True], EXACT, Verdict.DRIFTED),
        ([True, False], [True, True], Tolerance(atol=1), Verdict.DRIFTED),
        ([2**63 - 1], [-(2**63)], Tolerance(atol=1), Verdict.DRIFTED),
        ([2**53 + 1], [2**53], EXACT, Verdict.DRIFTED),
        ([2**53 + 1], [2**53], Tolerance(atol=1), Verdict.WITHIN_TOLERANCE),
        (np.array([0], "u8"), np.array([2**64 - 1], "u8"), EXACT, Verdict.DRIFTED),
        (["a", "b"], ["a", "b"], EXACT, Verdict.IDENTICAL),
        (["a", "b"], ["a", "c"], Tolerance(atol=9), Verdict.DRIFTED),
        ([b"a"], [b"b"], EXACT, Verdict.DRIFTED),
        (np.void(b"ab"), np.void(b"ab"), EXACT, Verdict.IDENTICAL),
        (np.void(b"ab"), np.void(b"ac"), EXACT, Verdict.DRIFTED),
        (
            np.array(["2026-01-01", "NaT"], "M8[D]"),
            np.array(["2026-01-01", "NaT"], "M8[D]"),
            EXACT,
            Verdict.IDENTICAL,
        ),
        (
            np.array(["2026-01-01"], "M8[D]"),
            np.array(["2026-01-02"], "M8[D]"),
            Tolerance(atol=5),
            Verdict.DRIFTED,
        ),
        (np.array([5], "m8[s]"), np.array([6], "m8[s]"), EXACT, Verdict.DRIFTED),
        (np.empty((0, 3)), np.empty((0, 3)), EXACT, Verdict.IDENTICAL),
    ],
)
def test_verdicts(
    folder: Path,
    actual: object,
    baseline: object,
    tolerance: Tolerance,
    verdict: Verdict,
) -> None:
    report = compare_arrays(folder, actual, baseline, tolerance)

    assert report.verdict is verdict
    assert (report.difference is None) == (verdict is Verdict.IDENTICAL)


def test_a_difference_has_place_size_and_full_precision(folder: Path) -> None:
    baseline = np.arange(12, dtype=np.float64).reshape(3, 4) / 7
    actual = baseline.copy()
    actual[2, 1] *= 1.25
    actual[0, 0] = 0.125
    found = difference(compare_arrays(folder, actual, baseline, Tolerance(rtol=0.1)))

    assert found == Difference(
        compared=12,
        differing=2,
        violations=2,
        first=Place(
            where="[0, 0]",
            baseline="0.0",
            actual="0.125",
            absolute=0.125,
            relative=INF,
            ulp=1020 << 52,
        ),
        worst=Place(
            where="[2, 1]",
            baseline=repr(float(baseline[2, 1])),
            actual=repr(float(actual[2, 1])),
            absolute=actual[2, 1] - baseline[2, 1],
            relative=(actual[2, 1] - baseline[2, 1]) / baseline[2, 1],
            ulp=int(actual[2:, 1].view("i8")[0] - baseline[2:, 1].view("i8")[0]),
        ),
        absolute=actual[2, 1] - baseline[2, 1],
        relative=INF,
        ulp=1020 << 52,
        histogram=(10, *(0,) * 50, 1, *(0,) * 10, 1),
    )


def test_the_place_is_that_of_a_violation_even_where_more_is_allowed_elsewhere(
    folder: Path,
) -> None:
    found = difference(
        compare_arrays(folder, [1e9 + 10, 1.5], [1e9, 1.0], Tolerance(rtol=1e-6))
    )
    assert (found.worst.where, found.absolute, found.violations) == ("[1]", 10.0, 1)


def test_nan_against_a_number_is_the_largest_of_differences(folder: Path) -> None:
    found = difference(compare_arrays(folder, [5.0, NAN], [1.0, 1.0]))
    assert (found.worst.where, found.absolute, found.worst.actual) == (
        "[1]",
        INF,
        "nan",
    )


def test_integers_are_exact_over_their_whole_range(folder: Path) -> None:
    found = difference(compare_arrays(folder, [2**63 - 1], [-(2**63)]))
    assert found.absolute == 2.0**64
    assert (found.worst.actual, found.worst.baseline) == (str(2**63 - 1), str(-(2**63)))


def test_what_is_no_number_has_no_size(folder: Path) -> None:
    found = difference(compare_arrays(folder, ["a", "x"], ["a", "y"]))
    assert (found.absolute, found.relative) == (None, None)
    assert (found.worst.where, found.worst.actual, found.worst.baseline) == (
        "[1]",
        "'x'",
        "'y'",
    )
    assert difference(compare_arrays(folder, [b"x"], [b"y"])).worst.actual == "b'x'"


def test_a_single_value_has_a_place_too(folder: Path) -> None:
    assert difference(compare_arrays(folder, 1.0, 2.0)).worst.where == "the value"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason", "compared"),
    [
        (np.zeros(3), np.zeros(4), "shape (4,) became (3,)", False),
        (np.zeros(()), np.zeros(1), "shape (1,) became ()", False),
        (np.zeros(2, "f4"), np.ones(2), "dtype float64 became float32", True),
        (np.zeros(2, "i8"), np.ones(2), "dtype float64 became int64", False),
        (np.zeros(2, "u1"), np.ones(2, "?"), "dtype bool became uint8", False),
        (np.array(["ab"]), np.array(["a"]), "dtype <U1 became <U2", True),
        (
            np.array([1], "M8[s]"),
            np.array([1], "M8[D]"),
            "dtype datetime64[D] became datetime64[s]",
            False,
        ),
        (
            np.zeros(1, [("x", "f8")]),
            np.zeros(1, [("y", "f8")]),
            "dtype [('y', '<f8')] became [('x', '<f8')]",
            False,
        ),
    ],
)
def test_another_shape_or_dtype_is_drift_with_a_reason(
    folder: Path,
    actual: object,
    baseline: object,
    reason: str,
    *,
    compared: bool,
) -> None:
    report = compare_arrays(folder, actual, baseline, Tolerance(atol=9))

    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)
    assert (report.difference is not None) == compared


def test_byte_order_is_no_difference(folder: Path) -> None:
    for kind in ("i4", "f8", "c16", "U3", "M8[s]"):
        values = np.array([1, 2, 3]).astype(f"<{kind}")
        report = compare_arrays(folder, values.astype(f">{kind}"), values)
        assert report.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("change", [(0, 0, 0), (2, 3, 4), (1, 0, 2)])
@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
def test_places_do_not_depend_on_the_order_in_memory(
    folder: Path, orders: str, change: tuple[int, ...]
) -> None:
    baseline = np.arange(60, dtype=np.float64).reshape(3, 4, 5)
    actual = baseline.copy()
    actual[change] += 1
    report = compare_arrays(
        folder,
        np.asarray(actual, order=orders[0]),  # type: ignore[call-overload] # "C" or "F"
        np.asarray(baseline, order=orders[1]),  # type: ignore[call-overload]
    )
    found = difference(report)
    assert found.worst.where == f"[{', '.join(map(str, change))}]"
    assert found.violations == 1
    assert found.compared == 60


@pytest.mark.parametrize("kind", ["M8[D]", "m8[s]", [("x", "f4"), ("t", "M8[s]")]])
def test_nat_is_to_nat_what_nan_is_to_nan(folder: Path, kind: DTypeLike) -> None:
    values = np.array([3] * 5, "i8").astype("M8[s]").astype("M8[D]")
    values[2] = "NaT"
    held = np.zeros(5, kind)
    view = held["t"] if held.dtype.names else held
    view[:] = values.view("i8").view(view.dtype)

    strict = compare_arrays(folder, held, held, Tolerance(equal_nan=False))

    assert strict.verdict is Verdict.DRIFTED
    found = difference(strict)
    where = "[2].t" if held.dtype.names else "[2]"
    assert (found.violations, found.first.where) == (1, where)
    assert (found.first.actual, found.first.baseline) == ("NaT", "NaT")
    loose = Tolerance(equal_nan=True, equal_inf=False)
    assert compare_arrays(folder, held, held, loose).verdict is Verdict.IDENTICAL
    moved = held.copy()
    (moved["t"] if held.dtype.names else moved)[2] = 1
    report = compare_arrays(folder, moved, held, Tolerance(atol=9))
    assert report.verdict is Verdict.DRIFTED


POINT = np.dtype([("x", "f8", (2,)), ("in", [("n", "i4"), ("s", "U2")])])


def test_structured_arrays_are_compared_by_field(folder: Path) -> None:
    baseline = np.zeros((2, 2), POINT)
    actual = baseline.copy()
    actual["x"][1, 0, 1] = 0.5
    actual["in"]["n"][0, 1] = 3
    actual["in"]["s"][1, 1] = "ab"
    keys = {"x": Tolerance(atol=1), "in.n": Tolerance(atol=1)}

    report = compare_arrays(folder, actual, baseline, Tolerance(keys=keys))
    assert difference(report).worst.where == "[1, 1].in.s"
    assert difference(report).violations == 2
    assert difference(report).compared == 4 * 4
    actual["in"]["s"] = ""
    report = compare_arrays(folder, actual, baseline, Tolerance(keys=keys))
    assert difference(report).worst.where == "[0, 1].in.n"
    actual["in"]["n"] = 0
    report = compare_arrays(folder, actual, baseline)
    assert difference(report).worst.where == "[1, 0].x[1]"
    inner = Tolerance(keys={"in": Tolerance(keys={"n": Tolerance(atol=1)})})
    assert (
        compare_arrays(folder, baseline, baseline, inner).verdict is Verdict.IDENTICAL
    )


def test_a_field_without_values_has_none_to_differ(folder: Path) -> None:
    baseline = np.zeros(2, [("x", "f8"), ("none", "f8", (0,))])
    actual = baseline.copy()
    actual["x"][1] = 1
    assert difference(compare_arrays(folder, actual, baseline)).worst.where == "[1].x"


def test_a_dtype_without_bytes_has_no_values_to_differ(folder: Path) -> None:
    empty = np.zeros(3, np.dtype([]))
    assert compare_arrays(folder, empty, empty).verdict is Verdict.IDENTICAL

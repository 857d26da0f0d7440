"""JSON: paths, numbers of every size, and what is no JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import compare_output
from noxlock.model import Difference, OutputReport, Place, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


def compare(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance = EXACT
) -> OutputReport:
    (folder / "actual.json").write_text(actual, encoding="utf-8")
    (folder / "baseline.json").write_text(baseline, encoding="utf-8")
    return compare_output(folder / "baseline.json", folder / "actual.json", tolerance)


def difference(report: OutputReport) -> Difference:
    assert report.difference is not None
    return report.difference


HUGE = 10**400


@pytest.mark.parametrize(
    ("actual", "baseline", "tolerance", "verdict"),
    [
        ("{}", "{}", EXACT, Verdict.IDENTICAL),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', EXACT, Verdict.IDENTICAL),
        ("1", "1.0", EXACT, Verdict.IDENTICAL),
        ("0.1", "0.10", EXACT, Verdict.IDENTICAL),
        ("-0.0", "0", EXACT, Verdict.IDENTICAL),
        ("[NaN, Infinity, -Infinity]",) * 2 + (EXACT, Verdict.IDENTICAL),
        ("NaN", "1.0", Tolerance(atol=9), Verdict.DRIFTED),
        ("Infinity", "-Infinity", Tolerance(rtol=9), Verdict.DRIFTED),
        ("1.5", "1", Tolerance(atol=0.5), Verdict.WITHIN_TOLERANCE),
        ("1.5", "1", Tolerance(atol=0.4), Verdict.DRIFTED),
        ("1.5", "1", Tolerance(rtol=0.5), Verdict.WITHIN_TOLERANCE),
        ("true", "1", Tolerance(atol=9), Verdict.DRIFTED),
        ("false", "false", EXACT, Verdict.IDENTICAL),
        ("false", "true", Tolerance(atol=9), Verdict.DRIFTED),
        ("null", "0", Tolerance(atol=9), Verdict.DRIFTED),
        ('"a"', '"a"', EXACT, Verdict.IDENTICAL),
        ('"1"', '"2"', Tolerance(atol=9), Verdict.DRIFTED),
        ('"1"', "1", EXACT, Verdict.DRIFTED),
        ("[1]", '{"0": 1}', EXACT, Verdict.DRIFTED),
        (str(2**70 + 1), str(2**70), EXACT, Verdict.DRIFTED),
        (str(2**70 + 1), str(2**70), Tolerance(atol=1), Verdict.WITHIN_TOLERANCE),
        (str(2**70 + 2), str(2**70), Tolerance(atol=1), Verdict.DRIFTED),
        (str(2**53 + 1), str(float(2**53)), Tolerance(rtol=0), Verdict.DRIFTED),
        (str(HUGE + 1), str(HUGE), EXACT, Verdict.DRIFTED),
        (str(HUGE + 1), str(HUGE), Tolerance(rtol=1e-9), Verdict.WITHIN_TOLERANCE),
        (str(HUGE), "1.5", Tolerance(rtol=1e9), Verdict.DRIFTED),
        (str(HUGE), "Infinity", Tolerance(rtol=1e9), Verdict.DRIFTED),
        ("3", "0", Tolerance(rtol=1), Verdict.DRIFTED),
        ("1e400", "1e400", EXACT, Verdict.NOT_COMPARABLE),
        ("1e-400", "0", EXACT, Verdict.IDENTICAL),
    ],
)
def test_verdicts(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance, verdict: Verdict
) -> None:
    assert compare(folder, actual, baseline, tolerance).verdict is verdict


@pytest.mark.parametrize(
    ("actual", "baseline", "where"),
    [
        ("1", "2", "the value"),
        ("[0, 1]", "[0, 2]", "[1]"),
        ('{"m": {"auc": [0, 1, 2]}}', '{"m": {"auc": [0, 1, 3]}}', "m.auc[2]"),
        ('{"a.b": {"": 1}}', '{"a.b": {"": 2}}', '["a.b"][""]'),
        ('{"ä": 1}', '{"ä": 2}', "ä"),
        ('{"\\ud800": 1}', '{"\\ud800": 2}', '["\\ud800"]'),
    ],
)
def test_a_difference_has_a_path(
    folder: Path, actual: str, baseline: str, where: str
) -> None:
    assert difference(compare(folder, actual, baseline)).worst.where == where


def test_values_are_said_in_full(folder: Path) -> None:
    found = difference(compare(folder, "[0.1, 0.30000000000000004]", "[0.1, 0.25]"))

    assert (found.first, found.compared) == (found.worst, 2)
    assert found.worst == Place(
        where="[1]",
        baseline="0.25",
        actual="0.30000000000000004",
        absolute=0.30000000000000004 - 0.25,
        relative=(0.30000000000000004 - 0.25) / 0.25,
        ulp=900719925474100,
    )
    assert (found.histogram[0], sum(found.histogram)) == (1, 2)
    found = difference(compare(folder, f"{HUGE + 1}", f"{HUGE}"))
    assert (found.absolute, found.worst.actual) == (1.0, str(HUGE + 1))
    assert (found.ulp, found.histogram) == (None, ())
    found = difference(compare(folder, f"{HUGE}", f"{-HUGE}"))
    assert (found.absolute, found.relative) == (float("inf"), 2.0)
    found = difference(compare(folder, '"x"', json.dumps("y" * 99)))
    assert found.worst.actual == '"x"'
    assert found.worst.baseline == f'"{"y" * 56}...'


def test_where_nothing_is_declared_floats_have_the_limits_of_float64(
    folder: Path,
) -> None:
    assert compare(folder, "1.0000001", "1").verdict is Verdict.WITHIN_TOLERANCE
    assert compare(folder, "1.000001", "1").verdict is Verdict.DRIFTED
    assert compare(folder, "1000000001", "1000000000").verdict is Verdict.DRIFTED
    nan = Tolerance(equal_nan=False)
    assert compare(folder, "NaN", "NaN", nan).verdict is Verdict.DRIFTED
    inf = Tolerance(equal_inf=False)
    assert compare(folder, "Infinity", "Infinity", inf).verdict is Verdict.DRIFTED


def test_a_diff_names_paths(folder: Path) -> None:
    report = compare(
        folder,
        '{"metrics": {"loss": 0.26, "name": "b"}, "runs": [0, 1, 2], "n": [1, 9]}',
        '{"metrics": {"loss": 0.25, "name": "a", "old": {"a": 1}}, "runs": [1, 2],'
        ' "n": [1, 2, 3]}',
    )
    assert report.diff == (
        '- metrics.old: {"a": 1}',
        "- metrics.loss: 0.25",
        "+ metrics.loss: 0.26",
        '- metrics.name: "a"',
        '+ metrics.name: "b"',
        "+ runs[0]: 0",
        "- n[2]: 3",
        "- n[1]: 2",
        "+ n[1]: 9",
    )
    assert report.reason == (
        "missing: metrics.old; runs: 2 elements became 3; n: 3 elements became 2"
    )
    assert compare(folder, "1", "1.5", Tolerance(atol=1)).diff == ()


def test_tolerances_reach_scalars_by_path(folder: Path) -> None:
    baseline = '{"metrics": {"train": {"loss": 1.0}, "test": {"loss": 2.0, "n": 1.0}}}'
    actual = baseline.replace("1.0}", "1.5}").replace("2.0", "2.5")
    near = Tolerance(keys={"metrics.*.loss": Tolerance(atol=0.5)})
    report = compare(folder, actual, baseline, near)
    assert report.verdict is Verdict.DRIFTED
    assert difference(report).first.where == "metrics.test.n"
    assert difference(report).violations == 1


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        ('{"a": 1}', '{"a": 1, "b": {"c": 1}}', "missing: b"),
        ('{"a": {"b": 1, "c": 2}}', '{"a": {"b": 1}}', "new: a.c"),
        ('{"a": [1, 2]}', '{"a": [1, 2, 3]}', "a: 3 elements became 2"),
        ("[]", "[1]", "the value: 1 elements became 0"),
        (
            "{}",
            json.dumps(dict.fromkeys("abcdefg", 1)),
            "missing: a; missing: b; missing: c; missing: d; missing: e; and 2 more",
        ),
    ],
)
def test_another_structure_is_drift_with_a_reason(
    folder: Path, actual: str, baseline: str, reason: str
) -> None:
    report = compare(folder, actual, baseline, Tolerance(atol=9))
    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        ("", "is empty"),
        ("{", "is no JSON: Expecting property name"),
        ("1 2", "is no JSON: Extra data at line 1, column 3"),
        ('{"a": 1, "b": 2, "a": 3}', 'has the key "a" twice in one object'),
        ("[" * 100_000, "is nested too deeply"),
        ("1" * 5000, "is no JSON that can be read: Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_not_comparable(
    folder: Path, actual: str, reason: str
) -> None:
    report = compare(folder, actual, "1", Tolerance(atol=9))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(f"the output {reason}")


def test_what_is_no_utf_8_is_not_comparable(folder: Path) -> None:
    (folder / "a.json").write_bytes(b'"\xff"')
    report = compare_output(folder / "a.json", folder / "a.json", EXACT)
    assert report.reason == "the baseline is no UTF-8 text: byte 1"


def test_nesting_beyond_what_can_be_walked_is_not_comparable(folder: Path) -> None:
    deep = '{"a":' * 700 + "1" + "}" * 700
    report = compare(folder, deep, deep)
    assert report.reason == "the baseline is nested too deeply"


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=80, deadline=None)
def test_any_tree_is_identical_to_itself(folder: Path, tree: object) -> None:
    text = json.dumps(tree)
    assert compare(folder, text, json.dumps(tree, indent=3)).verdict is (
        Verdict.IDENTICAL
    )


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 10),
    st.floats(0, 10),
)
@settings(max_examples=150, deadline=None)
def test_numbers_are_judged_by_the_formula(
    folder: Path, actual: float, baseline: float, rtol: float, atol: float
) -> None:
    report = compare(
        folder, repr(actual), repr(baseline), Tolerance(rtol=rtol, atol=atol)
    )
    close = abs(actual - baseline) <= atol + rtol * abs(baseline)
    assert report.verdict.passed == close

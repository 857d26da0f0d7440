"""CSV: columns by name, numeric cells by tolerance."""

from __future__ import annotations

import csv
import io
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
    return tmp_path_factory.mktemp("csv")


def compare(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance = EXACT
) -> OutputReport:
    (folder / "actual.csv").write_text(actual, encoding="utf-8", newline="")
    (folder / "baseline.csv").write_text(baseline, encoding="utf-8", newline="")
    return compare_output(folder / "baseline.csv", folder / "actual.csv", tolerance)


def difference(report: OutputReport) -> Difference:
    assert report.difference is not None
    return report.difference


def test_a_difference_has_row_and_column(folder: Path) -> None:
    baseline = "id,auc\n" + "".join(f"{n},0.5\n" for n in range(20))
    actual = baseline.replace("16,0.5", "16,0.75")

    found = difference(compare(folder, actual, baseline))

    assert found.first == found.worst
    assert found.worst == Place(
        where="row 17, column auc",
        baseline="0.5",
        actual="0.75",
        absolute=0.25,
        relative=0.5,
        ulp=2251799813685248,
    )
    assert (found.compared, found.differing, found.violations) == (40, 1, 1)


@pytest.mark.parametrize(
    ("actual", "baseline", "tolerance", "verdict"),
    [
        ("1", "1", EXACT, Verdict.IDENTICAL),
        ("1.0", "1", EXACT, Verdict.IDENTICAL),
        ("1e3", "1000", EXACT, Verdict.IDENTICAL),
        ("+5", "5", EXACT, Verdict.IDENTICAL),
        ("1.5", "1", Tolerance(atol=0.5), Verdict.WITHIN_TOLERANCE),
        ("1.5", "1", Tolerance(keys={"x": Tolerance(atol=1)}), Verdict.DRIFTED),
        (
            "1.5",
            "1",
            Tolerance(keys={"v": Tolerance(atol=1)}),
            Verdict.WITHIN_TOLERANCE,
        ),
        ("nan", "NaN", EXACT, Verdict.IDENTICAL),
        ("inf", "-inf", Tolerance(atol=1), Verdict.DRIFTED),
        ("nan", "1", Tolerance(atol=9), Verdict.DRIFTED),
        ("", "", EXACT, Verdict.IDENTICAL),
        ("", "0", Tolerance(atol=9), Verdict.DRIFTED),
        ("007", "7", EXACT, Verdict.DRIFTED),
        ("007", "008", Tolerance(atol=9), Verdict.DRIFTED),
        ("1_0", "10", EXACT, Verdict.DRIFTED),
        (" 1", "1", EXACT, Verdict.DRIFTED),
        ("abc", "abd", Tolerance(atol=9), Verdict.DRIFTED),
        (f"{2**63 + 1}", f"{2**63}", EXACT, Verdict.DRIFTED),
        (f"{2**63 + 1}", f"{2**63}", Tolerance(atol=1), Verdict.WITHIN_TOLERANCE),
        ("1" * 5000, "1" * 5000, EXACT, Verdict.IDENTICAL),
        ("1" * 5000, "1" * 4999 + "2", Tolerance(atol=1), Verdict.DRIFTED),
        ("1e400", "1e500", Tolerance(atol=1), Verdict.DRIFTED),
        ('"a,""b"\n', '"a,""b"', EXACT, Verdict.IDENTICAL),
    ],
)
def test_cells(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance, verdict: Verdict
) -> None:
    report = compare(folder, f"x,v\n1,{actual}", f"x,v\n1,{baseline}", tolerance)
    assert report.verdict is verdict


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        ("a\n1\n", "a,b\n1,2\n", "missing columns: b"),
        ("a,b,c\n1,2,3\n", "a\n1\n", "new columns: b, c"),
        ("b,a\n2,1\n", "a,b\n1,2\n", "columns reordered: a, b became b, a"),
        ("a\n1\n", "a\n1\n2\n3\n", "3 rows became 1"),
        ("a\n1\n2\n", "a\n", "0 rows became 2"),
    ],
)
def test_another_structure_is_drift_and_the_rest_is_compared(
    folder: Path, actual: str, baseline: str, reason: str
) -> None:
    report = compare(folder, actual, baseline)
    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)
    assert report.difference is None
    changed = compare(folder, actual.replace("1", "7"), baseline)
    if "1" in baseline:
        assert difference(changed).worst.where == "row 1, column a"


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        ("", "is empty"),
        ("a,b\n1\n", "is ragged: 1 cell in row 1, 2 in the first line"),
        ("a,b\n1,2,3\n", "is ragged: 3 cells in row 1, 2 in the first line"),
        ("a,b\n\n1,2\n", "is ragged: 0 cells in row 1, 2 in the first line"),
        ("\n", "has no columns: its first line is empty"),
        ("a,a\n1,2\n", "has the column 'a' twice"),
        ('a,b\n"1"x,2\n', "is no CSV: ',' expected after '\"', in row 1"),
        ('a,b\n"1,2\n', "is no CSV: unexpected end of data, in row 1"),
    ],
)
def test_what_is_no_table_is_not_comparable(
    folder: Path, actual: str, reason: str
) -> None:
    report = compare(folder, actual, "a,b\n1,2\n", Tolerance(atol=9))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the output {reason}"


def test_odd_names_of_columns_stay_on_their_line(folder: Path) -> None:
    found = difference(compare(folder, '"a\nb"\n1\n', '"a\nb"\n2\n'))
    assert found.worst.where == "row 1, column a\\nb"


@given(st.lists(st.tuples(st.text(), st.text()), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_table_is_identical_to_itself(
    folder: Path, rows: list[tuple[str, str]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel")
    writer.writerows([("a", "b"), *rows])
    same = text.getvalue().encode(errors="replace").decode()
    assert compare(folder, same, same).verdict is Verdict.IDENTICAL

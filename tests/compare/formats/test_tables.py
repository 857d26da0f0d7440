"""CSV: columns by name, numeric cells by tolerance."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import compare_output
from noxlock.compare._tally import Tally
from noxlock.compare.tolerance import Limit
from noxlock.model import Difference, OutputReport, Place, Tolerance, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
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


@pytest.mark.parametrize("blank", ["\n", "\r\n", "\n" * 5000])
def test_empty_lines_at_the_end_are_nothing(folder: Path, blank: str) -> None:
    table = "a,b\n1,2\n3,4\n"
    for actual, baseline in ((table + blank, table), (table, table + blank)):
        report = compare(folder, actual, baseline)
        assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 4)
    report = compare(folder, table + blank, table + blank)
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 4)
    report = compare(folder, table.replace("4", "5") + blank, table)
    assert difference(report).first.where == "row 2, column b"


def test_an_empty_line_in_the_middle_is_ragged(folder: Path) -> None:
    table = "a,b\n1,2\n"
    report = compare(folder, f"{table}\n3,4\n\n", f"{table}3,4\n")
    reason = "the output is ragged: 0 cells in row 2, 2 in the first line"
    assert (report.verdict, report.reason) == (Verdict.NOT_COMPARABLE, reason)


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
        (f"{2**53 + 1}", f"{2.0**53!r}", Tolerance(rtol=0), Verdict.DRIFTED),
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


def test_columns_are_parts_with_their_own_figures(folder: Path) -> None:
    baseline = "id,loss,note\n1,0.5,a\n2,0.25,b\n3,,c\n"
    actual = "id,loss,note\n1,0.5,a\n2,0.75,x\n3,,c\n"
    report = compare(folder, actual, baseline)
    parts = {part.key: part for part in report.parts}
    assert [part.key for part in report.parts] == ["loss", "note", "id"]
    assert (parts["id"].dtype, parts["id"].shape) == ("int64", (3,))
    assert (parts["loss"].dtype, parts["note"].dtype) == ("mixed", "text")
    assert parts["id"].verdict is Verdict.IDENTICAL
    loss = parts["loss"].difference
    assert loss is not None
    assert (loss.compared, loss.differing, loss.violations) == (3, 1, 1)
    assert (loss.absolute, loss.relative, loss.histogram[0]) == (0.5, 2.0, 1)
    assert difference(report).first.where == "row 2, column loss"
    note = parts["note"].difference
    assert note is not None
    assert note.first == Place(where="row 2, column note", baseline="'b'", actual="'x'")


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        ("a;b\n1;2\n", "a,b\n1,2\n", "separator comma became semicolon"),
        ("a|b\n1|2\n", "a\tb\n1\t2\n", "separator tab became bar"),
        ('"a","b"\r\n"1","2"\r\n', "a,b\n1,2\n", ""),
        ("\ufeffa,b\n1,2", "a,b\n1,2\n", ""),
    ],
)
def test_dialects(folder: Path, actual: str, baseline: str, reason: str) -> None:
    report = compare(folder, actual, baseline)
    assert report.reason == reason
    assert report.difference is None
    assert report.verdict.passed == (not reason)


def test_tabs_separate_tsv(folder: Path) -> None:
    (folder / "a.tsv").write_text("a,b\tc\n1\t2\n")
    (folder / "b.tsv").write_text("a,b\tc\n1\t3\n")
    report = compare_output(folder / "b.tsv", folder / "a.tsv", EXACT)
    assert report.format == "tsv"
    assert difference(report).first.where == "row 1, column c"


def test_a_first_row_of_numbers_names_no_columns(folder: Path) -> None:
    report = compare(folder, "0.5,1.5\n2.5,0.5\n", "0.5,1.5\n2.5,0.25\n")
    assert difference(report).first.where == "row 2, column 2"
    assert difference(report).compared == 4
    report = compare(folder, "1,1\n2,3\n", "1,1\n2,3\n")
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 4)
    report = compare(folder, "2020,2021\n2,3\n", "2020,2021\n2,4\n")
    assert difference(report).first.where == "row 1, column 2021"
    for pair, who in (
        (("a,b\n", "1.5,2\n"), "baseline"),
        (("1.5,2\n", "a,b\n"), "output"),
    ):
        reason = compare(folder, *pair).reason
        assert reason == f"the {who} has no names of columns: its first row are numbers"


def test_utf_16_is_read(folder: Path) -> None:
    (folder / "a16.csv").write_text("ä,b\n1,2\n", encoding="utf-16")
    (folder / "b16.csv").write_text("ä,b\n1,3\n", encoding="utf-16")
    report = compare_output(folder / "b16.csv", folder / "a16.csv", EXACT)
    assert difference(report).first.where == "row 1, column b"


@pytest.mark.parametrize(
    "text", [b"\xff,b\n1,2\n", b"a,b\n" + b"1,2\n" * 5000 + b"\xff,1\n"]
)
def test_what_is_no_utf_8_is_not_comparable(folder: Path, text: bytes) -> None:
    (folder / "bad.csv").write_bytes(text)
    report = compare_output(folder / "bad.csv", folder / "bad.csv", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith("the baseline is no UTF-8 text")


def test_tables_longer_than_a_block_are_read_to_their_end(folder: Path) -> None:
    rows = [f"{n},{n / 7!r},{'x' if n % 5 else 1.5},{2**60 + n}" for n in range(9000)]
    baseline = "\n".join(["i,real,mixed,large", *rows])
    rows[8500] = f"{8500},{8500 / 7 + 1!r},1.75,{2**60}"
    actual = "\n".join(["i,real,mixed,large", *rows, rows[0], rows[1]])
    report = compare(folder, actual, baseline)
    parts = {part.key: part for part in report.parts}
    assert report.reason == "9000 rows became 9002"
    assert report.compared == 36000
    for name in ("real", "mixed", "large"):
        found = parts[name].difference
        assert found is not None
        assert found.first.where == f"row 8501, column {name}"
        assert (found.differing, found.violations) == (1, 1)
    assert parts["i"].difference is None
    assert parts["i"].shape == (9000,)


def test_nan_and_infinity_follow_the_policy(folder: Path) -> None:
    text = "a,b,c\nnan,inf,1.5\nnan,inf,-inf\n"
    assert compare(folder, text, text).verdict is Verdict.IDENTICAL
    strict = compare(folder, text, text, Tolerance(equal_nan=False, equal_inf=False))
    verdicts = {part.key: part.verdict for part in strict.parts}
    assert set(verdicts.values()) == {Verdict.DRIFTED}
    assert difference(strict).differing == 5


NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.integers(-3, 3)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8), st.floats(0, 2))
@settings(max_examples=100, deadline=None)
def test_a_column_is_judged_as_its_numbers_are_one_by_one(
    folder: Path, rows: list[tuple[float, float]], rtol: float
) -> None:
    new, old = (
        "\n".join(["a,b", *(f"{row[n]!r},r{i}" for i, row in enumerate(rows))])
        for n in (0, 1)
    )
    report = compare(folder, new, old, Tolerance(rtol=rtol))
    tally = Tally()
    for mine, other in rows:
        tally.number((mine, other), Limit(rtol=rtol), lambda: "")
    found = tally.difference
    if found is None:
        assert report.verdict is Verdict.IDENTICAL
        return
    column = report.parts[0].difference
    assert column is not None
    assert (column.differing, column.violations) == (found.differing, found.violations)
    assert column.absolute == pytest.approx(found.absolute)
    assert (column.ulp, column.unsized) == (found.ulp, found.unsized)


def numbered(rows: Sequence[tuple[float, ...]]) -> str:
    return "id,a,b\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)


def table(count: int) -> list[tuple[float, ...]]:
    return [(n, n / 7, n % 3) for n in range(count)]


@pytest.mark.parametrize("count", [20, 5000, 20_000])
def test_a_row_that_was_put_in_shifts_nothing(folder: Path, count: int) -> None:
    rows = table(count)
    longer = [*rows[:12], (-1, 0.5, 7), *rows[12:]]
    report = compare(folder, numbered(longer), numbered(rows))
    assert report.verdict is Verdict.DRIFTED
    assert report.reason == (
        f"a row was put in after row 12; {count} rows became {count + 1}"
    )
    assert report.difference is None
    assert report.compared == 3 * count
    report = compare(folder, numbered(rows), numbered(longer))
    assert report.reason == f"row 13 was left out; {count + 1} rows became {count}"
    assert report.difference is None
    assert report.compared == 3 * count


@pytest.mark.parametrize("count", [1, 5, 40, 3000])
def test_many_rows_may_be_put_in_at_once(folder: Path, count: int) -> None:
    rows = table(9000)
    more = [(-n - 1, 0.5, 7) for n in range(count)]
    for place, where in ((0, "before row 1"), (5000, "after row 5000")):
        longer = [*rows[:place], *more, *rows[place:]]
        report = compare(folder, numbered(longer), numbered(rows))
        said = f"{count} rows were" if count > 1 else "a row was"
        assert report.reason.startswith(f"{said} put in {where}; 9000 rows became")
        assert report.difference is None
        report = compare(folder, numbered(rows), numbered(longer))
        end = place + count
        said = f"row {end} was" if count == 1 else f"rows {place + 1} to {end} were"
        assert report.reason.startswith(f"{said} left out; ")
        assert report.difference is None


def test_what_differs_is_placed_in_both_tables(folder: Path) -> None:
    rows = table(9000)
    new = [*rows[:100], (-1, 0.5, 7), *rows[100:]]
    new[4001] = (4000, 1e6, 1)
    new[50] = (50, 2e6, 2)
    report = compare(folder, numbered(new), numbered(rows))
    found = difference(report)
    assert found.violations == 2
    assert found.first.where == "row 51, column a"
    del new[50:52]
    report = compare(folder, numbered(new), numbered(rows))
    assert report.reason.startswith("rows 51 to 52 were left out; a row was put in")
    found = difference(report)
    assert found.first.where == "row 4001, now 4000, column a"
    assert found.first == found.worst


def test_rows_within_tolerance_stay_together(folder: Path) -> None:
    rows = table(9000)
    new = [(n, a * (1 + 1e-13), b) for n, a, b in rows]
    del new[3000:3002]
    report = compare(folder, numbered(new), numbered(rows))
    assert report.reason == "rows 3001 to 3002 were left out; 9000 rows became 8998"
    assert difference(report).violations == 0


def test_a_column_that_differs_everywhere_does_not_hide_a_shift(folder: Path) -> None:
    rows = table(9000)
    new = [(n, a + 1, b) for n, a, b in rows]
    new.insert(6000, (-1, 0.5, 7))
    report = compare(folder, numbered(new), numbered(rows))
    assert report.reason == "a row was put in after row 6000; 9000 rows became 9001"
    found = {part.key: part.difference for part in report.parts}
    assert found["id"] is None
    assert found["a"] is not None
    assert found["a"].violations == 9000


def test_many_shifts_are_counted(folder: Path) -> None:
    rows = table(6000)
    new = [row for row in rows if row[0] % 100 != 50]
    report = compare(folder, numbered(new), numbered(rows))
    assert report.reason == (
        "row 51 was left out; row 151 was left out; row 251 was left out;"
        " elsewhere 57 left out; 6000 rows became 5940"
    )
    report = compare(folder, numbered(rows), numbered(new))
    assert "elsewhere 57 put in" in report.reason
    dense = [row for row in rows if row[0] % 10 != 5]
    report = compare(folder, numbered(dense), numbered(rows))
    assert report.reason.endswith("elsewhere 597 left out; 6000 rows became 5400")
    assert report.difference is None


def test_rows_with_nothing_in_common_are_compared_as_they_come(folder: Path) -> None:
    rows = table(40_000)
    new = [(n + 0.5, a + 1, b + 1) for n, a, b in rows]
    new[10:] = [(n + 1e6, a, b) for n, a, b in new[10:]]
    report = compare(folder, numbered(new), numbered(rows))
    assert report.reason == ""
    assert difference(report).violations == 120_000


def test_flipped_labels_are_no_shift(folder: Path) -> None:
    labels = np.random.default_rng(1).integers(0, 2, 20_000)
    new = labels.copy()
    new[::7] ^= 1
    new[5000:5003] ^= 1
    texts = ["label\n" + "\n".join(map(str, each)) for each in (new, labels)]
    report = compare(folder, texts[0], texts[1])
    assert report.reason == ""
    assert difference(report).violations == np.count_nonzero(new != labels)


def test_rows_of_text_are_aligned_too(folder: Path) -> None:
    rows = [(f'"r, {n}"', f"{n}x", "" if n % 2 else "0x1") for n in range(500)]
    text = "id,a,b\n" + "\n".join(map(",".join, rows)) + "\n"
    new = text.replace('"r, 200",200x,0x1\n', "")
    report = compare(folder, new, text)
    assert report.reason == "row 201 was left out; 500 rows became 499"
    assert report.difference is None


ROWS = st.lists(st.integers(0, 30), max_size=40)


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_every_row_is_counted_once(
    folder: Path, old: list[int], new: list[int]
) -> None:
    mine, other = (
        "a,b\n" + "".join(f"{n},n{n}\n" for n in rows) for rows in (new, old)
    )
    report = compare(folder, mine, other)
    assert report.verdict.passed == (old == new)
    assert report.compared % 2 == 0
    assert report.compared <= 2 * min(len(old), len(new))


def test_an_empty_line_of_one_column_is_an_empty_cell(folder: Path) -> None:
    text = "v\n1.5\n\n3.5\n"  # as Arrow writes a null
    assert compare(folder, text, text).verdict is Verdict.IDENTICAL
    assert compare(folder, text, 'v\n1.5\n""\n3.5\n').verdict is Verdict.IDENTICAL
    found = difference(compare(folder, "v\n1.5\n2.5\n3.5\n", text))
    assert (found.first.where, found.differing) == ("row 2, column v", 1)

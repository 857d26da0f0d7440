"""Parquet and Arrow files: column by column, row by row."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import Settings, compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, difference
from support.formats import part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

UTC = dt.UTC
DAY = dt.datetime(2024, 1, 1, tzinfo=UTC)
ENTRIES = pa.map_(pa.string(), pa.float64())
STEPS = Settings(block=7)
COLUMNS: dict[str, Any] = {
    "loss": pa.array([1.0, 2.0, None, 4.0] * 10),
    "small": pa.array([np.float16(1.5)] * 40, pa.float16()),
    "count": pa.array(range(40)),
    "name": pa.array(["a", "bb", None, "ü"] * 10),
    "wide": pa.array(["a", "bb", None, "ü"] * 10, pa.large_string()),
    "raw": pa.array([b"x", b"yy"] * 20),
    "flag": pa.array([True, None] * 20),
    "price": pa.array([decimal.Decimal("1.10")] * 40),
    "when": pa.array([DAY] * 40, pa.timestamp("us", tz="UTC")),
    "nano": pa.array([1] * 40, pa.timestamp("ns")),
    "day": pa.array([DAY.date()] * 40),
    "clock": pa.array([dt.time(1, 2, 3)] * 40),
    "took": pa.array([dt.timedelta(seconds=1)] * 40),
    "list": pa.array([[1, 2], [], None, [3, None]] * 10),
    "fixed": pa.array([[1.0, 2.0]] * 40, pa.list_(pa.float64(), 2)),
    "struct": pa.array([{"x": 1, "y": "q"}, None, {"x": 2}, {"x": 3}] * 10),
    "map": pa.array([[("k", 1.5)], None] * 20, ENTRIES),
    "kind": pa.array(["u", "v"] * 20).dictionary_encode(),
    "none": pa.nulls(40),
}


def edited(name: str, row: int, value: object) -> dict[str, Any]:
    column = COLUMNS[name]
    values = column.to_pylist()
    values[row] = value
    return {**COLUMNS, name: pa.array(values, column.type)}


def compare(
    folder: Path,
    actual: dict[str, Any],
    baseline: dict[str, Any] = COLUMNS,
    tolerance: Tolerance = EXACT,
) -> OutputReport:
    parquet.write_table(pa.table(baseline), folder / "b.parquet", row_group_size=11)
    parquet.write_table(
        pa.table(actual),
        folder / "a.parquet",
        row_group_size=17,
        compression="zstd",
        use_dictionary=False,
    )
    return compare_output(
        folder / "b.parquet", folder / "a.parquet", tolerance, settings=STEPS
    )


def test_row_groups_compression_and_encodings_do_not_matter(tmp_path: Path) -> None:
    plain = {
        **COLUMNS,
        "kind": COLUMNS["kind"].dictionary_decode(),
        "wide": COLUMNS["name"],
    }
    report = compare(tmp_path, plain)
    assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")
    assert [each.key for each in report.parts] == list(COLUMNS)
    assert part(report, "loss").shape == (40,)
    assert part(report, "loss").dtype == "double"
    assert part(report, "loss").compared == 40


@pytest.mark.parametrize(
    ("edit", "where", "shown"),
    [
        (("loss", 2, 1.0), "row 3, column loss", ("None", "1.0")),
        (("loss", 0, None), "row 1, column loss", ("1.0", "None")),
        (("loss", 39, 4.5), "row 40, column loss", ("4.0", "4.5")),
        (("small", 8, np.float16(2)), "row 9, column small", ("1.5", "2.0")),
        (("count", 5, 6), "row 6, column count", ("5", "6")),
        (("name", 7, "u"), "row 8, column name", ("'ü'", "'u'")),
        (("wide", 7, "u"), "row 8, column wide", ("'ü'", "'u'")),
        (("raw", 0, b"z"), "row 1, column raw", ("b'x'", "b'z'")),
        (("flag", 20, False), "row 21, column flag", ("True", "False")),
        (("clock", 4, dt.time(1)), "row 5, column clock", None),
        (("list", 0, [1, 2, 3]), "row 1, column list", ("[1, 2]", "[1, 2, 3]")),
        (("list", 3, [3, 4]), "row 4, column list[1]", ("None", "4")),
        (("list", 39, [4, None]), "row 40, column list[0]", ("3", "4")),
        (("fixed", 9, [1.0, 3.0]), "row 10, column fixed[1]", ("2.0", "3.0")),
        (("struct", 3, {"x": 4}), "row 4, column struct.x", ("3", "4")),
        (("struct", 0, {"x": 1, "y": "r"}), "row 1, column struct.y", ("'q'", "'r'")),
        (("struct", 2, None), "row 3, column struct", None),
        (("map", 38, [("k", 2.5)]), "row 39, column map[0].value", ("1.5", "2.5")),
        (("map", 38, [("q", 1.5)]), "row 39, column map[0].key", ("'k'", "'q'")),
        (("price", 5, decimal.Decimal("1.11")), "row 6, column price", None),
        (("kind", 4, "w"), "row 5, column kind", ("'u'", "'w'")),
    ],
)
def test_a_value_is_found_at_its_row_and_column(
    tmp_path: Path,
    edit: tuple[str, int, object],
    where: str,
    shown: tuple[str, str] | None,
) -> None:
    report = compare(tmp_path, edited(*edit))
    found = difference(report)
    assert (report.verdict, found.differing) == (Verdict.DRIFTED, 1)
    assert found.first.where == where
    if shown:
        assert (found.first.baseline, found.first.actual) == shown
    assert report.parts[0].key == edit[0]


@pytest.mark.parametrize("name", ["when", "nano", "day", "took"])
def test_times_are_exact(tmp_path: Path, name: str) -> None:
    later = {**COLUMNS, name: pa.array([2] * 40, pa.int64()).cast("int64")}
    kind = COLUMNS[name].type
    later[name] = later[name].cast(pa.int32() if name == "day" else pa.int64())
    later[name] = later[name].view(kind)
    report = compare(tmp_path, later, tolerance=Tolerance(atol=1e18))
    assert report.verdict is Verdict.DRIFTED
    assert difference(report).violations == 40


def test_the_first_place_is_the_first_row_whatever_differs_there(
    tmp_path: Path,
) -> None:
    values = COLUMNS["loss"].to_pylist()
    values[1], values[2], values[6] = 2.5, 9.0, 1.0
    report = compare(tmp_path, {**COLUMNS, "loss": pa.array(values)})
    found = difference(report)
    assert found.first.where == "row 2, column loss"
    assert found.violations == 3


def test_decimals_are_exact_unless_a_key_declares_a_limit(tmp_path: Path) -> None:
    moved = edited("price", 5, decimal.Decimal("1.11"))
    assert not compare(tmp_path, moved).verdict.passed
    loose = Tolerance(keys={"price": Tolerance(atol=0.1)})
    report = compare(tmp_path, moved, tolerance=loose)
    assert report.verdict is Verdict.WITHIN_TOLERANCE
    assert difference(report).absolute == pytest.approx(0.01)


def test_tolerances_reach_fields_and_lists(tmp_path: Path) -> None:
    loose = Tolerance(keys={"struct.x": Tolerance(atol=1), "fixed": Tolerance(atol=1)})
    moved = {
        **edited("struct", 3, {"x": 4}),
        "fixed": edited("fixed", 9, [1.0, 2.5])["fixed"],
    }
    report = compare(tmp_path, moved, tolerance=loose)
    assert report.verdict is Verdict.WITHIN_TOLERANCE
    assert difference(report).differing == 2


def test_changes_of_the_schema_are_drifts(tmp_path: Path) -> None:
    old = {"a": pa.array([1, 2]), "b": pa.array([1, 2]), "c": pa.array(["x", "y"])}
    new = {"c": old["c"], "b": old["b"].cast(pa.int32()), "d": old["a"]}
    report = compare(tmp_path, new, old)
    assert report.verdict is Verdict.DRIFTED
    assert report.reason == (
        "columns reordered; a: is missing; d: is new; b: type int64 became int32"
    )
    assert part(report, "b").compared == 2
    report = compare(tmp_path, {"a": pa.array(["1", "2"])}, {"a": old["a"]})
    assert report.reason == "a: type int64 became string"
    loose = Tolerance(check_dtype=False)
    report = compare(tmp_path, {"a": new["b"]}, {"a": old["a"]}, loose)
    assert report.verdict is Verdict.IDENTICAL
    structs = [pa.array([{"x": 1, "y": 2}]), pa.array([{"x": 1}])]
    report = compare(tmp_path, {"s": structs[1]}, {"s": structs[0]})
    assert report.reason.startswith("s: type struct<x: int64, y: int64> became")


def test_other_numbers_of_rows_are_a_drift_and_those_of_both_are_compared(
    tmp_path: Path,
) -> None:
    shorter = {name: column.slice(0, 30) for name, column in COLUMNS.items()}
    report = compare(tmp_path, shorter)
    assert report.reason == "40 rows became 30"
    assert report.difference is None
    assert compare(tmp_path, COLUMNS, shorter).reason == "30 rows became 40"


def test_a_column_that_is_twice_there_is_not_comparable(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    parquet.write_table(twice, tmp_path / "a.parquet")
    report = compare_output(tmp_path / "a.parquet", tmp_path / "a.parquet", EXACT)
    assert report.reason == "the baseline has the column 'a' twice"


def test_names_with_dots_and_line_ends_are_their_own_columns(tmp_path: Path) -> None:
    old = {"a": pa.array([1]), "a.b": pa.array([2]), "c\n": pa.array([3])}
    new = {**old, "c\n": pa.array([4])}
    found = difference(compare(tmp_path, new, old))
    assert found.first.where == "row 1, column 'c\\n'"


def stream(path: Path, table: Any) -> None:  # noqa: ANN401 - pyarrow is optional here
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as w:
        w.write_table(table, max_chunksize=9)


@pytest.mark.parametrize(
    "write",
    [
        lambda path, table: feather.write_feather(table, str(path)),
        lambda path, table: feather.write_feather(table, str(path), "uncompressed"),
        stream,
    ],
)
def test_arrow_files_and_streams_are_read_in_batches(
    tmp_path: Path, write: Callable[[Path, Any], None]
) -> None:
    encoded = {**COLUMNS, "runs": pa.array([1] * 40)}
    feather.write_feather(pa.table(encoded), str(tmp_path / "b.arrow"), chunksize=13)
    write(tmp_path / "a.arrow", pa.table(encoded))
    paths = tmp_path / "b.arrow", tmp_path / "a.arrow"
    report = compare_output(*paths, EXACT, settings=STEPS)
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "feather")
    write(paths[1], pa.table({**encoded, "loss": edited("loss", 15, 9.0)["loss"]}))
    report = compare_output(*paths, EXACT, settings=STEPS)
    assert difference(report).first.where == "row 16, column loss"


def test_runs_and_views_equal_what_they_stand_for(tmp_path: Path) -> None:
    plain = {"r": pa.array([5, 5, 6]), "v": pa.array(["a", "b", "c"])}
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], [5, 6])
    coded = {"r": runs, "v": plain["v"].cast(pa.string_view())}
    for name, columns in (("b", plain), ("a", coded)):
        stream(tmp_path / f"{name}.arrows", pa.table(columns))
    paths = tmp_path / "b.arrows", tmp_path / "a.arrows"
    assert compare_output(*paths, EXACT).verdict is Verdict.IDENTICAL


def test_a_union_is_not_comparable_and_the_rest_is_compared(tmp_path: Path) -> None:
    kinds = pa.array([0, 1], pa.int8())
    union = pa.UnionArray.from_sparse(kinds, [pa.array([1, 2]), pa.array(["a", "b"])])
    stream(tmp_path / "a.arrows", pa.table({"u": union, "x": pa.array([1, 2])}))
    path = tmp_path / "a.arrows"
    report = compare_output(path, path, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "cannot be compared" in part(report, "u").reason
    assert part(report, "x").verdict is Verdict.IDENTICAL


def test_feather_of_version_1_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.feather").write_bytes(b"FEA1" + b"\0" * 40)
    path = tmp_path / "a.feather"
    assert "Feather of version 1" in compare_output(path, path, EXACT).reason


def test_types_that_arrow_only_names_are_compared_by_what_they_store(
    tmp_path: Path,
) -> None:
    uuids = pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b"0123456789abcdef"] * 2, pa.binary(16))
    )
    columns = {
        "id": uuids,
        "raw": pa.array([b"x", None], pa.large_binary()),
        "late": pa.array([2**62, 5], pa.timestamp("s")),
        "span": pa.array([pa.MonthDayNano([1, 2, 3])] * 2),
        "text": pa.array(["a"] * 2).cast(pa.string_view()),
    }
    other = {
        **columns,
        "raw": pa.array([b"x", b"y"], pa.binary()),
        "late": pa.array([2**62, None], pa.timestamp("s")),
        "span": pa.array([pa.MonthDayNano([1, 2, 3]), pa.MonthDayNano([1, 2, 4])]),
        "text": pa.array(["a", "b"], pa.large_string()),
    }
    for name, held in (("b", columns), ("a", other)):
        stream(tmp_path / f"{name}.arrows", pa.table(held))
    report = compare_output(tmp_path / "b.arrows", tmp_path / "a.arrows", EXACT)
    differing = {each.key for each in report.parts if not each.verdict.passed}
    assert differing == {"raw", "late", "span", "text"}
    assert report.reason == ""

"""Zarr: both versions, as folders and zips."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import Settings, compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, difference
from support.formats import part, write_zarr

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

zarr = pytest.importorskip("zarr")

SMALL = Settings(block=7)
TABLE = np.arange(60, dtype="f4").reshape(10, 6)


def write(path: Path, version: int = 3, chunks: tuple[int, int] = (4, 3)) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shutil.rmtree(path, ignore_errors=True)
        store = zarr.storage.LocalStore(path)
        about = {"step": 1, "more": [1, 2.5, {"x": "y", "z": None}], "on": True}
        group = zarr.open_group(store, mode="w", zarr_format=version, attributes=about)
        x = group.create_array("x", shape=TABLE.shape, chunks=chunks, dtype="f4")
        x[:] = TABLE
        x.attrs["unit"] = "m"
        inner = group.create_group("sub")
        inner.create_array("s", shape=(4,), dtype="i8")[:] = [1, 2, 3, 4]
        inner.create_array("scalar", shape=(), dtype="f8")[()] = 3.5
        group.create_array("text", shape=(3,), dtype=str)[:] = np.array(
            ["a", "b", "ü"], object
        )
        when = group.create_array("when", shape=(2,), dtype="M8[ns]")
        when[:] = np.array(["2024-01-01", "NaT"], "M8[ns]")
        pairs = group.create_array(
            "pairs", shape=(2,), dtype=[("a", "i4"), ("b", "f8")]
        )
        pairs[:] = np.array([(1, 2.5), (3, 4.5)], pairs.dtype)
    return group


def compare(
    folder: Path, edit: Callable[[Any], None], tolerance: Tolerance = EXACT
) -> OutputReport:
    write(folder / "b.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edit(write(folder / "a.zarr"))
    return compare_output(
        folder / "b.zarr", folder / "a.zarr", tolerance, settings=SMALL
    )


def test_version_chunks_and_shards_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "b.zarr", 2)
    write(tmp_path / "a.zarr", 3, (10, 1))
    report = compare_output(
        tmp_path / "b.zarr", tmp_path / "a.zarr", EXACT, settings=SMALL
    )
    assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")
    assert report.format == "zarr"
    assert part(report, "text").dtype == "str"
    assert part(report, "x").shape == (10, 6)
    group = write(tmp_path / "a.zarr")
    sharded = group.create_array(
        "x", shape=(10, 6), chunks=(2, 3), shards=(4, 6), dtype="f4", overwrite=True
    )
    sharded[:] = TABLE
    sharded.attrs["unit"] = "m"
    report = compare_output(tmp_path / "b.zarr", tmp_path / "a.zarr", EXACT)
    assert report.verdict is Verdict.IDENTICAL


def put(path: str, where: Any, value: object) -> Callable[[Any], None]:  # noqa: ANN401
    def edit(group: Any) -> None:  # noqa: ANN401
        group[path][where] = value

    return edit


def told(path: str, name: str, value: object) -> Callable[[Any], None]:
    def edit(group: Any) -> None:  # noqa: ANN401
        (group[path] if path else group).attrs[name] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "where", "shown"),
    [
        (put("x", (3, 4), 9), "x[3, 4]", ("22.0", "9.0")),
        (put("sub/s", 3, 9), "sub/s[3]", ("4", "9")),
        (put("sub/scalar", (), 4.5), "sub/scalar", ("3.5", "4.5")),
        (put("text", 2, "q"), "text[2]", ("'ü'", "'q'")),
        (told("", "step", 2), "@step", ("1", "2")),
        (told("", "on", 1), "@on", ("True", "1")),
        (told("", "more", [1, 3.5, {"x": "y", "z": None}]), "@more[1]", None),
        (told("", "more", [1, 2.5, {"x": "q", "z": None}]), "@more[2].x", None),
        (told("x", "unit", "cm"), "x@unit", ("'m'", "'cm'")),
    ],
)
def test_a_value_is_found_by_its_path(
    tmp_path: Path,
    edit: Callable[[Any], None],
    where: str,
    shown: tuple[str, str] | None,
) -> None:
    report = compare(tmp_path, edit)
    assert report.verdict is Verdict.DRIFTED
    found = difference(report)
    assert found.first.where == where
    if shown:
        assert (found.first.baseline, found.first.actual) == shown


def remade(path: str, **how: Any) -> Callable[[Any], None]:  # noqa: ANN401
    def edit(group: Any) -> None:  # noqa: ANN401
        group.create_array(path, overwrite=True, **how)

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda group: group.__delitem__("x"), "x: is missing"),
        (lambda group: group.create_group("new"), "new: is new"),
        (told("x", "new", 1), "x@new: is new"),
        (told("", "more", [1]), "@more: 3 elements became 1"),
        (told("", "more", [1, 2.5, {"w": 1, "x": "y"}]), "@more: z is missing"),
        (remade("x", shape=(3,), dtype="f4"), "x: shape (10, 6) became (3,)"),
        (remade("x", shape=(10, 6), dtype="f8"), "x: dtype float32 became float64"),
        (remade("text", shape=(4,), dtype=str), "text: shape (3,) became (4,)"),
        (remade("text", shape=(3,), dtype="i4"), "text: dtype str became int32"),
        (remade("sub", shape=(3,), dtype="i4"), "sub: group became array"),
    ],
)
def test_what_is_not_there_any_more_or_became_another_is_a_drift(
    tmp_path: Path, edit: Callable[[Any], None], reason: str
) -> None:
    report = compare(tmp_path, edit)
    assert report.verdict is Verdict.DRIFTED
    assert reason in report.reason


def test_tolerances_go_by_path_and_reach_attributes(tmp_path: Path) -> None:
    loose = Tolerance(keys={"x": Tolerance(atol=20), "@more": Tolerance(atol=1)})

    def edit(group: Any) -> None:  # noqa: ANN401
        group["x"][3, 4] = 9
        group.attrs["more"] = [1, 3.5, {"x": "y", "z": None}]

    report = compare(tmp_path, edit, loose)
    assert report.verdict is Verdict.WITHIN_TOLERANCE


def test_a_store_may_be_one_array_or_a_zip(tmp_path: Path) -> None:
    for name in ("a", "b"):
        array = zarr.create_array(
            zarr.storage.LocalStore(tmp_path / f"{name}.zarr"), shape=(9,), dtype="f8"
        )
        array[:] = 1.0
    array[2] = 5.0  # of the baseline
    report = compare_output(tmp_path / "b.zarr", tmp_path / "a.zarr", EXACT)
    assert difference(report).first.where == "[2]"
    for name, value in (("a", 1.0), ("b", 2.0)):
        write_zarr(tmp_path / f"{name}.zarr.zip", {"x": np.full(5, value)})
    paths = tmp_path / "b.zarr.zip", tmp_path / "a.zarr.zip"
    report = compare_output(*paths, EXACT)
    assert difference(report).first.where == "x[0]"


def test_a_damaged_chunk_fails_its_array_alone(tmp_path: Path) -> None:
    write(tmp_path / "b.zarr")
    write(tmp_path / "a.zarr")
    (tmp_path / "a.zarr/x/c/0/0").write_bytes(b"garbage")
    report = compare_output(tmp_path / "b.zarr", tmp_path / "a.zarr", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "x: the output is damaged: " in report.reason
    assert part(report, "text").verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("zarr.json", b"{garbage", "is no Zarr that can be read"),
        ("x/zarr.json", b"{garbage", "is no Zarr that can be read"),
        ("x/zarr.json", b"[]", "is no Zarr that can be read"),
    ],
)
def test_damaged_metadata_are_not_comparable(
    tmp_path: Path, name: str, change: bytes, reason: str
) -> None:
    write(tmp_path / "b.zarr")
    write(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / name).write_bytes(change)
    report = compare_output(tmp_path / "b.zarr", tmp_path / "a.zarr", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reason in report.reason


@pytest.mark.parametrize("zipped", [False, True])
def test_a_shape_that_nothing_stands_for_is_not_read_for_years(
    tmp_path: Path, *, zipped: bool
) -> None:
    path = tmp_path / "a.zarr"
    write(path)
    about = json.loads((path / "x/zarr.json").read_text())
    about["shape"] = [1 << 50, 6]
    (path / "x/zarr.json").write_text(json.dumps(about))
    if zipped:
        shutil.make_archive(str(path), "zip", path)
        path = tmp_path / "a.zarr.zip"
    report = compare_output(path, path, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "claims to hold" in part(report, "x").reason


def test_what_is_no_store_is_not_comparable(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    path.mkdir()
    assert compare_output(path, path, EXACT).reason == "the baseline is empty"
    (path / "notes.txt").write_text("x")
    assert "is no Zarr that can be read" in compare_output(path, path, EXACT).reason
    path = tmp_path / "b.zarr"
    path.write_text("x")
    assert "neither a folder nor a zip" in compare_output(path, path, EXACT).reason


def test_a_zip_that_inflates_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zarr.json", "w", force_zip64=True) as member,
    ):
        for _ in range(257):
            member.write(bytes(1 << 20))
    report = compare_output(path, path, EXACT)
    assert "inflates `zarr.json` beyond all measure" in report.reason


@pytest.mark.parametrize("dtype", ["|O", "<f8"])
def test_a_pickle_in_a_store_is_never_loaded(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "a.zarr"
    (path / "x").mkdir(parents=True)
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    about = {
        "zarr_format": 2,
        "shape": [1],
        "chunks": [1],
        "dtype": dtype,
        "compressor": None,
        "filters": [{"id": "pickle", "protocol": 5}],
        "fill_value": 0,
        "order": "C",
    }
    (path / "x/.zarray").write_text(json.dumps(about))
    (path / "x/0").write_bytes(b"cos\n_exit\n(I1\ntR.")  # it would end this process
    report = compare_output(path, path, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "pickle" in report.reason

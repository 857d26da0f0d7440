"""Safetensors: what differs, and headers that the format does not allow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, difference
from support.formats import part

if TYPE_CHECKING:
    from pathlib import Path

library = pytest.importorskip("safetensors.numpy")
small = pytest.importorskip("ml_dtypes")

HEADER = {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


def compare(
    folder: Path,
    actual: dict[str, Any],
    baseline: dict[str, Any],
    tolerance: Tolerance = EXACT,
) -> OutputReport:
    library.save_file(actual, folder / "a.safetensors", metadata={"format": "pt"})
    library.save_file(baseline, folder / "b.safetensors", metadata={"format": "pt"})
    return compare_output(folder / "b.safetensors", folder / "a.safetensors", tolerance)


def written(path: Path, header: object, data: bytes = b"\0" * 8) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@pytest.mark.parametrize(
    "dtype",
    [
        "?",
        *("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"),
        *("f2", "f4", "f8", "c8"),
        small.bfloat16,
        small.float8_e5m2,
        small.float8_e4m3fn,
    ],
)
def test_every_dtype_is_read_as_its_library_wrote_it(
    tmp_path: Path, dtype: object
) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]]).astype(np.dtype(dtype))  # type: ignore[call-overload] # any of them
    moved = values.copy()
    moved[1, 1] = 1
    assert compare(tmp_path, {"x": values}, {"x": values}).verdict is Verdict.IDENTICAL
    report = compare(tmp_path, {"x": moved}, {"x": values})
    found = difference(report)
    assert (found.first.where, found.differing, found.compared) == ("x[1, 1]", 1, 7)
    assert part(report, "x").dtype == str(values.dtype)


def test_tensors_go_by_name_wherever_they_lie(tmp_path: Path) -> None:
    arrays = {
        "b": np.arange(3, dtype="i8"),
        "a": np.ones((2, 2), "f4"),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(2.0),
    }
    report = compare(tmp_path, dict(reversed(arrays.items())), arrays)
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 9)
    assert report.format == "safetensors"


def test_those_that_differ_come_first_and_tolerances_go_by_name(
    tmp_path: Path,
) -> None:
    old = {"a": np.zeros(3), "b": np.zeros(3)}
    new = {"a": np.zeros(3), "b": np.full(3, 0.5)}
    report = compare(tmp_path, new, old)
    assert report.parts[0].key == "b"
    loose = Tolerance(keys={"b": Tolerance(atol=1)})
    assert compare(tmp_path, new, old, loose).verdict is Verdict.WITHIN_TOLERANCE


def test_tensors_that_one_lacks_are_drifts(tmp_path: Path) -> None:
    value = np.zeros(3)
    report = compare(tmp_path, {"a": value, "new": value}, {"a": value, "old": value})
    assert report.verdict is Verdict.DRIFTED
    assert report.reason == "old: is missing; new: is new"


def test_another_shape_or_dtype_is_a_drift(tmp_path: Path) -> None:
    report = compare(tmp_path, {"a": np.zeros(3)}, {"a": np.zeros((3, 1))})
    assert report.reason == "a: shape (3, 1) became (3,)"
    report = compare(tmp_path, {"a": np.zeros(3, "f4")}, {"a": np.zeros(3)})
    assert report.reason == "a: dtype float64 became float32"


def test_metadata_are_compared_as_text(tmp_path: Path) -> None:
    old, new = tmp_path / "b.safetensors", tmp_path / "a.safetensors"
    arrays = {"x": np.zeros(2, "f4")}
    library.save_file(arrays, old, metadata={"step": "1", "gone": "x", "same": "y"})
    library.save_file(arrays, new, metadata={"step": "2", "new": "x", "same": "y"})
    report = compare_output(old, new, EXACT)
    assert report.reason == "__metadata__: gone is missing; __metadata__: new is new"
    assert difference(report).first.where == "__metadata__.step"


@pytest.mark.parametrize(
    ("header", "data", "reason"),
    [
        (b"[]", b"", "its header is no JSON object"),
        (b" {}", b"", "its header is no JSON object"),
        (b"{x}", b"", "a header that is no JSON"),
        (b'{"\xff": 1}', b"", "a header that is no JSON"),
        (b'{"x": ' + b"[" * 100_000, b"", "a header that is no JSON"),
        (b'{"x": {}, "x": {}}', b"", "a key twice"),
        ({"__metadata__": {"a": 1}}, b"", "metadata that are not all text"),
        ({"x": 1}, b"", "no dtype, shape and data_offsets"),
        ({"x": {**HEADER["x"], "more": 1}}, b"\0" * 8, "no dtype, shape"),
        ({"x": {**HEADER["x"], "dtype": 1}}, b"\0" * 8, "values of the wrong kind"),
        ({"x": {**HEADER["x"], "dtype": "F4"}}, b"\0" * 8, "the dtype 'F4'"),
        ({"x": {**HEADER["x"], "shape": [-2]}}, b"\0" * 8, "the wrong kind"),
        ({"x": {**HEADER["x"], "shape": [True]}}, b"\0" * 8, "the wrong kind"),
        ({"x": {**HEADER["x"], "shape": [3]}}, b"\0" * 8, "its shape claims 12"),
        ({"x": {**HEADER["x"], "data_offsets": [8, 0]}}, b"\0" * 8, "no sense"),
        ({"x": {**HEADER["x"], "data_offsets": [0]}}, b"\0" * 8, "no sense"),
        (HEADER, b"\0" * 7, "holds 7 bytes of values where its header claims 8"),
        (HEADER, b"\0" * 9, "holds 9 bytes of values where its header claims 8"),
        ({"x": HEADER["x"], "y": HEADER["x"]}, b"\0" * 8, "overlap at byte 0"),
        (
            {"x": {**HEADER["x"], "data_offsets": [4, 12]}},
            b"\0" * 12,
            "leave a hole at byte 4",
        ),
    ],
)
def test_a_header_that_the_format_forbids_is_not_comparable(
    tmp_path: Path, header: object, data: bytes, reason: str
) -> None:
    good = written(tmp_path / "b.safetensors", HEADER)
    bad = written(tmp_path / "a.safetensors", header, data)
    report = compare_output(good, bad, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith("the output ")
    assert reason in report.reason


def test_lengths_that_lie_are_not_comparable(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for data, reason in [
        (b"\1\0", "truncated in its header"),
        (b"\x10" + b"\0" * 7 + b"{}", "truncated in its header"),
        (b"\xff" * 8, "its header would be too long"),
    ]:
        path.write_bytes(data)
        assert reason in compare_output(path, path, EXACT).reason


def test_headers_padded_with_blanks_and_no_tensors_are_allowed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.safetensors", b"{}      ", b"")
    assert compare_output(path, path, EXACT).verdict is Verdict.IDENTICAL


def test_without_ml_dtypes_plain_tensors_are_still_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    arrays = {"half": np.zeros(2, small.bfloat16), "x": np.zeros(2)}
    library.save_file(arrays, tmp_path / "a.safetensors")
    path = tmp_path / "a.safetensors"
    report = compare_output(path, path, EXACT)
    assert part(report, "x").verdict is Verdict.IDENTICAL
    assert part(report, "half").verdict is Verdict.NOT_COMPARABLE
    assert "BF16 needs ml-dtypes: pip install 'noxlock[safetensors]'" in report.reason

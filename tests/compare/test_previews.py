"""What a page shows of two files: never all of them, never an error."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from noxlock.compare import compare_output
from noxlock.compare.previews import preview
from noxlock.compare.previews._pictures import picture
from noxlock.model import (
    DefaultTolerance,
    OutputReport,
    Part,
    Place,
    Tolerance,
    Verdict,
)
from support.reports import difference

if TYPE_CHECKING:
    from noxlock.model.preview import Curve, ImagePair, Preview

    Array = np.ndarray[Any, np.dtype[Any]]

EXACT = Tolerance(rtol=0, atol=0)


def previewed(
    baseline: Path, actual: Path, tolerance: Tolerance = EXACT
) -> Preview | None:
    report = compare_output(baseline, actual, tolerance)
    return preview(baseline, actual, report, tolerance, DefaultTolerance())


def curves(
    tmp_path: Path, old: Array, new: Array, tolerance: Tolerance = EXACT
) -> tuple[Curve, ...]:
    np.save(tmp_path / "old.npy", old)
    np.save(tmp_path / "new.npy", new)
    found = previewed(tmp_path / "old.npy", tmp_path / "new.npy", tolerance)
    return found.curves if found else ()


def wave() -> Array:
    return np.sin(np.arange(10_000) / 300).reshape(100, 100)


def moved() -> Array:
    new = wave()
    new[37, 5] += 1
    return new


def test_few_values_are_shown_and_those_around_the_worst(tmp_path: Path) -> None:
    (curve,) = curves(tmp_path, wave(), moved(), Tolerance(rtol=0.5))
    assert (curve.key, curve.dtype, curve.total) == ("", "float64", 10_000)
    assert curve.worst == 3705
    assert set(range(3685, 3726)) <= set(curve.places)
    assert len(curve.places) <= 441
    assert list(curve.places) == sorted(set(curve.places))
    assert (curve.places[0], curve.places[-1]) == (0, 9999)
    flat, other = wave().ravel(), moved().ravel()
    assert curve.baseline == tuple(flat[list(curve.places)])
    assert curve.actual == tuple(other[list(curve.places)])
    assert curve.allowed == tuple(0.5 * abs(flat[list(curve.places)]))


@pytest.mark.parametrize("old_order", ["C", "F"])
@pytest.mark.parametrize("new_order", ["C", "F"])
def test_the_order_in_the_file_does_not_matter(
    tmp_path: Path,
    old_order: Literal["C", "F"],
    new_order: Literal["C", "F"],
) -> None:
    old = np.asarray(wave(), order=old_order)
    (curve,) = curves(tmp_path, old, np.asarray(moved(), order=new_order))
    assert curve.worst == (3705 if old_order == "C" else 537)
    at = curve.places.index(curve.worst)
    assert curve.actual[at] == curve.baseline[at] + 1
    same = [a == b for a, b in zip(curve.baseline, curve.actual, strict=True)]
    assert same.count(False) == 1
    assert curve.allowed == ()


def test_complex_values_are_two_curves(tmp_path: Path) -> None:
    found = curves(tmp_path, wave() * 1j, moved() * 1j, Tolerance(rtol=0.1))
    assert [curve.key for curve in found] == ["real", "imag"]
    assert set(found[0].baseline) == {0.0}
    assert all(curve.allowed == () for curve in found)


def test_the_parts_that_differ_most_are_shown(tmp_path: Path) -> None:
    for name, scale in (("old", 0), ("new", 1)):
        parts = {f"p{number}": np.zeros(10) for number in range(9)}
        for number in range(8):
            parts[f"p{number}"][: number + 1] += scale
        np.savez(tmp_path / f"{name}.npz", **parts)  # type: ignore[arg-type] # arrays by name
    found = previewed(tmp_path / "old.npz", tmp_path / "new.npz")
    assert found is not None
    assert [curve.key for curve in found.curves] == ["p7", "p6", "p5", "p4", "p3", "p2"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (np.zeros(3), np.zeros(3)),
        (np.zeros(3), np.zeros(4)),
        (np.zeros(1), np.ones(1)),
        (np.array(["a", "b"]), np.array(["a", "c"])),
        (np.zeros(3), np.zeros(3, "datetime64[s]")),
        (np.zeros(2, [("x", "f4")]), np.ones(2, [("x", "f4")])),
    ],
)
def test_what_is_no_curve_is_not_shown(tmp_path: Path, old: Array, new: Array) -> None:
    assert curves(tmp_path, old, new) == ()


@pytest.mark.parametrize("where", ["", "the value", "[7]", "[1, 2]", "x[1].y"])
def test_a_place_that_is_not_in_the_array_is_not_marked(
    tmp_path: Path, where: str
) -> None:
    np.save(tmp_path / "old.npy", np.zeros((2, 2)))
    np.save(tmp_path / "new.npy", np.ones((2, 2)))
    place = Place(where=where, baseline="0.0", actual="1.0")
    report = OutputReport(
        output="x", verdict=Verdict.DRIFTED, difference=difference(worst=place)
    )
    paths = tmp_path / "old.npy", tmp_path / "new.npy"
    found = preview(*paths, report, EXACT, DefaultTolerance())
    assert found is not None
    assert found.curves[0].worst is None
    assert found.curves[0].places == (0, 1, 2, 3)


def test_small_floats_are_shown(tmp_path: Path) -> None:
    torch_like = pytest.importorskip("safetensors.numpy")
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for name, scale in (("old", 0), ("new", 1)):
        values = np.arange(5, dtype=np.float32) + scale
        tensor = values.astype(ml_dtypes.bfloat16)
        torch_like.save_file({"w": tensor}, tmp_path / f"{name}.safetensors")
    found = previewed(tmp_path / "old.safetensors", tmp_path / "new.safetensors")
    assert found is not None
    (curve,) = found.curves
    assert (curve.key, curve.dtype) == ("w", "bfloat16")
    assert curve.actual == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_what_is_large_and_can_only_be_streamed_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noxlock.compare.previews._curves._STREAMED", 100)
    for name, scale in (("old", 0), ("new", 1)):
        np.savez_compressed(tmp_path / f"{name}.npz", a=np.arange(1000.0) + scale)
    assert previewed(tmp_path / "old.npz", tmp_path / "new.npz") is None


CELL = OutputReport(
    output="t.csv",
    verdict=Verdict.DRIFTED,
    format="csv",
    difference=difference(
        worst=Place(where="row 2, column loss", baseline="2.5", actual="3.5")
    ),
)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_the_column_that_differs_is_shown(tmp_path: Path, suffix: str) -> None:
    old, new = tmp_path / f"old{suffix}", tmp_path / f"new{suffix}"
    text = "name,loss,rest\na,1.5,0\nb,2.5,0\nc,,0\n"
    text = text.replace(",", "\t") if suffix == ".tsv" else text
    old.write_text(text)
    new.write_text(text.replace("2.5", "3.5"))
    found = preview(old, new, CELL, Tolerance(atol=0.25), DefaultTolerance())
    assert found is not None
    (curve,) = found.curves
    assert (curve.key, curve.places, curve.worst) == ("loss", (0, 1, 2), 1)
    assert curve.baseline[:2] == (1.5, 2.5)
    assert np.isnan(curve.baseline[2])
    assert curve.actual[1] == 3.5
    assert curve.allowed[:2] == (0.25, 0.25)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss\n1\n2\n", "loss\n1\n2\n3\n"),
        ("loss\na\nb\n", "loss\na\nc\n"),
        ("loss\n1\n2\n", "other\n1\n3\n"),
        ("", "loss\n1\n"),
        ("\xff\x00", "loss\n1\n"),
        ("x,loss\n1\n2\n", "x,loss\n1\n3\n"),
    ],
)
def test_other_tables_are_not_shown(tmp_path: Path, old: str, new: str) -> None:
    one, other = tmp_path / "old.csv", tmp_path / "new.csv"
    one.write_text(old, encoding="latin-1")
    other.write_text(new, encoding="latin-1")
    assert preview(one, other, CELL, EXACT, DefaultTolerance()) is None


def test_a_large_table_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noxlock.compare.previews._columns._LARGEST", 3)
    path = tmp_path / "t.csv"
    path.write_text("loss\n1\n2\n")
    assert preview(path, path, CELL, EXACT, DefaultTolerance()) is None


@given(
    st.binary(max_size=200), st.sampled_from([".npy", ".npz", ".csv", ".png", ".h5"])
)
def test_files_that_are_damaged_show_nothing(data: bytes, suffix: str) -> None:
    import tempfile  # noqa: PLC0415 - hypothesis and tmp_path do not mix

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(data)
        report = OutputReport(
            output="x",
            verdict=Verdict.DRIFTED,
            difference=difference(),
            parts=(Part(key="a", verdict=Verdict.DRIFTED, difference=difference()),),
        )
        assert preview(path, path, report, EXACT, DefaultTolerance()) is None


def decoded(data: str) -> Array:
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(base64.b64decode(data))) as opened:
        return np.asarray(opened)


def pictured(old: Array, new: Array) -> ImagePair:
    found = picture("", old, new)
    assert found is not None
    return found


def test_images_are_shown_beside_what_differs(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    old = np.zeros((700, 900, 3), np.uint8)
    new = old.copy()
    new[100, 50, 1] = 7
    image.fromarray(old).save(tmp_path / "old.png")
    image.fromarray(new).save(tmp_path / "new.png")
    found = previewed(tmp_path / "old.png", tmp_path / "new.png")
    assert found is not None
    (pair,) = found.images
    assert (pair.width, pair.height) == (900, 700)
    shown = decoded(pair.difference)
    assert shown.shape == (350, 450)
    # One pixel of the whole, however small, is not lost.
    assert np.count_nonzero(shown) == 1
    assert shown[50, 25] == 255


@given(
    arrays.arrays(
        st.sampled_from([np.uint8, np.uint16, np.bool_, np.float32]),
        st.sampled_from([(3, 4), (3, 4, 1), (3, 4, 2), (3, 4, 3), (3, 4, 4)]),
    )
)
def test_pictures_of_any_numbers_are_images(pixels: Array) -> None:
    pair = pictured(pixels, pixels)
    for data in (pair.baseline, pair.actual, pair.difference):
        assert decoded(data).shape[:2] == (3, 4)
    assert not decoded(pair.difference).any()


def test_bytes_are_shown_as_they_are() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(decoded(pictured(pixels, pixels).baseline), pixels)


def test_images_of_two_sizes_have_no_difference() -> None:
    pair = pictured(np.zeros((2, 3), np.uint8), np.zeros((4, 5), np.uint8))
    assert (pair.width, pair.height, pair.difference) == (5, 4, "")


def test_nan_against_a_number_is_seen() -> None:
    old, new = np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)
    new[1, 0] = np.nan
    shown = decoded(pictured(old, new).difference)
    assert shown.tolist() == [[0, 0], [255, 0]]


@pytest.mark.parametrize("shape", [(3,), (3, 4, 5), (0, 4), (1, 2, 3, 4)])
def test_what_is_no_image_is_not_shown(shape: tuple[int, ...]) -> None:
    assert picture("", np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)) is None
    text = np.zeros((2, 2), "U1")
    assert picture("", text, text) is None

"""Figures of arrays: those of NumPy, block by block."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare.summaries import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from noxlock.model import ArraySummary

MANY = 200_003
"""Elements: several blocks, the last one not full."""


def figures(summary: ArraySummary) -> tuple[object, ...]:
    return summary.min, summary.max, summary.mean, summary.std


def of_numpy(array: NDArray[Any]) -> tuple[object, ...]:
    finite = array[np.isfinite(array)]
    wide = finite.astype(np.float64)
    return (
        finite.min().item(),
        finite.max().item(),
        pytest.approx(wide.mean(), rel=1e-12),
        pytest.approx(wide.std(), rel=1e-9),
    )


@pytest.mark.parametrize(
    "dtype", ["<f2", "<f4", ">f4", "<f8", ">f8", "i1", "<i4", ">i8", "u1", "<u8"]
)
def test_figures_are_those_of_numpy(tmp_path: Path, dtype: str) -> None:
    values = np.random.default_rng(0).normal(50, 10, MANY).astype(dtype)
    path = tmp_path / "a.npy"
    np.save(path, values)

    (found,) = summarise(path)

    assert (found.key, found.dtype, found.shape) == ("", str(values.dtype), (MANY,))
    assert (found.count, found.nan, found.infinite) == (MANY, 0, 0)
    assert figures(found) == of_numpy(values)


def test_what_is_not_finite_is_counted_and_left_out(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(3, 4)
    values[0, 0] = values[1, 1] = np.nan
    values[2, 2] = -np.inf
    np.save(tmp_path / "a.npy", np.asfortranarray(values))

    (found,) = summarise(tmp_path / "a.npy")

    assert (found.shape, found.count, found.nan, found.infinite) == ((3, 4), 12, 2, 1)
    assert figures(found) == of_numpy(values)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((0, 3)),
        np.full(3, np.nan),
        np.ones(3) * 1j,
        np.array(["a", "b"]),
        np.zeros(2, [("a", "f4")]),
        np.array(["2026-01-02"], "M8[D]"),
    ],
)
def test_what_has_no_figures_has_none(tmp_path: Path, values: NDArray[Any]) -> None:
    np.save(tmp_path / "a.npy", values)
    (found,) = summarise(tmp_path / "a.npy")
    assert found.count == values.size
    assert figures(found) == (None, None, None, None)


def test_an_archive_has_figures_for_each_array(tmp_path: Path) -> None:
    flags = np.array([True, False, True, True])
    large = np.array([2**64 - 1], "u8")
    np.savez_compressed(tmp_path / "a.npz", b=flags, a=np.float16(3), c=large)

    scalar, flag, top = summarise(tmp_path / "a.npz")

    assert (scalar.key, scalar.shape, figures(scalar)) == ("a", (), (3.0, 3.0, 3.0, 0))
    assert (flag.key, flag.dtype, flag.min, flag.max) == ("b", "bool", 0, 1)
    assert flag.mean == 0.75
    assert top.max == 2**64 - 1


def test_tensors_have_figures_down_to_a_byte(tmp_path: Path) -> None:
    pytest.importorskip("ml_dtypes")
    floats = np.linspace(-2, 3, MANY, dtype="<f4")
    # The upper half of each, as bfloat16 is defined.
    halves = (floats.view("<u4") >> 16).astype("<u2")
    parts = {
        "bf": ("BF16", halves, [MANY]),
        "empty": ("F32", floats[:0], [0, 4]),
        "f": ("F32", floats, [MANY]),
        "small": ("F8_E4M3", np.array([0x38, 0x40, 0x7F], "u1"), [3]),
    }
    header, data = "", b""
    for name, (kind, values, shape) in parts.items():
        offsets = [len(data), len(data) + values.nbytes]
        header += (
            f'"{name}": {{"dtype": "{kind}", "shape": {shape},'
            f' "data_offsets": {offsets}}}, '
        )
        data += values.tobytes()
    text = f'{{{header}"__metadata__": {{"format": "pt"}}}}'.encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)

    half, empty, full, small = summarise(path)

    truncated = (floats.view("<u4") & 0xFFFF0000).view("<f4")
    assert (half.key, half.dtype, half.count) == ("bf", "bfloat16", MANY)
    assert figures(half) == of_numpy(truncated)
    assert figures(full) == of_numpy(floats)
    assert (empty.count, empty.mean) == (0, None)
    assert (small.dtype, small.count, small.nan) == ("float8_e4m3fn", 3, 1)
    assert figures(small) == (1.0, 2.0, 1.5, 0.5)


def test_values_too_large_to_be_squared_raise_no_warning(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([1e300, -1e300]))
    (found,) = summarise(tmp_path / "a.npy")
    assert found.std == float("inf")


def test_what_is_damaged_or_not_read_has_no_figures(tmp_path: Path) -> None:
    np.save(tmp_path / "object.npy", np.array([{}]))
    np.savez(tmp_path / "object.npz", a=np.array([{}]))
    np.save(tmp_path / "cut.npy", np.arange(9.0))
    whole = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-3])
    files = {
        "a.txt": b"1,2",
        "empty.npy": b"",
        "no.npz": b"PK",
        "no.safetensors": b"123",
        "list.safetensors": struct.pack("<Q", 2) + b"[]",
        "wrong.safetensors": struct.pack("<Q", 10) + b'{"a": "b"}',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name in (*files, "object.npy", "object.npz", "cut.npy"):
        assert summarise(tmp_path / name) == (), name


def test_every_array_of_an_hdf5_file_has_figures(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    values = np.random.default_rng(0).normal(size=(500, 300))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("fit/coef", data=values, chunks=(7, 300), compression=4)
        file["names"] = ["a", "b"]
        file["count"] = 3

    count, coef = summarise(tmp_path / "a.h5")

    assert (count.key, count.shape, count.min) == ("count", (), 3)
    assert (coef.key, coef.dtype, coef.shape) == ("fit/coef", "float64", values.shape)
    assert figures(coef) == of_numpy(values)


def test_every_array_of_a_zarr_store_has_figures(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    values = np.arange(900, dtype="i4").reshape(30, 30)
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("counts", data=values, chunks=(8, 8))

    (counts,) = summarise(tmp_path / "a.zarr")

    assert (counts.key, counts.dtype, counts.shape) == ("counts", "int32", (30, 30))
    assert figures(counts) == of_numpy(values)


def test_an_image_has_the_figures_of_its_pixels(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    image.fromarray(pixels).save(tmp_path / "a.png")

    (found,) = summarise(tmp_path / "a.png")

    assert (found.key, found.dtype, found.shape) == ("", "uint8", (20, 30, 3))
    assert figures(found) == of_numpy(pixels)


def test_a_compressed_array_has_the_figures_of_what_is_inside(tmp_path: Path) -> None:
    values = np.arange(9.0)
    np.save(tmp_path / "a.npy", values)
    packed = gzip.compress((tmp_path / "a.npy").read_bytes())
    (tmp_path / "a.npy.gz").write_bytes(packed)
    (found,) = summarise(tmp_path / "a.npy.gz")
    assert figures(found) == of_numpy(values)


def test_of_very_many_arrays_the_first_thousand_have_figures(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {f"{number:04}": np.uint8(1) for number in range(1001)}
    np.savez(tmp_path / "a.npz", **arrays)
    assert [each.key for each in summarise(tmp_path / "a.npz")] == list(arrays)[:-1]


def test_figures_of_long_doubles_are_plain_floats(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([0.5, 1.5], np.longdouble))
    (found,) = summarise(tmp_path / "a.npy")
    assert figures(found) == (0.5, 1.5, 1.0, 0.5)
    assert {type(each) for each in figures(found)} == {float}

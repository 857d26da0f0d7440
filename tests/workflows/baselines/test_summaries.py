"""Figures of arrays: those of NumPy, block by block."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.workflows.baselines.sizes import format_size
from noxlock.workflows.baselines.stored import (
    ArraySummary,
    Stored,
    encode_stored,
    parse_stored,
)
from noxlock.workflows.baselines.summaries import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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
    stored = Stored(sha256="0" * 64, size=9, key="x", arrays=(scalar, flag, top))
    data = encode_stored("s3://bucket", {"a.npz": stored})
    assert parse_stored(data, "stored.json") == {"a.npz": stored}


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((0, 3)))
    stored = Stored(
        sha256="0" * 64, size=9, key="x", arrays=summarise(tmp_path / "a.npy")
    )
    data = encode_stored("", {"a.npy": stored})
    assert b"null" not in data
    assert b'"store"' not in data
    assert parse_stored(data, "stored.json") == {"a.npy": stored}


def test_safetensors_have_figures_without_their_library(tmp_path: Path) -> None:
    floats = np.linspace(-2, 3, MANY, dtype="<f4")
    # The upper half of each, as bfloat16 is defined.
    halves = (floats.view("<u4") >> 16).astype("<u2")
    parts = {
        "bf": ("BF16", halves, [MANY]),
        "empty": ("F32", floats[:0], [0, 4]),
        "f": ("F32", floats, [MANY]),
        "small": ("F8_E4M3", np.zeros(3, "u1"), [3]),
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
    assert (half.key, half.dtype, half.count) == ("bf", "BF16", MANY)
    assert figures(half) == of_numpy(truncated)
    assert figures(full) == of_numpy(floats)
    assert (empty.count, empty.mean) == (0, None)
    assert (small.dtype, small.count, small.mean) == ("F8_E4M3", 3, None)


def test_values_too_large_to_be_squared_raise_no_warning(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([1e300, -1e300]))
    (found,) = summarise(tmp_path / "a.npy")
    assert found.std == float("inf")
    stored = Stored(sha256="0" * 64, size=9, key="x", arrays=(found,))
    data = encode_stored("s3://bucket", {"a": stored})
    assert parse_stored(data, "stored.json") == {"a": stored}


def test_what_is_damaged_or_not_read_has_no_figures(tmp_path: Path) -> None:
    np.save(tmp_path / "object.npy", np.array([{}]))
    np.savez(tmp_path / "object.npz", a=np.array([{}]))
    np.save(tmp_path / "cut.npy", np.arange(9.0))
    whole = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-3])
    files = {
        "a.csv": b"1,2",
        "empty.npy": b"",
        "no.npz": b"PK",
        "no.safetensors": b"123",
        "list.safetensors": struct.pack("<Q", 2) + b"[]",
        "wrong.safetensors": struct.pack("<Q", 10) + b'{"a": "b"}',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name in (*files, "object.npy", "cut.npy"):
        assert summarise(tmp_path / name) == (), name
    (found,) = summarise(tmp_path / "object.npz")
    assert (found.dtype, found.mean) == ("object", None)


def test_a_stored_output_is_told_on_one_line() -> None:
    array = ArraySummary(
        dtype="float32",
        shape=(4096, 2),
        count=8192,
        min=-3.5,
        max=3.25,
        mean=0.015625,
        std=1.0,
    )
    stored = Stored(sha256="0" * 64, size=12 << 20, key="x", arrays=(array,))
    assert stored.line == (
        "12.0 MiB, float32 (4096, 2), min -3.5, max 3.25, mean 0.015625, std 1"
    )
    bare = ArraySummary(key="w", dtype="F32", shape=(), count=1)
    assert Stored(sha256="", size=9, key="x", arrays=(bare,)).line == "9 B, w F32 ()"
    assert Stored(sha256="", size=2048, key="x").line == "2.0 KiB"
    assert format_size(3 << 50) == "3072.0 TiB"

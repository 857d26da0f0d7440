"""Write one array, or a file of each format, with the libraries that own it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.model import OutputReport, Part

__all__ = ["WRITERS", "part", "write_zarr"]

Arrays = dict[str, Any]


def part(report: OutputReport, key: str) -> Part:
    """Return the part *key* of *report*, which must have it."""
    return {each.key: each for each in report.parts}[key]


def _npy(path: Path, arrays: Arrays) -> None:
    np.save(path, next(iter(arrays.values())))


def _npz(path: Path, arrays: Arrays) -> None:
    np.savez(path, **arrays)


def _safetensors(path: Path, arrays: Arrays) -> None:
    library = pytest.importorskip("safetensors.numpy")
    held = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    library.save_file(held, path)


def _hdf5(path: Path, arrays: Arrays) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)


def write_zarr(path: Path, arrays: Arrays, version: int = 3) -> None:
    """Write a group of arrays, in chunks that do not divide them."""
    zarr = pytest.importorskip("zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = zarr.storage
        zipped = path.suffix == ".zip"
        store = storage.ZipStore(path, mode="w") if zipped else storage.LocalStore(path)
        group = zarr.open_group(store, mode="w", zarr_format=version)
        for name, array in arrays.items():
            chunks = tuple(max(1, length // 2 + 1) for length in array.shape)
            new = group.create_array(
                name, shape=array.shape, chunks=chunks, dtype=array.dtype
            )
            new[...] = array
        store.close()


def _parquet(path: Path, arrays: Arrays) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {name: array.reshape(-1) for name, array in arrays.items()}
    parquet.write_table(arrow.table(columns), path)


def _feather(path: Path, arrays: Arrays) -> None:
    arrow = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    columns = {name: array.reshape(-1) for name, array in arrays.items()}
    feather.write_feather(arrow.table(columns), path)


def _image(path: Path, arrays: Arrays) -> None:
    image = pytest.importorskip("PIL.Image")
    array = next(iter(arrays.values()))
    pixels = np.resize(np.asarray(array, "f8").astype("u1"), (20, 15, 3))
    image.fromarray(pixels).save(path)


WRITERS: dict[str, Callable[[Path, Arrays], None]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".h5": _hdf5,
    ".zarr": write_zarr,
    ".zarr.zip": write_zarr,
    ".parquet": _parquet,
    ".feather": _feather,
    ".png": _image,
    ".jpg": _image,
    ".tiff": _image,
    ".bmp": _image,
    ".gif": _image,
    ".webp": _image,
}
"""By suffix: what writes named arrays; a .npy and an image hold the first alone."""

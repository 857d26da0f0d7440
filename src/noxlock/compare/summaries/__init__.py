"""Figures of the arrays, columns and numbers in a file, to be kept in its place."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol, cast

from noxlock.compare._files import Side
from noxlock.compare.formats import format_of
from noxlock.compare.formats.folders import files
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import ArraySummary

__all__ = ["summarise", "summarise_files"]

_READERS: Final = {
    **dict.fromkeys(
        ("npy", "npz", "safetensors", "hdf5", "zarr", "image"), ("_arrays", "arrays")
    ),
    "csv": ("_tables", "csv_columns"),
    "tsv": ("_tables", "tsv_columns"),
    "parquet": ("_arrow", "parquet_columns"),
    "feather": ("_arrow", "feather_columns"),
    "jsonl": ("_records", "paths"),
}
_MARKS: Final = ("zarr.json", ".zarray")
"""What describes an array of Zarr, of version 3 and 2."""
_UNREAD: Final = (CompareError, ArithmeticError, MemoryError, OSError, ValueError)


class _Summarise(Protocol):
    def __call__(self, side: Side, /) -> tuple[ArraySummary, ...]: ...


def summarise(path: Path) -> tuple[ArraySummary, ...]:
    """Return the figures of each part of the file, at most of the first thousand.

    The parts are arrays, sorted by name; columns of tables, in their order; and of JSON
    Lines the paths inside its records. Of what has no such parts, as text, of what is
    damaged, and where the format's library is not installed, there are none. The file
    is read in blocks, and may be larger than memory.
    """
    form = format_of(path)
    if form.name not in _READERS:
        return ()
    module, function = _READERS[form.name]
    try:
        form.load()  # says where its library is not installed
        found = import_module(f"{__name__}.{module}")
        return cast("_Summarise", getattr(found, function))(Side("file", path))
    except _UNREAD:
        return ()


def summarise_files(path: Path) -> dict[str, tuple[ArraySummary, ...]]:
    """Return the figures in each file of an output, by its path inside; "": itself.

    Files without figures are left out. An array of a Zarr folder, which is many files,
    is in that which describes it.
    """
    if not path.is_dir():
        return {"": found} if (found := summarise(path)) else {}
    if format_of(path).name == "zarr":
        return _zarr_files(path)
    try:
        inside = files(Side("file", path))
    except CompareError:
        return {}
    return {
        str(PurePosixPath(name, inner)): found
        for name, file in inside.items()
        for inner, found in summarise_files(file).items()
    }


def _zarr_files(folder: Path) -> dict[str, tuple[ArraySummary, ...]]:
    places = (
        (PurePosixPath(array.key, mark), array)
        for array in summarise(folder)
        for mark in _MARKS
    )
    return {
        str(place): (array,) for place, array in places if (folder / place).is_file()
    }

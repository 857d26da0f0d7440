"""Formats of outputs: one module each, imported when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Protocol, cast

from noxlock.compare._files import head_of, is_text
from noxlock.compare._packed import packing_of
from noxlock.errors import CompareError
from noxlock.model import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job

__all__ = ["FORMATS", "Format", "compare_sides", "format_of"]


class _Compare(Protocol):
    def __call__(self, baseline: Side, actual: Side, job: Job, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format and the function that compares it, imported when it is needed."""

    name: str
    """As reports say it."""
    suffixes: tuple[str, ...]
    module: str
    function: str = "compare"
    extra: str = ""
    """The extra of noxlock that brings *library*."""
    library: str = ""
    """What it cannot be read without, as it is imported."""
    magic: bytes = b""
    """How its files start, where a suffix is missing or may be another format's."""
    remark: str = ""
    """What a reader of the report should know where the outputs differ."""
    packing: str = ""
    """What the file is compressed with around the format: `gzip`."""

    @property
    def label(self) -> str:
        """What reports call it: `csv (gzip)`."""
        return f"{self.name} ({self.packing})" if self.packing else self.name

    def load(self) -> _Compare:
        """Return the function; its module may import NumPy.

        Raises:
            CompareError: The library is not installed.
        """
        if self.library and find_spec(self.library) is None:
            package = _PACKAGES.get(self.library, self.library)
            raise CompareError(
                f"{_TITLES.get(self.name, self.name)} needs {package}:"
                f" pip install 'noxlock[{self.extra}]'"
            )
        module = import_module(f"noxlock.compare.formats.{self.module}")
        return cast("_Compare", getattr(module, self.function))


_PACKAGES: Final = {"PIL": "pillow"}
_TITLES: Final = {
    "parquet": "Parquet",
    "feather": "Feather",
    "hdf5": "HDF5",
    "zarr": "Zarr",
    "image": "an image",
}
_PICKLE: Final = "compared by its bytes, as a pickle is never loaded"
_TORCH: Final = f"{_PICKLE}: save tensors as .safetensors to have values compared"
_IMAGES: Final = (
    ".png",
    ".jpg",
    ".jpeg",
    ".tif",
    ".tiff",
    ".bmp",
    ".gif",
    ".webp",
)
_HDF5: Final = b"\x89HDF\r\n\x1a\n"

FORMATS: Final = (
    Format("npy", (".npy",), "npy", magic=b"\x93NUMPY"),
    Format("npz", (".npz",), "npy", "compare_archive"),
    Format("safetensors", (".safetensors",), "safetensors"),
    Format(
        "parquet",
        (".parquet", ".pq"),
        "parquet",
        extra="parquet",
        library="pyarrow",
        magic=b"PAR1",
    ),
    Format(
        "feather",
        (".feather", ".arrow", ".arrows", ".ipc"),
        "parquet",
        "compare_feather",
        extra="parquet",
        library="pyarrow",
        magic=b"ARROW1",
    ),
    Format(
        "hdf5",
        (".h5", ".hdf5", ".he5", ".h5ad"),
        "hdf5",
        extra="hdf5",
        library="h5py",
        magic=_HDF5,
    ),
    Format("zarr", (".zarr", ".zarr.zip"), "zarr", extra="zarr", library="zarr"),
    Format("image", _IMAGES, "images", extra="images", library="PIL"),
    Format("json", (".json",), "tree"),
    Format("jsonl", (".jsonl", ".ndjson"), "tree", "compare_lines"),
    Format("yaml", (".yaml", ".yml"), "tree", "compare_yaml"),
    Format("csv", (".csv",), "tables"),
    Format("tsv", (".tsv", ".tab"), "tables", "compare_tsv"),
    Format("folder", (), "folders"),
    Format("pickle", (".pkl", ".pickle", ".joblib"), "bytes", remark=_PICKLE),
    Format("pickle", (".pt", ".pth", ".ckpt"), "bytes", remark=_TORCH),
    Format("text", (), "text"),
    Format("bytes", (), "bytes"),
)
_SUFFIXES: Final = {suffix: form for form in FORMATS for suffix in form.suffixes}
_NAMED: Final = {form.name: form for form in FORMATS}
_ZARR: Final = ("zarr.json", ".zgroup", ".zarray")
# NetCDF is HDF5 since version 4, MATLAB's files since 7.3; before they are not.
_SHARED: Final = frozenset(("", ".nc", ".nc4", ".cdf", ".hdf", ".mat"))
_STREAMED: Final = frozenset(
    ("npy", "json", "jsonl", "yaml", "csv", "tsv", "pickle", "text", "bytes")
)
"""Which need no real file: they are read while they are decompressed."""


def format_of(path: Path) -> Format:
    """Return the format of the file or folder at *path*.

    The suffix decides; the content does where there is none, or where several formats
    share it. What no format owns is text where it starts as UTF-8 does, else bytes.
    A compressed file has the format that is inside, if that can be read as a stream.
    """
    packing, inner = packing_of(path.name)
    if not packing or path.is_dir():
        return _plain_format(path, path.name)
    form = _plain_format(path, inner)
    if form.name not in _STREAMED:
        remark = f"compared by its bytes after {packing}: a {form.name} inside needs a"
        form = replace(_NAMED["bytes"], remark=f"{remark} file of its own")
    return replace(form, packing=packing)


def _plain_format(path: Path, name: str) -> Format:
    """Return the format of *path*, which would be called *name* uncompressed."""
    name = name.lower()
    found = [suffix for suffix in _SUFFIXES if name.endswith(suffix)]
    if found:
        return _SUFFIXES[max(found, key=len)]
    try:
        if path.is_dir():
            marked = any((path / each).is_file() for each in _ZARR)
            return _NAMED["zarr" if marked else "folder"]
        head = head_of(path)
    except OSError:
        return _NAMED["text"]
    except CompareError:
        return _NAMED["bytes"]
    if PurePath(name).suffix in _SHARED:
        for form in FORMATS:
            if form.magic and head.startswith(form.magic):
                return form
    return _NAMED["text" if is_text(head) else "bytes"]


def compare_sides(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two files or folders of one format, the baseline's, into *job*.

    Raises:
        CompareError: One cannot be read, or the format's library is not installed.
    """
    form = format_of(baseline.path)
    if actual.packing and form.name not in _STREAMED:
        raise actual.error(f"is compressed with {actual.packing}, the other is not")
    try:
        form.load()(baseline, actual, job)
    except OSError as error:
        raise CompareError(f"cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise CompareError("cannot be compared: memory ran out") from error
    if form.remark and job.tally.verdict is Verdict.DRIFTED:
        job.tally.note(form.remark)

"""Which format a file has, and what it needs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.compare import FORMATS, Settings, compare_output, format_of
from noxlock.model import DefaultTolerance, Tolerance, Verdict
from support.arrays import EXACT
from support.formats import WRITERS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.npy", "npy"),
        ("A.NPZ", "npz"),
        ("a.safetensors", "safetensors"),
        ("a.pq", "parquet"),
        ("a.arrow", "feather"),
        ("a.zarr.zip", "zarr"),
        ("a.b.tiff", "image"),
        ("a.hdf5", "hdf5"),
        ("a.yml", "yaml"),
        ("a.ndjson", "jsonl"),
        ("a.tsv", "tsv"),
        ("a.pt", "pickle"),
        ("model.pkl", "pickle"),
        ("a.zip", "bytes"),
        ("a.log", "text"),
        ("notes", "text"),
    ],
)
def test_the_suffix_names_the_format(tmp_path: Path, name: str, form: str) -> None:
    (tmp_path / name).write_bytes(b"\0" if form == "bytes" else b"text")
    assert format_of(tmp_path / name).name == form


def test_what_has_no_suffix_or_a_shared_one_goes_by_its_content(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    (tmp_path / "a.npy").rename(tmp_path / "weights")
    assert format_of(tmp_path / "weights").name == "npy"
    (tmp_path / "a.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 9)
    assert format_of(tmp_path / "a.nc").name == "hdf5"
    (tmp_path / "b.nc").write_bytes(b"CDF\x01" + b"\0" * 9)
    assert format_of(tmp_path / "b.nc").name == "bytes"
    (tmp_path / "a.out").write_bytes(b"\x93NUMPY")
    assert format_of(tmp_path / "a.out").name == "bytes"


def test_text_may_have_a_character_across_the_bytes_that_are_looked_at(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.out"
    path.write_bytes(b"x" * 65535 + "ü".encode())
    assert format_of(path).name == "text"
    path.write_bytes(b"x" * 65535 + b"\xff\xff")
    assert format_of(path).name == "bytes"
    path.write_bytes(b"x\xc3")
    assert format_of(path).name == "bytes"


def test_a_folder_is_a_format_and_so_is_one_of_zarr(tmp_path: Path) -> None:
    assert format_of(tmp_path).name == "folder"
    (tmp_path / ".zgroup").write_text("{}")
    assert format_of(tmp_path).name == "zarr"
    (tmp_path / "x.zarr").mkdir()
    assert format_of(tmp_path / "x.zarr").name == "zarr"


def test_every_format_can_be_loaded_and_no_suffix_has_two() -> None:
    suffixes = [suffix for form in FORMATS for suffix in form.suffixes]
    assert len(suffixes) == len(set(suffixes))
    for form in FORMATS:
        if not form.library or find_spec(form.library):
            assert callable(form.load())


@pytest.mark.parametrize(
    ("suffix", "library", "reason"),
    [
        (
            ".parquet",
            "pyarrow",
            "Parquet needs pyarrow: pip install 'noxlock[parquet]'",
        ),
        (
            ".feather",
            "pyarrow",
            "Feather needs pyarrow: pip install 'noxlock[parquet]'",
        ),
        (".h5", "h5py", "HDF5 needs h5py: pip install 'noxlock[hdf5]'"),
        (".zarr", "zarr", "Zarr needs zarr: pip install 'noxlock[zarr]'"),
        (".png", "PIL", "an image needs pillow: pip install 'noxlock[images]'"),
    ],
)
def test_without_the_library_the_reason_names_its_extra(
    tmp_path: Path, suffix: str, library: str, reason: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"x")
    code = (
        "import sys, pathlib\n"
        f"sys.modules[{library!r}] = None\n"
        "from noxlock.compare import compare_output\n"
        "from noxlock.model import Tolerance\n"
        f"path = pathlib.Path({str(path)!r})\n"
        "report = compare_output(path, path, Tolerance())\n"
        "print(report.verdict, report.format, report.reason, sep='|')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip().split("|")[0] == "not-comparable"
    assert done.stdout.strip().split("|")[2] == reason


def test_a_pickle_is_compared_by_its_bytes_and_never_loaded(tmp_path: Path) -> None:
    bomb = b"cos\n_exit\n(I1\ntR."  # loaded, it would end this process
    (tmp_path / "b.pkl").write_bytes(bomb)
    (tmp_path / "a.pkl").write_bytes(bomb + b"\n")
    report = compare_output(tmp_path / "b.pkl", tmp_path / "b.pkl", EXACT)
    assert report.verdict is Verdict.IDENTICAL
    report = compare_output(tmp_path / "b.pkl", tmp_path / "a.pkl", EXACT)
    assert (report.verdict, report.format) == (Verdict.DRIFTED, "pickle")
    assert "a pickle is never loaded" in report.reason


def test_a_checkpoint_of_torch_says_what_to_save_instead(tmp_path: Path) -> None:
    (tmp_path / "b.pt").write_bytes(b"PK1")
    (tmp_path / "a.pt").write_bytes(b"PK2")
    report = compare_output(tmp_path / "b.pt", tmp_path / "a.pt", EXACT)
    assert ".safetensors" in report.reason


def test_a_folder_tells_of_the_formats_of_its_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "inner").mkdir(parents=True)
        for suffix, write in WRITERS.items():
            write(tmp_path / name / f"inner/x{suffix}", {"x": np.arange(12.0)})
        (tmp_path / name / "w.pkl").write_bytes(name.encode())
    report = compare_output(tmp_path / "b", tmp_path / "a", EXACT)
    assert report.verdict is Verdict.DRIFTED
    first, *others = report.parts
    assert (first.key, first.verdict) == ("w.pkl", Verdict.DRIFTED)
    assert "a pickle is never loaded" in first.reason
    assert {each.verdict for each in others} == {Verdict.IDENTICAL}
    assert "inner/x.parquet.x" in {each.key for each in others}


def test_settings_hold_for_every_output(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", np.zeros(9, "f4"))
    np.save(tmp_path / "a.npy", np.full(9, 0.25, "f4"))
    loose = Settings(defaults=DefaultTolerance(atol=0.5), threads=1, block=2)
    report = compare_output(
        tmp_path / "b.npy", tmp_path / "a.npy", Tolerance(), settings=loose
    )
    assert report.verdict is Verdict.WITHIN_TOLERANCE


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_finds_its_own_files_identical(
    tmp_path: Path, suffix: str
) -> None:
    for name in ("a", "b"):
        WRITERS[suffix](tmp_path / f"{name}{suffix}", {"x": np.arange(12.0)})
    report = compare_output(tmp_path / f"b{suffix}", tmp_path / f"a{suffix}", EXACT)
    assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")
    assert report.compared >= 12
    assert report.format

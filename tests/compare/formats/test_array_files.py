"""Array files that lie, are damaged, or would run code."""

from __future__ import annotations

import os
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.model import Tolerance, Verdict
from support.arrays import EXACT, ONE, compare_arrays, difference, header, plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


class Payload:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        """Make a folder."""
        return os.mkdir, (self.mark, 0o700)


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = np.array([Payload(str(mark))], dtype=object)
    np.save(tmp_path / "a.npy", evil, allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=evil)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Payload(str(mark))))
    inner = np.zeros(1, [("x", "O")])
    np.save(tmp_path / "c.npy", inner, allow_pickle=True)

    for name, reason in {
        "a.npy": "holds Python objects: a pickle, which is never loaded",
        "a.npz": "holds Python objects: a pickle, which is never loaded, in the array"
        " `x`",
        "b.npy": "is no .npy file",
        "c.npy": "holds Python objects: a pickle, which is never loaded",
    }.items():
        report = compare_output(tmp_path / name, tmp_path / name, EXACT)
        assert report.verdict is Verdict.NOT_COMPARABLE
        assert report.reason == f"the baseline {reason}"
    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\x93NUM", "is no .npy file"),
        (b"PK\x03\x04 and more", "is no .npy file"),
        (b"\x93NUMPY\x09\x00", "has version 9 of the .npy format, which is not known"),
        (b"\x93NUMPY\x01\x00", "is truncated in its header"),
        (b"\x93NUMPY\x01\x00\x40\x00{'a", "is truncated in its header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "has a header of 4294967295 bytes"),
        (header("{"), "has a header that cannot be read"),
        (header("[" * 500), "has a header that cannot be read"),
        (header("[1]"), "has a header without descr, fortran_order and shape"),
        (header("__import__('os')"), "has a header that cannot be read"),
        (header(plain("3")), "has a header with values of the wrong kind"),
        (header(plain("(-1,)")), "has a header with the shape (-1,)"),
        (header(plain("(True,)")), "has a header with the shape (True,)"),
        (header(plain("(1,)", "'nonsense'")), "has a header that cannot be read"),
        (header(plain("(1,)", "('f8', (2,))")), "has a header that cannot be read"),
        (header(plain("(1,)")), "holds 0 bytes where its header claims 8"),
        (header(plain("(2,)")) + ONE, "holds 8 bytes where its header claims 16"),
        (header(plain("(1,)")) + ONE * 2, "holds 16 bytes where its header claims 8"),
        (
            header(plain("(99999999999999999999,)")) + ONE,
            "holds 8 bytes where its header claims 799999999999999999992",
        ),
    ],
)
def test_a_damaged_array_is_not_comparable(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "actual.npy").write_bytes(data)
    np.save(tmp_path / "baseline.npy", [1.0])
    report = compare_output(
        tmp_path / "baseline.npy", tmp_path / "actual.npy", Tolerance(atol=9)
    )
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the output {reason}"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(tmp_path: Path, version: int) -> None:
    (tmp_path / "a.npy").write_bytes(header(plain("(1,)"), version) + ONE)
    np.save(tmp_path / "b.npy", [1.0])
    report = compare_output(tmp_path / "a.npy", tmp_path / "b.npy", EXACT)
    assert report.verdict is Verdict.IDENTICAL


def test_field_names_beyond_latin_1_are_read(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        report = compare_arrays(
            folder, np.ones(1, [("数", "f8")]), np.zeros(1, [("数", "f8")])
        )
    assert difference(report).worst.where == "[0].数"


@pytest.mark.parametrize(
    ("size", "advice"),
    [
        (1, "; save float8 as safetensors"),
        (2, "; save bfloat16 as safetensors"),
        (3, ""),
    ],
)
def test_values_of_other_packages_are_said_to_be_compared_by_their_bytes(
    tmp_path: Path, size: int, advice: str
) -> None:
    """np.save writes bfloat16 as raw bytes: `V2`."""
    old, new = np.zeros(3, f"V{size}"), np.zeros(3, f"V{size}")
    new[1] = b"\x01" * size
    note = f"dtype V{size} is compared by its bytes{advice}"
    for name, arrays in (("old", old), ("new", new)):
        np.save(tmp_path / f"{name}.npy", arrays)
        np.savez(tmp_path / f"{name}.npz", w=arrays, x=np.zeros(1))
    for suffix, reason in (("npy", note), ("npz", f"w: {note}")):
        paths = tmp_path / f"old.{suffix}", tmp_path / f"new.{suffix}"
        report = compare_output(*paths, EXACT)
        assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)
        report = compare_output(paths[0], paths[0], EXACT)
        assert (report.verdict, report.reason) == (Verdict.IDENTICAL, "")

"""Bytes: how many differ, where first, and the digests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from noxlock.compare import compare_output
from noxlock.model import OutputReport, Place, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def compare(folder: Path, actual: bytes, baseline: bytes) -> OutputReport:
    (folder / "a.pkl").write_bytes(actual)
    (folder / "b.pkl").write_bytes(baseline)
    return compare_output(folder / "b.pkl", folder / "a.pkl", Tolerance(atol=9))


def test_the_same_bytes_are_identical(tmp_path: Path) -> None:
    report = compare(tmp_path, b"\0" * (MIB + 5), b"\0" * (MIB + 5))
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, MIB + 5)
    assert report.reason == ""


@pytest.mark.parametrize("place", [0, 17, MIB - 1, MIB, 2 * MIB + 3])
def test_the_first_byte_that_differs_is_said(tmp_path: Path, place: int) -> None:
    baseline = bytes(3 * MIB)
    actual = bytearray(baseline)
    actual[place] = actual[-1] = 255
    report = compare(tmp_path, bytes(actual), baseline)
    found = report.difference
    assert found is not None
    assert (found.compared, found.differing, found.violations) == (3 * MIB, 2, 2)
    assert found.first == Place(where=f"byte {place}", baseline="0x00", actual="0xff")
    digests = [hashlib.sha256(data).hexdigest() for data in (baseline, actual)]
    assert report.reason.startswith(
        "compared by its bytes only:"
        f" sha256 {digests[0][:12]}... became {digests[1][:12]}..."
    )


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        (b"abc", b"a", "1 byte became 3"),
        (b"abc", b"abcd", "4 bytes became 3"),
        (b"x" * MIB, b"x" * MIB + b"y", f"{MIB + 1} bytes became {MIB}"),
    ],
)
def test_another_length_is_said(
    tmp_path: Path, actual: bytes, baseline: bytes, reason: str
) -> None:
    report = compare(tmp_path, actual, baseline)
    assert report.verdict is Verdict.DRIFTED
    assert report.difference is None
    assert report.reason.startswith(f"{reason}; compared by its bytes only")


def test_an_empty_file_is_not_comparable(tmp_path: Path) -> None:
    assert compare(tmp_path, b"", b"x").reason == "the output is empty"

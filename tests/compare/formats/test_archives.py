"""Archives of arrays, and those that are damaged."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, ONE, difference, header, packed, plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


def archives(
    folder: Path,
    actual: dict[str, Any],
    baseline: dict[str, Any],
    tolerance: Tolerance = EXACT,
) -> OutputReport:
    np.savez_compressed(folder / "actual.npz", **actual)
    np.savez(folder / "baseline.npz", **baseline)
    return compare_output(folder / "baseline.npz", folder / "actual.npz", tolerance)


def test_archives_are_compared_array_by_array(folder: Path) -> None:
    old = {"coef": np.zeros((4, 2)), "bias": np.ones(3)}
    new = {"bias": np.ones(3), "coef": old["coef"].copy()}
    assert archives(folder, new, old).verdict is Verdict.IDENTICAL
    new["coef"][3, 0] = 1e-3
    assert difference(archives(folder, new, old)).worst.where == "coef[3, 0]"
    tolerance = Tolerance(keys={"co*": Tolerance(atol=1e-2)})
    assert archives(folder, new, old, tolerance).verdict is Verdict.WITHIN_TOLERANCE
    tolerance = Tolerance(atol=1, keys={"coef": Tolerance(atol=0)})
    assert archives(folder, new, old, tolerance).verdict is Verdict.DRIFTED
    new["coef"] = np.zeros(1)
    assert archives(folder, new, old).reason == "coef: shape (4, 2) became (1,)"


def test_a_value_of_an_archive_goes_by_its_name(folder: Path) -> None:
    report = archives(folder, {"loss": np.float64(1)}, {"loss": np.float64(2)})
    assert difference(report).worst.where == "loss"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        (["a"], ["a", "b"], "the output lacks the array `b`"),
        ([], ["a"], "the output holds no arrays"),
        (
            ["a", "b", "c"],
            ["a"],
            "the output has the arrays `b`, `c` that the baseline lacks",
        ),
    ],
)
def test_archives_of_other_arrays_are_not_comparable(
    folder: Path, actual: list[str], baseline: list[str], reason: str
) -> None:
    value = np.zeros(1)
    report = archives(
        folder, dict.fromkeys(actual, value), dict.fromkeys(baseline, value)
    )
    assert (report.verdict, report.reason) == (Verdict.NOT_COMPARABLE, reason)


GOOD = header(plain("(300,)")) + ONE * 300


def flipped(data: bytes, at: int, by: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


STORED = packed({"a.npy": GOOD}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no zip", "is no .npz file (File is not a zip file)"),
        (packed({}), "holds no arrays"),
        (packed({"a.txt": b"x"}), "holds `a.txt`, which is no array"),
        (packed({"a.npy": GOOD, " a.npy": GOOD}), "holds the array `a` twice"),
        (packed({"a.npy": GOOD[:-8]}), "holds 2392 bytes where its header claims 2400"),
        (packed({"a.npy": b""}), "is no .npy file, in the array `a`"),
        (STORED[:-40], "is no .npz file"),
        (flipped(STORED, 1000), "is damaged (Bad CRC-32"),
        (flipped(packed({"a.npy": GOOD}), 60, 0xFF), "is damaged ("),
        # The method and the flag of encryption, in the directory at the end.
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 10, 99), "cannot be opened ("),
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 8, 1), "cannot be opened ("),
        # The size that the directory claims: less is there.
        (flipped(STORED, STORED.index(b"PK\x01\x02") + 26, 0x10), "header claims"),
    ],
)
def test_a_damaged_archive_is_not_comparable(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "actual.npz").write_bytes(data)
    (tmp_path / "baseline.npz").write_bytes(packed({"a.npy": GOOD}))
    report = compare_output(
        tmp_path / "baseline.npz", tmp_path / "actual.npz", Tolerance(atol=9)
    )
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith("the output ")
    assert reason in report.reason


def test_an_archive_cut_inside_an_array_is_not_comparable(tmp_path: Path) -> None:
    """Both the directory and the header claim more than the data before it hold."""
    data = packed({"a.npy": GOOD[:-800]}, zipfile.ZIP_STORED)
    at = data.index(b"PK\x01\x02")
    sizes = struct.pack("<II", len(GOOD), len(GOOD))
    (tmp_path / "a.npz").write_bytes(data[: at + 20] + sizes + data[at + 28 :])
    (tmp_path / "b.npz").write_bytes(packed({"a.npy": GOOD}))

    report = compare_output(tmp_path / "b.npz", tmp_path / "a.npz", Tolerance(atol=9))

    assert report.verdict is Verdict.NOT_COMPARABLE


def test_a_changed_byte_is_damage_where_the_checksum_was_not_changed_with_it(
    folder: Path,
) -> None:
    whole = packed({"x.npy": header(plain("(100,)")) + bytes(800)}, zipfile.ZIP_STORED)
    (folder / "baseline.npz").write_bytes(whole)
    broken = bytearray(whole)
    broken[whole.index(bytes(800)) + 500] ^= 1
    (folder / "actual.npz").write_bytes(broken)

    report = compare_output(folder / "baseline.npz", folder / "actual.npz", EXACT)

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "is damaged" in report.reason
    assert "in the array `x`" in report.reason


def test_arrays_that_are_not_compressed_are_mapped_and_compared_the_same(
    folder: Path,
) -> None:
    values = np.random.default_rng(0).normal(size=(300, 300))
    changed = values.copy()
    changed[7, 8] += 1
    np.savez(folder / "a.npz", x=values, y=values)
    np.savez(folder / "b.npz", x=values, y=changed)
    np.savez_compressed(folder / "c.npz", x=values, y=changed)

    mapped = compare_output(folder / "a.npz", folder / "b.npz", EXACT, output="x")
    streamed = compare_output(folder / "a.npz", folder / "c.npz", EXACT, output="x")

    assert difference(mapped).worst.where == "y[7, 8]"
    assert mapped == streamed

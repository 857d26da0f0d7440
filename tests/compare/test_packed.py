"""A compressed file is compared by what is inside, as a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.compare import _files, compare_output
from noxlock.compare._files import Side
from noxlock.compare.distributions import extract
from noxlock.errors import CompareError
from noxlock.model import Tolerance, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.model import OutputReport

CSV = "a,b\n" + "".join(f"{n},{n / 7}\n" for n in range(5000))


def zstd(data: bytes) -> bytes:
    compressed: bytes = pytest.importorskip("zstandard").compress(data)
    return compressed


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}


def npy(array: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def judge(folder: Path, old: tuple[str, bytes], new: tuple[str, bytes]) -> OutputReport:
    for side, (name, data) in (("old", old), ("new", new)):
        (folder / side).mkdir(exist_ok=True)
        (folder / side / name).write_bytes(data)
    return compare_output(folder / "old" / old[0], folder / "new" / new[0], Tolerance())


@pytest.mark.parametrize("suffix", PACK)
def test_a_table_is_compared_by_its_cells(tmp_path: Path, suffix: str) -> None:
    pack, name = PACK[suffix], f"t.csv.{suffix}"
    new = CSV.replace("12,", "12.5,", 1).encode()
    same = judge(tmp_path, (name, pack(CSV.encode())), (name, pack(CSV.encode())))
    assert same.verdict is Verdict.IDENTICAL
    assert same.format == f"csv ({NAMES[suffix]})"
    assert same.compared == 10_000
    report = judge(tmp_path, (name, pack(CSV.encode())), (name, pack(new)))
    assert report.verdict is Verdict.DRIFTED
    assert report.difference is not None
    assert report.difference.first.where == "row 13, column a"


def test_level_and_time_of_compression_do_not_matter(tmp_path: Path) -> None:
    old = gzip.compress(CSV.encode(), 1, mtime=1)
    new = gzip.compress(CSV.encode(), 9, mtime=2)
    assert old != new
    report = judge(tmp_path, ("t.csv.gz", old), ("t.csv.gz", new))
    assert report.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("suffix", PACK)
def test_the_formats_inside_are_those_of_plain_files(
    tmp_path: Path, suffix: str
) -> None:
    array = np.arange(100_000) / 3
    for name, old, new in (
        ("a.npy", npy(array), npy(array * (1 + 1e-12))),
        ("m.json", b'{"a": 0.5}', b'{"a": 0.5000000000001}'),
        ("m.jsonl", b'{"a": 0.5}\n', b'{"a": 0.5000000000001}\n'),
        ("m.yaml", b"a: 0.5\n", b"a: 0.5000000000001\n"),
        ("m.tsv", b"a\tb\n1.5\t1\n", b"a\tb\n1.5000000000001\t1\n"),
    ):
        packed = f"{name}.{suffix}"
        report = judge(
            tmp_path, (packed, PACK[suffix](old)), (packed, PACK[suffix](new))
        )
        assert report.verdict is Verdict.WITHIN_TOLERANCE, report
        assert report.format == f"{name.rpartition('.')[2]} ({NAMES[suffix]})"


def test_the_content_decides_where_no_suffix_is_inside(tmp_path: Path) -> None:
    text = judge(
        tmp_path, ("l.gz", gzip.compress(b"one\n")), ("l.gz", gzip.compress(b"two\n"))
    )
    assert (text.verdict, text.format) == (Verdict.DRIFTED, "text (gzip)")
    array = npy(np.arange(3.0))
    report = judge(
        tmp_path, ("l.gz", gzip.compress(array)), ("l.gz", gzip.compress(array))
    )
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "npy (gzip)")
    data = gzip.compress(b"\0\1")
    report = judge(tmp_path, ("l.gz", data), ("l.gz", data))
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "bytes (gzip)")


def test_a_compressed_side_is_compared_with_a_plain_one(tmp_path: Path) -> None:
    data = gzip.compress(CSV.encode())
    report = judge(tmp_path, ("t.csv.gz", data), ("t.csv", CSV.encode()))
    assert report.verdict is Verdict.IDENTICAL
    report = judge(tmp_path, ("t.csv", CSV.encode()), ("t.csv.gz", data))
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "csv")


def test_what_needs_a_real_file_is_compared_by_decompressed_bytes(
    tmp_path: Path,
) -> None:
    old, new = b"\x89HDF\r\n\x1a\n" + b"1" * 50, b"\x89HDF\r\n\x1a\n" + b"2" * 50
    for name, kind in (("d.h5.gz", "hdf5"), ("d.nc.gz", "hdf5"), ("d.png.gz", "image")):
        same = judge(
            tmp_path, (name, gzip.compress(old, 1)), (name, gzip.compress(old, 9))
        )
        assert (same.verdict, same.format) == (Verdict.IDENTICAL, "bytes (gzip)")
        report = judge(tmp_path, (name, gzip.compress(old)), (name, gzip.compress(new)))
        assert report.verdict is Verdict.DRIFTED
        assert f"after gzip: a {kind} inside needs a file of its own" in report.reason
    report = judge(tmp_path, ("d.h5", old), ("d.h5.gz", gzip.compress(old)))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == "the output is compressed with gzip, the other is not"


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("name", ["t.csv", "t.json", "t.txt", "t.npy", "t.bin", "t"])
def test_what_is_damaged_or_cut_off_is_not_comparable(
    tmp_path: Path, suffix: str, name: str
) -> None:
    content = CSV.encode()
    if name == "t.npy":
        content = npy(np.random.default_rng(1).random(5000))
    elif name == "t.json":
        content = b"[" + b"0.5, " * 5000 + b"1]"
    data = PACK[suffix](content)
    packed = f"{name}.{suffix}"
    for bad, why in (
        (data[: len(data) // 2], "is truncated: its"),
        (data[:-1], "is truncated: its"),
        (b"no such thing at all", "is damaged, or no"),
        (b"", "is empty"),
        (PACK[suffix](b""), "is empty"),
    ):
        for old, new, who in ((data, bad, "output"), (bad, data, "baseline")):
            report = judge(tmp_path, (packed, old), (packed, new))
            assert report.verdict is Verdict.NOT_COMPARABLE, (bad[:20], report)
            assert report.reason.startswith(f"the {who} "), report.reason
            assert why in report.reason


def test_a_changed_byte_inside_of_a_stream_is_found(tmp_path: Path) -> None:
    for suffix, pack in PACK.items():
        data = bytearray(pack(CSV.encode()))
        data[len(data) // 2] ^= 0x10
        name = f"t.csv.{suffix}"
        report = judge(tmp_path, (name, bytes(data)), (name, bytes(data)))
        assert report.verdict is not Verdict.WITHIN_TOLERANCE
        if suffix != "zst":  # zstandard writes no checksum unless it is asked to
            assert report.verdict is Verdict.NOT_COMPARABLE


@pytest.mark.parametrize("suffix", PACK)
def test_several_streams_in_one_file_are_one_content(
    tmp_path: Path, suffix: str
) -> None:
    pack = PACK[suffix]
    half = len(CSV) // 2
    split = pack(CSV[:half].encode()) + pack(CSV[half:].encode())
    name = f"t.csv.{suffix}"
    report = judge(tmp_path, (name, pack(CSV.encode())), (name, split))
    assert report.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("suffix", PACK)
def test_a_bomb_is_read_in_bounded_memory(tmp_path: Path, suffix: str) -> None:
    bomb = PACK[suffix](bytes(64 << 20))
    tracemalloc.start()
    try:
        report = judge(
            tmp_path, (f"b.bin.{suffix}", bomb), (f"b.bin.{suffix}", bomb[:-9] + bomb)
        )
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert report.verdict is not Verdict.IDENTICAL


def test_a_tree_that_becomes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "_MOST", 1 << 20)
    data = gzip.compress(b"[" + b" " * (2 << 20) + b"]")
    report = judge(tmp_path, ("t.json.gz", data), ("t.json.gz", data))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "has more than 1 MiB when it is decompressed" in report.reason


def test_what_zstd_needs_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compression", "compression.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    report = judge(tmp_path, ("t.csv.zst", b"123"), ("t.csv.zst", b"123"))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "needs Python 3.14 or zstandard: pip install zstandard" in report.reason


def test_noisy_numbers_are_taken_from_compressed_files(tmp_path: Path) -> None:
    from noxlock.model import Distribution  # noqa: PLC0415

    (tmp_path / "m.json.gz").write_bytes(gzip.compress(b'{"loss": 0.5}'))
    rule = Tolerance(distribution=Distribution(runs=8, alpha=0.01))
    assert extract(tmp_path / "m.json.gz", rule) == {"loss": 0.5}


def test_a_folder_with_such_a_name_is_a_folder(tmp_path: Path) -> None:
    for side in ("old", "new"):
        (tmp_path / side / "x.gz").mkdir(parents=True)
        (tmp_path / side / "x.gz" / "a.txt").write_text("a\n")
    report = compare_output(tmp_path / "old/x.gz", tmp_path / "new/x.gz", Tolerance())
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "folder")


def test_a_pointer_of_git_lfs_is_no_result(tmp_path: Path) -> None:
    pointer = (
        b"version https://git-lfs.github.com/spec/v1\n"
        b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
        b"size 12345\n"
    )
    for name in ("a.txt", "a.npy", "a.csv.gz", "a.bin", "a"):
        report = judge(tmp_path, (name, pointer), (name, pointer))
        assert report.verdict is Verdict.NOT_COMPARABLE
        assert "the baseline is a pointer of Git LFS" in report.reason
        assert "`git lfs pull`" in report.reason


def test_only_the_start_can_be_gone_back_to(tmp_path: Path) -> None:
    (tmp_path / "a.zst").write_bytes(zstd(b"abc"))
    with Side("output", tmp_path / "a.zst").open() as stream:
        assert stream.read() == b"abc"
        assert stream.tell() == 3
        stream.seek(0)
        assert stream.read() == b"abc"
        with pytest.raises(io.UnsupportedOperation):
            stream.seek(0, 2)


def test_a_disk_that_fails_is_told_from_damage(tmp_path: Path) -> None:
    from noxlock.compare._packed import unpacked  # noqa: PLC0415

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error", size)

    stream = unpacked(Failing(b"x"), "gzip", Side("output", tmp_path).error)
    with pytest.raises(CompareError, match="the output cannot be read: Input/output"):
        stream.read(1)

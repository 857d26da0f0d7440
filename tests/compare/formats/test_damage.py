"""Damaged files of every format: a verdict and a reason, never a crash or a pass."""

from __future__ import annotations

import random
import zlib
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from noxlock.compare import Settings, compare_output, format_of
from noxlock.model import Verdict
from support.arrays import EXACT
from support.formats import WRITERS

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import OutputReport

TEXTS: Final = {
    ".json": b'{"loss": 0.25, "steps": [1, 2, 3], "name": "run \xc3\xbc"}\n',
    ".jsonl": b'{"loss": 0.25}\n{"loss": 0.5, "name": "\xc3\xbc"}\n',
    ".yaml": b"loss: 0.25\nsteps: [1, 2, 3]\nname: '\xc3\xbc'\n",
    ".csv": b'loss,name\n0.25,"a, b"\n0.5,\xc3\xbc\n',
    ".tsv": b"loss\tname\n0.25\ta\n0.5\t\xc3\xbc\n",
    ".txt": b"loss 0.25\nloss 0.5 \xc3\xbc\n",
    ".bin": bytes(range(256)),
    ".pkl": b"\x80\x04K\x01.",
}
FILES: Final = [*(each for each in WRITERS if each != ".zarr"), *TEXTS]
CHECKED: Final = (".npz",)
"""What has checksums of its values: a flip in these is never called a drift."""
FLIPS: Final = 40
CUTS: Final = 16
ONE: Final = Settings(threads=1)


@cache
def sound(suffix: str, folder: Path) -> bytes:
    path = folder / f"sound{suffix}"
    if suffix in TEXTS:
        return TEXTS[suffix]
    values = {"x": np.linspace(1, 200, 40), "y": np.arange(40).reshape(8, 5)}
    WRITERS[suffix](path, values)
    return path.read_bytes()


@pytest.fixture(params=FILES)
def suffix(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def data(suffix: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sound(suffix, tmp_path_factory.getbasetemp())


def judged(folder: Path, suffix: str, actual: bytes, baseline: bytes) -> OutputReport:
    old, new = folder / f"b{suffix}", folder / f"a{suffix}"
    old.write_bytes(baseline)
    new.write_bytes(actual)
    report = compare_output(old, new, EXACT, settings=ONE)
    assert report.format == format_of(old).name
    if report.verdict is Verdict.NOT_COMPARABLE:
        assert report.reason
        assert str(folder) not in report.reason
        assert "\n" not in report.reason
    return report


def test_an_empty_file_is_not_comparable(
    tmp_path: Path, suffix: str, data: bytes
) -> None:
    report = judged(tmp_path, suffix, b"", data)
    assert (report.verdict, report.reason) == (
        Verdict.NOT_COMPARABLE,
        "the output is empty",
    )
    report = judged(tmp_path, suffix, data, b"")
    assert report.reason == "the baseline is empty"


def test_a_file_cut_anywhere_never_passes(
    tmp_path: Path, suffix: str, data: bytes
) -> None:
    places = {1, len(data) // 2, len(data) - 1, 8, 16}
    places |= {len(data) * part // CUTS for part in range(1, CUTS)}
    for place in sorted(place for place in places if 0 < place < len(data)):
        if suffix == ".txt" or data[:place].strip() == data.strip():
            continue
        report = judged(tmp_path, suffix, data[:place], data)
        assert not report.verdict.passed or _same(suffix, data[:place], data), place


def _same(suffix: str, cut: bytes, data: bytes) -> bool:
    """Whether what is cut off says nothing: a blank line, what ends an image."""
    if suffix in TEXTS:
        return data.rstrip() == cut.rstrip()
    images = {".gif": 23, ".bmp": 23, ".jpg": 23, ".webp": 23, ".png": 4}
    return len(data) - len(cut) <= images.get(suffix, 0)


def test_flipped_bytes_give_a_verdict(tmp_path: Path, suffix: str, data: bytes) -> None:
    rng = random.Random(20)  # noqa: S311 - the same damage in every run
    found = []
    for _ in range(FLIPS):
        bad = bytearray(data)
        for _ in range(rng.choice([1, 1, 1, 3, 9])):
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        found.append(judged(tmp_path, suffix, bytes(bad), data).verdict)
    assert not all(verdict.passed for verdict in found)
    if suffix in CHECKED:
        assert Verdict.DRIFTED not in found


def test_bytes_of_another_format_are_not_comparable(
    tmp_path: Path, suffix: str, data: bytes
) -> None:
    for other in (b"\0" * 64, b"PK\x03\x04" + b"\xff" * 60, b"\x89HDF\r\n\x1a\n" * 9):
        report = judged(tmp_path, suffix, other, data)
        assert not report.verdict.passed
        if suffix not in TEXTS:
            assert report.verdict is Verdict.NOT_COMPARABLE


def test_what_was_damaged_when_it_was_recorded_never_passes(
    tmp_path: Path, suffix: str, data: bytes
) -> None:
    if suffix in {".txt", ".bin", ".pkl"}:
        return
    bad = data[: len(data) // 2] if suffix in WRITERS else b"\x80" + data
    report = judged(tmp_path, suffix, bad, bad)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(("the baseline ", "frame 0: the baseline "))


@pytest.mark.parametrize("size", [b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"])
def test_a_png_that_claims_to_be_huge_is_refused(tmp_path: Path, size: bytes) -> None:
    pytest.importorskip("PIL")
    good = sound(".png", tmp_path)
    head = good[12:16] + size + size + good[24:29]
    bad = good[:12] + head + zlib.crc32(head).to_bytes(4, "big") + good[33:]
    assert judged(tmp_path, ".png", bad, good).verdict is Verdict.NOT_COMPARABLE

"""Members come out of an archive as they went in, or not at all."""

from __future__ import annotations

import hashlib
import random
import zlib
from typing import TYPE_CHECKING

import isal.isal_zlib
import pytest
from blake3 import blake3

from noxlock.store import _extractor
from noxlock.store._extractor import Broken, digest_text, extract

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from noxlock.store._extractor import Member

HEADER = b"PK\x03\x04" + bytes(26)
MTIME = 315_619_200


@pytest.fixture(params=[isal.isal_zlib, zlib], ids=["isal", "zlib"], autouse=True)
def _inflating(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    module: ModuleType = request.param
    monkeypatch.setattr(_extractor, "inflating", module)
    return module


def deflated(data: bytes, level: int = 6) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def texts() -> dict[str, bytes]:
    source = random.Random(0)  # noqa: S311 - no secret
    words = [source.randbytes(source.randrange(2, 9)).hex() for _ in range(500)]
    text = " ".join(source.choices(words, k=40_000)).encode()
    return {"empty": b"", "text": text, "noise": source.randbytes(70_000)}


def member(data: bytes, packed: bytes, *, is_deflated: bool = True) -> Member:
    crc = zlib.crc32(data)
    return ("m", 0, len(packed), len(data), crc, is_deflated, False, "", "")


def taken(tmp: Path, packed: bytes, one: Member) -> bytes:
    archive, into = tmp / "archive", tmp / "into"
    archive.write_bytes(HEADER + packed)
    into.mkdir(exist_ok=True)
    (into / "m").unlink(missing_ok=True)
    ((sha256, digest),) = extract((str(archive), f"{into}/", MTIME, [one]))
    content = (into / "m").read_bytes()
    assert sha256 == digest_text(hashlib.sha256(content).digest())
    assert digest == blake3(content).hexdigest()
    assert (into / "m").stat().st_mtime == MTIME
    return content


@pytest.mark.parametrize("at_once", [1 << 30, 1000], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", texts())
@pytest.mark.parametrize("level", [0, 1, 9])
def test_what_was_deflated_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, level: int, at_once: int
) -> None:
    monkeypatch.setattr(_extractor, "_AT_ONCE", at_once)
    monkeypatch.setattr(_extractor, "_BLOCK", 5000)
    data = texts()[name]
    packed = deflated(data, level)
    assert taken(tmp_path, packed, member(data, packed)) == data
    stored = member(data, data, is_deflated=False)
    assert taken(tmp_path, data, stored) == data


@pytest.mark.parametrize("at_once", [1 << 30, 1000], ids=["whole", "streamed"])
def test_whatever_byte_is_another_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(_extractor, "_AT_ONCE", at_once)
    data = texts()["text"][:4000]
    packed = deflated(data)
    found = 0
    for place in range(0, len(packed), 7):
        changed = bytearray(packed)
        changed[place] ^= 0x15
        try:
            assert taken(tmp_path, bytes(changed), member(data, packed)) == data
        except Broken:
            found += 1
    assert found > len(packed) // 7 * 0.9


@pytest.mark.parametrize("at_once", [1 << 30, 1000], ids=["whole", "streamed"])
def test_what_is_cut_off_or_goes_on_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(_extractor, "_AT_ONCE", at_once)
    data = texts()["text"]
    packed = deflated(data)
    for short in (packed[:-9], packed[: len(packed) // 2], b""):
        with pytest.raises(Broken):
            taken(tmp_path, short, member(data, short))
    bomb = deflated(bytes(50_000_000))
    with pytest.raises(Broken):
        taken(tmp_path, bomb, member(bytes(2000), bomb))
    assert (tmp_path / "into/m").stat().st_size <= 2001, "no more was written"

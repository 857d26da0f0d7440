"""Images, as their pixels."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.model import OutputReport, Tolerance, Verdict
from support.arrays import EXACT, difference
from support.formats import part

if TYPE_CHECKING:
    from pathlib import Path

Image = pytest.importorskip("PIL.Image")

NOISE = np.random.default_rng(0).integers(0, 250, (20, 30, 3), dtype=np.uint8)


def touched(by: int = 2) -> Any:  # noqa: ANN401 - of any number of channels
    pixels = NOISE.copy()
    pixels[3, 4, 1] += by
    return pixels


def compare(
    folder: Path,
    actual: Any,  # noqa: ANN401 - Pillow is optional here
    baseline: Any,  # noqa: ANN401
    tolerance: Tolerance = EXACT,
    suffix: str = ".png",
) -> OutputReport:
    more = {"lossless": True} if suffix == ".webp" else {}
    for name, image in (("a", actual), ("b", baseline)):
        held = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        held.save(folder / f"{name}{suffix}", **more)
    return compare_output(folder / f"b{suffix}", folder / f"a{suffix}", tolerance)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp"])
def test_a_pixel_is_found_at_its_row_column_and_channel(
    tmp_path: Path, suffix: str
) -> None:
    report = compare(tmp_path, touched(), NOISE, suffix=suffix)
    found = difference(report)
    assert (report.format, report.compared) == ("image", NOISE.size)
    assert (found.first.where, found.differing, found.absolute) == ("[3, 4, 1]", 1, 2)
    loose = Tolerance(atol=2)
    report = compare(tmp_path, touched(), NOISE, loose, suffix)
    assert report.verdict is Verdict.WITHIN_TOLERANCE


def test_jpeg_and_another_compression_are_decoded(tmp_path: Path) -> None:
    report = compare(tmp_path, 250 - NOISE, NOISE, suffix=".jpg")
    assert report.verdict is Verdict.DRIFTED
    Image.fromarray(NOISE).save(tmp_path / "a.png", compress_level=1, dpi=(300, 300))
    Image.fromarray(NOISE).save(tmp_path / "b.png", compress_level=9)
    report = compare_output(tmp_path / "b.png", tmp_path / "a.png", EXACT)
    assert report.verdict is Verdict.IDENTICAL


def test_another_mode_or_size_is_a_drift(tmp_path: Path) -> None:
    report = compare(tmp_path, NOISE[:, :, 0], NOISE)
    assert (report.verdict, report.reason) == (Verdict.DRIFTED, "mode RGB became L")
    report = compare(tmp_path, NOISE[:5], NOISE)
    assert report.reason == "shape (20, 30, 3) became (5, 30, 3)"


@pytest.mark.parametrize("dtype", ["?", "u1", "u2", "i4", "f4"])
def test_depths_that_pillow_keeps_are_compared(tmp_path: Path, dtype: str) -> None:
    pixels = np.arange(12).reshape(3, 4).astype(dtype)
    moved = pixels.copy()
    moved[0, 0] = 1
    report = compare(tmp_path, moved, pixels, suffix=".tiff")
    assert difference(report).first.where == "[0, 0]"


def test_a_palette_is_an_encoding(tmp_path: Path) -> None:
    plain = Image.fromarray(NOISE // 128 * 255)
    report = compare(tmp_path, plain.quantize(8), plain)
    assert report.verdict is Verdict.IDENTICAL
    clear = plain.quantize(8)
    clear.info["transparency"] = 0
    assert compare(tmp_path, clear, plain).reason == "mode RGB became RGBA"


def test_frames_are_parts(tmp_path: Path) -> None:
    frames = [Image.fromarray(each) for each in (NOISE, NOISE // 2, 250 - NOISE)]
    for suffix in (".tiff", ".gif", ".webp"):
        old, new = tmp_path / f"b{suffix}", tmp_path / f"a{suffix}"
        more: dict[str, Any] = {"duration": 100} if suffix != ".tiff" else {}
        frames[0].save(old, save_all=True, append_images=[frames[2]], **more)
        frames[0].save(new, save_all=True, append_images=frames[1:], **more)
        report = compare_output(old, new, EXACT)
        assert "2 frames became 3" in report.reason
        assert part(report, "frame 0").verdict is Verdict.IDENTICAL
        assert part(report, "frame 1").verdict is Verdict.DRIFTED
        assert difference(report).first.where.startswith("frame 1[")


def test_how_long_and_how_turned_a_frame_is_shown_is_compared(tmp_path: Path) -> None:
    frames = [Image.fromarray(each) for each in (NOISE, 250 - NOISE)]
    for name, duration in (("b", 100), ("a", 40)):
        frames[0].save(
            tmp_path / f"{name}.gif",
            save_all=True,
            append_images=frames[1:],
            duration=duration,
        )
    report = compare_output(tmp_path / "b.gif", tmp_path / "a.gif", EXACT)
    assert report.reason.startswith("frame 0: duration 100 became 40")
    turned = Image.Exif()
    turned[0x0112] = 6
    frames[0].save(tmp_path / "b.jpg")
    frames[0].save(tmp_path / "a.jpg", exif=turned)
    report = compare_output(tmp_path / "b.jpg", tmp_path / "a.jpg", EXACT)
    assert report.reason == "orientation 1 became 6"


def deep(pixels: Any) -> bytes:  # noqa: ANN401
    """Return a PNG of 16 bits a channel, which Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_

    height, width, _ = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_bits_that_pillow_drops_are_never_called_identical(tmp_path: Path) -> None:
    old, new = tmp_path / "b.png", tmp_path / "a.png"
    pixels = NOISE.astype("u2") * 256
    old.write_bytes(deep(pixels))
    new.write_bytes(deep(pixels + 1))
    report = compare_output(old, new, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == (
        "the baseline has 16 bits a channel, of which Pillow decodes 8"
    )
    assert compare_output(old, old, EXACT).verdict is Verdict.IDENTICAL
    Image.fromarray(NOISE).save(old)
    assert "the output has 16 bits" in compare_output(old, new, EXACT).reason


@pytest.mark.parametrize("side", [10_000, 14_000])
def test_more_pixels_than_pillow_allows_are_an_error(tmp_path: Path, side: int) -> None:
    Image.new("1", (side, side)).save(tmp_path / "a.png")
    report = compare_output(tmp_path / "a.png", tmp_path / "a.png", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "exceeds limit" in report.reason


def test_only_formats_that_are_registered_are_decoded(tmp_path: Path) -> None:
    Image.fromarray(NOISE).save(tmp_path / "a.ppm")
    (tmp_path / "a.ppm").rename(tmp_path / "a.png")
    report = compare_output(tmp_path / "a.png", tmp_path / "a.png", EXACT)
    assert report.reason == "the baseline is no image of a format that is read"


def test_a_png_that_ends_before_its_last_checksum_is_damaged(tmp_path: Path) -> None:
    Image.fromarray(NOISE).save(tmp_path / "b.png")
    data = (tmp_path / "b.png").read_bytes()
    flipped = bytearray(data)
    flipped[-16] ^= 1  # of the checksum of the pixels
    for bad in (data[:-5], data[:-12], data[:-16], bytes(flipped)):
        (tmp_path / "a.png").write_bytes(bad)
        report = compare_output(tmp_path / "b.png", tmp_path / "a.png", EXACT)
        assert report.verdict is Verdict.NOT_COMPARABLE
        assert report.reason.startswith("the output is damaged: ")

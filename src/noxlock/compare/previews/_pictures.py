"""Small pictures of two images: reduced, as PNG, and where they differ."""

from __future__ import annotations

import math
import struct
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.model.preview import ImagePair

if TYPE_CHECKING:
    from noxlock.compare.arrays._lens import Array

__all__ = ["picture"]

_SIDE: Final = 480
"""Pixels: what is larger is reduced to it."""
_FAINTEST: Final = 70
"""Of 255: what the smallest difference is drawn with, to be seen."""
# PNG (third edition), 11.2.1: colour type by number of channels.
_COLOURS: Final = {1: 0, 2: 4, 3: 2, 4: 6}


def picture(key: str, baseline: Array, actual: Array) -> ImagePair | None:
    """Return two images and their difference; None where they are no pictures.

    Args:
        key: The part of the output that they are.
        baseline: Pixels, (height, width) or (height, width, channels), of any number.
        actual: Likewise.
    """
    old, new = _channels(baseline), _channels(actual)
    if old is None or new is None:
        return None
    height, width = new.shape[:2]
    old_bytes, new_bytes = _as_bytes(old, new)
    difference = ""
    if old.shape == new.shape:
        difference = _png(_largest(_difference(old, new)))
    return ImagePair(
        key=key,
        width=width,
        height=height,
        baseline=_png(_mean(old_bytes)),
        actual=_png(_mean(new_bytes)),
        difference=difference,
    )


def _channels(pixels: Array) -> Array | None:
    if pixels.dtype.kind not in "buif" or 0 in pixels.shape:
        return None
    if pixels.ndim == 2:  # noqa: PLR2004 - rows and columns
        return pixels[:, :, np.newaxis]
    if pixels.ndim == 3 and pixels.shape[2] in _COLOURS:  # noqa: PLR2004 - and channels
        return pixels
    return None


def _as_bytes(old: Array, new: Array) -> tuple[Array, Array]:
    """Return both as 8 bits a channel, on one scale."""
    if old.dtype == new.dtype == np.uint8:
        return old, new
    if old.dtype == new.dtype == np.bool_:
        return old.astype(np.uint8) * 255, new.astype(np.uint8) * 255
    one, other = old.astype(np.float64), new.astype(np.float64)
    finite = np.concatenate([each[np.isfinite(each)] for each in (one, other)])
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    # Halves: the difference of two large floats may be no float.
    span = (high / 2 - low / 2) or 1.0
    shown = []
    for each in (one, other):
        inside = np.clip(np.nan_to_num(each, nan=low), low, high)
        shown.append(((inside / 2 - low / 2) / span * 255).astype(np.uint8))
    return shown[0], shown[1]


def _difference(old: Array, new: Array) -> Array:
    """Return |new - old| of the channel that differs most, scaled to be seen."""
    one, other = old.astype(np.float64), new.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(all="ignore"):
        gap = np.where(same, 0.0, np.abs(other / 2 - one / 2))
    sized = gap[np.isfinite(gap)]
    largest = float(sized.max(initial=0.0)) or 1.0
    # NaN or infinity against a number: as far apart as can be.
    apart = np.where(np.isfinite(gap), gap, largest).max(axis=2)
    shown = _FAINTEST + (255 - _FAINTEST) * (apart / largest)
    bright: Array = np.where(apart > 0, shown, 0).astype(np.uint8)
    return bright[:, :, np.newaxis]


def _largest(pixels: Array) -> Array:
    """Return the image, of each square of pixels the largest one."""
    rows, columns = _squares(pixels)
    tall = np.maximum.reduceat(pixels, rows, axis=0)
    found: Array = np.maximum.reduceat(tall, columns, axis=1)
    return found


def _mean(pixels: Array) -> Array:
    """Return the image, of each square of pixels the mean."""
    rows, columns = _squares(pixels)
    sums = np.add.reduceat(pixels.astype(np.uint32), rows, axis=0)
    sums = np.add.reduceat(sums, columns, axis=1)
    height, width = pixels.shape[:2]
    counts = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
    found: Array = (sums // counts[:, :, np.newaxis]).astype(np.uint8)
    return found


def _squares(pixels: Array) -> tuple[Array, Array]:
    """Return where squares begin, as large as it takes for the image to be small."""
    height, width = pixels.shape[:2]
    step = math.ceil(max(height, width) / _SIDE)
    return np.arange(0, height, step), np.arange(0, width, step)


def _png(pixels: Array) -> str:
    """Return 8-bit channels as PNG, in base64."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    # Each row is led by its filter: 0, none.
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    data = zlib.compress(rows.tobytes(), 9)
    parts = _chunk(b"IHDR", head), _chunk(b"IDAT", data), _chunk(b"IEND", b"")
    return b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join(
        (
            struct.pack(">I", len(data)),
            kind,
            data,
            struct.pack(">I", zlib.crc32(kind + data)),
        )
    )

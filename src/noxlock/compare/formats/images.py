"""Compares images as their decoded pixels: PNG, JPEG, TIFF, BMP, GIF, WebP."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from noxlock.compare._files import reason_of
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._parts import Held, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare"]

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
_ORIENTATION: Final = 0x0112
_PALETTES: Final = ("P", "PA")
_DEEP: Final = ";16"
"""In Pillow's name of how pixels lie in the file: 16 bits a channel."""


class _Frame(NamedTuple):
    mode: str
    pixels: Array
    facts: dict[str, object]
    """What changes how the pixels are shown."""
    narrowed: bool
    """Whether Pillow has dropped bits of it."""


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two images, frame by frame; a tolerance is of channel values.

    A palette is replaced by its colours; profiles, resolution and comments are not
    compared.

    Raises:
        CompareError: One cannot be decoded, or has more pixels than Pillow allows.
    """
    with ExitStack() as stack:
        old = stack.enter_context(_opened(baseline))
        new = stack.enter_context(_opened(actual))
        old_count, new_count = _count(baseline, old), _count(actual, new)
        if new_count != old_count:
            job.tally.note(f"{old_count} frames became {new_count}")
        for number in range(min(old_count, new_count)):
            several = max(old_count, new_count) > 1
            part = job.part(f"frame {number}") if several else job
            sides = (actual, baseline)
            then = _frame(baseline, old, number)
            _compare_frames((_frame(actual, new, number), then), sides, part)


@contextmanager
def _opened(side: Side) -> Iterator[ImageFile.ImageFile]:
    with side.open() as stream, _quiet():
        with readable(side.error, "is no image that can be read"):
            try:
                image = Image.open(stream, formats=_FORMATS)
            except UnidentifiedImageError as error:
                raise side.error("is no image of a format that is read") from error
        if image.format == "PNG":
            # Decoding stops at the last pixel, before the checksums that end the file.
            with readable(side.error, "is damaged"):
                image.verify()
            image = Image.open(stream, formats=_FORMATS)
        with image:
            yield image


@contextmanager
def _quiet() -> Iterator[None]:
    """Raise where Pillow only warns of too many pixels; keep its other warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _count(side: Side, image: ImageFile.ImageFile) -> int:
    with readable(side.error):
        return int(getattr(image, "n_frames", 1))


def _frame(side: Side, image: ImageFile.ImageFile, number: int) -> _Frame:
    with readable(side.error, f"is damaged in frame {number}"):
        image.seek(number)
        layouts = [str(tile.args) for tile in image.tile]
        image.load()
        facts: dict[str, object] = {
            "orientation": image.getexif().get(_ORIENTATION, 1),
            "duration": image.info.get("duration", 0),
        }
        shown: Image.Image = image
        if image.format == "GIF":
            # Frames after the first are read as what is shown, over those before.
            shown = image.convert("RGBA")
        elif image.mode in _PALETTES:
            clear = image.mode == "PA" or "transparency" in image.info
            shown = image.convert("RGBA" if clear else "RGB")
        else:
            facts["transparency"] = image.info.get("transparency")
        pixels = np.asarray(shown)
    narrowed = pixels.dtype.itemsize == 1 and any(_DEEP in each for each in layouts)
    return _Frame(shown.mode, pixels, facts, narrowed)


def _compare_frames(
    frames: tuple[_Frame, _Frame], sides: tuple[Side, Side], job: Job
) -> None:
    new, old = frames
    job.tally.dtype, job.tally.shape = str(old.pixels.dtype), old.pixels.shape
    for fact, value in old.facts.items():
        if (now := new.facts.get(fact, value)) != value:
            job.tally.note(f"{fact} {value} became {now}")
    if new.mode != old.mode:
        job.tally.note(f"mode {old.mode} became {new.mode}")
        return
    if (new.narrowed or old.narrowed) and sides[0].read() != sides[1].read():
        which = sides[1] if old.narrowed else sides[0]
        error = which.error("has 16 bits a channel, of which Pillow decodes 8")
        job.tally.fail(reason_of(error))
        return
    actual, baseline = (
        Held(values=frame.pixels, error=side.error)
        for frame, side in zip(frames, sides, strict=True)
    )
    compare_sources(actual, baseline, job)

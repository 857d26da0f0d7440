"""What a page shows of the compared files: few values, small images, the log's end."""

from __future__ import annotations

from noxlock.model.verdict import Value

__all__ = ["Curve", "Evidence", "ImagePair", "Preview"]


class Curve(Value, frozen=True, kw_only=True):
    """Values of one array, at the same places in the baseline and in the output."""

    key: str
    """The part of the output: an array of an archive; "" for the whole."""
    dtype: str
    total: int
    """How many values the array has."""
    places: tuple[int, ...]
    """Where they are, in the file's order from 0; evenly, and around the worst."""
    baseline: tuple[float, ...]
    actual: tuple[float, ...]
    allowed: tuple[float, ...] = ()
    """By how much each may differ; none where the values must be equal."""
    worst: int | None = None
    """The place of the worst difference, where it is known."""


class ImagePair(Value, frozen=True, kw_only=True):
    """Two images and what differs between them, as PNG in base64."""

    key: str
    width: int
    """Pixels, of the output itself: what is shown may be smaller."""
    height: int
    baseline: str
    actual: str
    difference: str = ""
    """Black where they are equal; "" where the sizes differ or it cannot be made."""


class Preview(Value, frozen=True, kw_only=True):
    """What is shown of one output."""

    output: str
    curves: tuple[Curve, ...] = ()
    images: tuple[ImagePair, ...] = ()


class Evidence(Value, frozen=True, kw_only=True):
    """What is shown of one check besides its report."""

    previews: tuple[Preview, ...] = ()
    log: tuple[str, ...] = ()
    """The last lines that the command printed, where it failed."""

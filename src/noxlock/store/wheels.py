"""Wheels on their way into the store, and out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import Sha256

__all__ = ["BuiltWheel", "LinkedWheel", "Recycled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltWheel:
    """A wheel that was built on this machine and is in the store."""

    filename: str
    sha256: Sha256
    notes: Mapping[str, str]
    """What was recorded with it: build requirements, where it was built from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedWheel:
    """A stored wheel on its way into an environment."""

    sha256: Sha256
    direct_url: Mapping[str, object] | None = None
    """What `direct_url.json` says of it (PEP 610)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recycled:
    """What an older environment left at a prefix where a new one is made.

    Of it stays, byte by byte, what the new one would have; the rest goes.
    """

    inside: str
    """A folder of the prefix, relative to it, with `/` as separator; "": all of it."""
    aside: Path
    """A folder on the same file system; what is in the way goes there."""
    mode: int
    """Of a folder that is made now."""

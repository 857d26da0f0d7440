"""What looking after the store found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BucketInfo", "Damage", "GcReport", "StoreInfo", "VerifyReport"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketInfo:
    """What one bucket holds."""

    name: str
    entries: int
    files: int
    size: int
    """Bytes; a file counts once, however many names it has."""
    linked: int
    """Of these, bytes that environments share through hard links: removing the entry
    frees them only when the environments are gone too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreInfo:
    """What a store holds."""

    root: Path
    buckets: tuple[BucketInfo, ...]
    """Then `baselines-v1`, outputs that were downloaded, and `downloads` and `tmp`:
    files on their way in, and what killed runs left."""

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(bucket.size for bucket in self.buckets)


@dataclass(frozen=True, kw_only=True, slots=True)
class GcReport:
    """What was removed."""

    entries: int
    leftovers: int
    """Files of killed runs, unfinished downloads, buckets of older versions, outputs of
    baselines."""
    freed: int
    """Bytes; without those that environments still hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """An entry that is not what was stored."""

    bucket: str
    entry: str
    """Its folder, relative to the store."""
    filename: str
    """Of the artifact; "" where the entry does not say any more."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyReport:
    """What was looked at, and what was wrong with it."""

    entries: int
    files: int
    damaged: tuple[Damage, ...]
    repaired: bool
    """Whether the damaged entries were removed."""

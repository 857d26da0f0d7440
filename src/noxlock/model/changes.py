"""What changed between two locks, package by package."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

__all__ = ["ChangeKind", "Layer", "LockChange", "LockDifference", "PinnedAs"]


class Layer(StrEnum):
    """What a package is of: the two name things apart."""

    CONDA = "conda"
    PYPI = "pypi"


class ChangeKind(StrEnum):
    """What happened to a package, in the order in which they are counted."""

    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    ADDED = "added"
    REMOVED = "removed"
    REBUILT = "rebuilt"
    """The same version, with another hash, build or source."""
    CHANGED = "changed"
    """The same artifacts, wanted otherwise: groups, markers, extras, pythons."""


class PinnedAs(Struct, frozen=True, kw_only=True):
    """What one lock says of a package."""

    versions: tuple[str, ...]
    """Oldest first; several where markers, or targets, choose."""
    builds: tuple[str, ...] = ()
    """Build strings of conda, sorted."""
    files: int = 0
    """How many files are pinned by a digest."""
    sources: tuple[str, ...] = ()
    """Channels, indexes, addresses, commits; empty where no lock says."""


class LockChange(Struct, frozen=True, kw_only=True):
    """One package that is not pinned as it was."""

    name: str
    kind: ChangeKind
    layer: Layer
    old: PinnedAs | None
    """None where it was not there."""
    new: PinnedAs | None
    """None where it is no more."""
    groups: tuple[str, ...] = ()
    """Those that want it, or did."""
    direct: bool | None = None
    """Whether the project asks for it; None where the lock cannot tell."""
    path: tuple[str, ...] = ()
    """The shortest way to it from what the project asks for, both ends included."""
    targets: tuple[str, ...] = ()
    """Where it changed; empty for a lock that is of no platform."""
    details: tuple[str, ...] = ()
    """More of it, in words: `groups main -> main, test`."""


class LockDifference(Struct, frozen=True, kw_only=True):
    """What changed between two locks."""

    lock: str = ""
    """What it is called: `poetry.lock`, or both where the names differ."""
    old: str | None = None
    """Where the old one is from; None where there was none."""
    new: str | None = None
    """Likewise of the new one."""
    changes: tuple[LockChange, ...]
    """Direct ones first, then by name."""
    unchanged: int
    """Names that are pinned as they were."""
    targets: tuple[str, ...] = ()
    """Those that both locks are for; empty where they are of no platform."""
    added_targets: tuple[str, ...] = ()
    """Those of the new lock alone; their packages are not listed."""
    removed_targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What changed of the lock as a whole: `python >=3.10 -> >=3.11`."""

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """How many packages there are of each kind that occurs."""
        found = {
            kind: len({(c.layer, c.name) for c in self.changes if c.kind is kind})
            for kind in ChangeKind
        }
        return {kind: count for kind, count in found.items() if count}

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all changed."""
        return not (
            self.changes or self.notes or self.added_targets or self.removed_targets
        )

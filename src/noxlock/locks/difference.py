"""What changed between two locks, package by package."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from noxlock.model import Lock, LockedPackage

__all__ = ["PackageChange", "difference", "differs_in_words_only"]

_DESCRIPTION: Final = re.compile(rb"(?m)^description = .*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageChange:
    """What happened to one name."""

    name: NormalizedName
    before: tuple[str, ...] = ()
    """Its versions, sorted; empty: it was added."""
    after: tuple[str, ...] = ()
    """Likewise; empty: it was removed."""
    detail: str = ""
    """What changed where the versions did not."""

    def __str__(self) -> str:
        """Return one line: `numpy 2.1.0 -> 2.1.1`."""
        before, after = ", ".join(self.before), ", ".join(self.after)
        if not self.before:
            return f"added {self.name} {after}".rstrip()
        if not self.after:
            return f"removed {self.name} {before}".rstrip()
        if self.detail:
            return f"{self.name} {after}: {self.detail}"
        return f"{self.name} {before} -> {after}"


def difference(before: Lock | None, after: Lock) -> tuple[PackageChange, ...]:
    """Return what changed, sorted by name; *before* is None where there was no lock."""
    old = _by_name(before.packages if before else ())
    new = _by_name(after.packages)
    changes = (
        _change(name, old.get(name, ()), new.get(name, ()))
        for name in sorted(old.keys() | new.keys())
    )
    return tuple(change for change in changes if change)


def differs_in_words_only(before: bytes, after: bytes) -> bool:
    """Return whether two poetry.lock files differ in descriptions alone, if at all.

    Poetry copies the descriptions of packages from the index, where they may change
    any day; they are no part of what is locked.
    """
    return _DESCRIPTION.sub(b"", before) == _DESCRIPTION.sub(b"", after)


def _by_name(
    packages: Iterable[LockedPackage],
) -> Mapping[NormalizedName, tuple[LockedPackage, ...]]:
    found: dict[NormalizedName, list[LockedPackage]] = defaultdict(list)
    for package in packages:
        # Where it stands in the file is no fact of the package.
        found[package.name].append(replace(package, where=""))
    return {name: tuple(sorted(found[name], key=str)) for name in found}


def _change(
    name: NormalizedName,
    old: tuple[LockedPackage, ...],
    new: tuple[LockedPackage, ...],
) -> PackageChange | None:
    before, after = _versions(old), _versions(new)
    if old == new:
        return None
    detail = _detail(old, new) if before == after else ""
    return PackageChange(name=name, before=before, after=after, detail=detail)


def _versions(packages: tuple[LockedPackage, ...]) -> tuple[str, ...]:
    return tuple(sorted({package.version or "(no version)" for package in packages}))


def _detail(old: tuple[LockedPackage, ...], new: tuple[LockedPackage, ...]) -> str:
    if [package.source for package in old] != [package.source for package in new]:
        return "source changed"
    gone, come = _files(old) - _files(new), _files(new) - _files(old)
    if gone or come:
        parts = [(len(come), "added"), (len(gone), "removed")]
        counts = ", ".join(f"{count} {word}" for count, word in parts if count)
        return f"files changed ({counts})"
    return "groups, markers or dependencies changed"


def _files(packages: tuple[LockedPackage, ...]) -> set[tuple[str, str | None]]:
    named = {(file.filename, file.sha256) for one in packages for file in one.files}
    return named | {("", digest) for one in packages for digest in one.hashes}

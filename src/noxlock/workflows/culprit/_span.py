"""Which files that an index lists are releases between two versions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from noxlock.model import LockedFile
from noxlock.plan.wheels import choose, is_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.index import ListedFile
    from noxlock.model import Target

__all__ = ["Span", "chosen"]


@dataclass(frozen=True, slots=True)
class Span:
    """All that lies strictly between two versions."""

    old: Version
    new: Version

    @classmethod
    def of(cls, old: str | None, new: str | None) -> Span | None:
        """Return what is between; None where PEP 440 cannot order them."""
        try:
            return cls(Version(old or ""), Version(new or ""))
        except InvalidVersion:
            return None

    def __contains__(self, version: Version) -> bool:
        ends = sorted((_public(self.old), _public(self.new)))
        early = self.old.is_prerelease or self.new.is_prerelease
        return (
            ends[0] < _public(version) < ends[1]
            and version.local in {self.old.local, self.new.local}
            and (early or not version.is_prerelease)
        )

    def holds(self, filename: str) -> bool:
        """Return whether the file of this name is of a version that is between."""
        version = _version(filename)
        return version is not None and version in self

    def ordered(self, versions: Iterable[Version]) -> tuple[Version, ...]:
        """Return *versions* from the old end towards the new; of two local ones one."""
        first: dict[Version, Version] = {}
        for version in sorted(versions, key=lambda v: (v.local != self.new.local, v)):
            first.setdefault(_public(version), version)
        return tuple(sorted(first.values(), reverse=self.old > self.new))


def chosen(
    files: Iterable[ListedFile], span: Span, target: Target, *, only_binary: bool
) -> tuple[tuple[Version, ListedFile], ...]:
    """Return the releases in *span* and the file of each that fits *target* best."""
    by_version: dict[Version, dict[str, ListedFile]] = {}
    for file in files:
        version = _version(file.filename)
        if version is not None and version in span and _may_run(file, target):
            by_version.setdefault(version, {})[file.filename] = file
    best: dict[Version, ListedFile] = {}
    for version, named in by_version.items():
        locked = [LockedFile(filename=each, sha256=None) for each in named]
        if found := choose(locked, target, only_binary=only_binary):
            best[version] = named[found[0].filename]
    return tuple((version, best[version]) for version in span.ordered(best))


def _may_run(file: ListedFile, target: Target) -> bool:
    if file.yanked or file.sha256 is None:
        return False
    try:
        wanted = SpecifierSet(file.requires_python or "")
    except InvalidSpecifier:  # real pages have what nobody can read
        return True
    # A pre-release of the interpreter counts as its release.
    return wanted.contains(Version(target.python).base_version)


def _version(filename: str) -> Version | None:
    try:
        if is_wheel(filename):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None


def _public(version: Version) -> Version:
    return Version(version.public)

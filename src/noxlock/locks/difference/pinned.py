"""Packages as two locks of any formats can be compared by."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, assert_never

from noxlock.locks.difference.order import sorted_versions
from noxlock.model import (
    ArchiveSource,
    CondaPackage,
    DirectorySource,
    IndexSource,
    Layer,
    LockedPackage,
    PinnedAs,
    VcsSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from noxlock.model import Source

__all__ = ["NO_VERSION", "Key", "Pins", "pins_of"]

NO_VERSION = "(no version)"
Key = tuple[Layer, str]
"""Layer and name."""


@dataclass(frozen=True, slots=True)
class Pins:
    """All that one lock has of a name; several where markers or environments choose."""

    layer: Layer
    packages: tuple[LockedPackage | CondaPackage, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Oldest first."""
        found = (package.version or NO_VERSION for package in self.packages)
        return sorted_versions(found, self.layer)

    @property
    def builds(self) -> tuple[str, ...]:
        """Conda's build strings."""
        found = (p.build for p in self.packages if isinstance(p, CondaPackage))
        return tuple(sorted(set(found)))

    @property
    def files(self) -> frozenset[tuple[str, str]]:
        """Name and digest of each file; either is empty where the lock has none."""
        return frozenset(pair for each in self.packages for pair in _files(each))

    @property
    def sources(self) -> tuple[str, ...]:
        """Where they come from, in words."""
        found = (_source(each) for each in self.packages)
        return tuple(sorted({text for text in found if text}))

    @property
    def groups(self) -> frozenset[str]:
        """The groups that the lock itself says want it."""
        found: set[str] = set()
        for each in self.packages:
            if isinstance(each, CondaPackage):
                found.update(each.categories)
            else:
                found.update(each.wanted_by)
        return frozenset(found)

    @property
    def _pinned(self) -> int:
        """How many files have a digest; of conda's each may have two."""
        found: set[str] = set()
        for each in self.packages:
            digests = [digest for _, digest in _files(each) if digest]
            found.update(digests[:1] if isinstance(each, CondaPackage) else digests)
        return len(found)

    @property
    def said(self) -> PinnedAs:
        """What is shown of it."""
        return PinnedAs(
            versions=self.versions,
            builds=self.builds,
            files=self._pinned,
            sources=self.sources,
        )


def pins_of(packages: Iterable[LockedPackage | CondaPackage]) -> dict[Key, Pins]:
    """Return *packages* by layer and name."""
    found: dict[Key, list[LockedPackage | CondaPackage]] = {}
    for package in packages:
        layer = Layer.CONDA if isinstance(package, CondaPackage) else Layer.PYPI
        found.setdefault((layer, package.name), []).append(package)
    return {key: Pins(key[0], tuple(pins)) for key, pins in found.items()}


def _files(package: LockedPackage | CondaPackage) -> Iterator[tuple[str, str]]:
    if isinstance(package, CondaPackage):
        digests = [each for each in (package.sha256, package.md5) if each]
        for digest in digests or [""]:
            yield package.filename, digest
        return
    for file in package.files:
        yield file.filename, file.sha256 or ""
    for digest in package.hashes:
        yield "", digest
    if isinstance(package.source, ArchiveSource) and package.source.sha256:
        place = package.source.url or package.source.path or ""
        yield basename(place), package.source.sha256


def _source(package: LockedPackage | CondaPackage) -> str:
    if isinstance(package, CondaPackage):
        return package.channel or ""
    return _in_words(package.source)


def _in_words(source: Source) -> str:
    match source:
        case IndexSource():
            return source.index or ""
        case ArchiveSource():
            return source.url or source.path or ""
        case VcsSource():
            return f"{source.vcs}+{source.url}@{source.commit}"
        case DirectorySource():
            return f"{source.path} (editable)" if source.editable else source.path
        case _:
            assert_never(source)

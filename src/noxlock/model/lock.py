"""What any lock of Python packages says, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from noxlock.model.names import ExtraName, GroupName, Sha256  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.markers import Marker
    from packaging.utils import NormalizedName

__all__ = [
    "ArchiveSource",
    "ByGroup",
    "ByMarker",
    "ByWalk",
    "Dependency",
    "DirectorySource",
    "IndexSource",
    "Lock",
    "LockedFile",
    "LockedPackage",
    "Selection",
    "Source",
    "VcsSource",
]


class LockedFile(Struct, frozen=True, kw_only=True):
    """One wheel or sdist that the lock lists for a package."""

    filename: str
    sha256: Sha256 | None
    """None where the lock pins it with a weaker hash only: such a file is refused."""
    url: str | None = None
    """Where the lock says it lies; None where an index has to be asked."""
    path: str | None = None
    """Where it lies in the project, relative to the lock; instead of a url."""


class IndexSource(Struct, frozen=True, kw_only=True, tag=True):
    """Taken from a package index."""

    index: str | None = None
    """Address of the index's simple page that the lock names; None: the user's own."""
    name: str | None = None
    """What the project calls that index; None where the lock names none."""


class ArchiveSource(Struct, frozen=True, kw_only=True, tag=True):
    """One wheel or sdist at a fixed address, or a file of the project."""

    url: str | None = None
    path: str | None = None
    """Relative to the lock's folder, or absolute; instead of a url."""
    sha256: Sha256 | None = None
    subdirectory: str | None = None


class VcsSource(Struct, frozen=True, kw_only=True, tag=True):
    """A commit of a repository; git is the only kind that is built."""

    vcs: str
    url: str
    commit: str
    """Full commit id: what the lock resolved, not the branch that was asked for."""
    requested: str | None = None
    subdirectory: str | None = None


class DirectorySource(Struct, frozen=True, kw_only=True, tag=True):
    """A folder with a project in it: no hash, its bytes are the working tree's."""

    path: str
    """Relative to the lock's folder, or absolute."""
    editable: bool = False
    subdirectory: str | None = None


Source: TypeAlias = IndexSource | ArchiveSource | VcsSource | DirectorySource


class Dependency(Struct, frozen=True, kw_only=True):
    """One edge of the lock's graph, or one requirement of the project."""

    name: NormalizedName
    constraint: str = "*"
    """A version constraint in Poetry's words, which include PEP 440's."""
    marker: Marker | None = None
    extras: tuple[ExtraName, ...] = ()
    """Extras of the dependency that this edge asks for."""
    optional: bool = False
    """Followed only where an extra of the package that has this edge asks for it."""
    origin: str | None = None
    """Name of an index, address or path that it must come from; None: any."""


class LockedPackage(Struct, frozen=True, kw_only=True):
    """One pinned package. A name may occur several times, split by markers."""

    name: NormalizedName
    version: str | None
    """As PEP 440 normalises it; None for a directory without a version."""
    source: Source
    files: tuple[LockedFile, ...] = ()
    hashes: tuple[Sha256, ...] = ()
    """Hashes of files whose names the lock does not say: any of them may come."""
    wanted_by: Mapping[GroupName, Marker | None] = field(default_factory=dict)
    """For `ByGroup`: groups that want it, each with its condition (None: always)."""
    marker: Marker | None = None
    """For `ByMarker`: when it applies; may name `extras` and `dependency_groups`."""
    dependencies: tuple[Dependency, ...] = ()
    """What it needs, as far as the format says; `ByWalk` cannot do without."""
    extras: Mapping[ExtraName, tuple[Dependency, ...]] = field(default_factory=dict)
    """What each of its own extras adds."""
    requires_python: str | None = None
    where: str = ""
    """Its key path in the lock, for errors: `package[3]`."""


class ByGroup(Struct, frozen=True, kw_only=True):
    """Each package says which groups want it (poetry.lock 2.1)."""

    roots: Mapping[GroupName, tuple[Dependency, ...]] = field(default_factory=dict)
    """What the project itself asks for, where that is known; only to warn with."""


class ByMarker(Struct, frozen=True, kw_only=True):
    """Each package has one marker over extras and groups (PEP 751, requirements)."""

    default_groups: tuple[GroupName, ...] = ()
    """The groups that `main` stands for."""


class ByWalk(Struct, frozen=True, kw_only=True):
    """The graph is walked from what the project asks for (poetry.lock before 2.1)."""

    roots: Mapping[GroupName, tuple[Dependency, ...]]
    extras: Mapping[ExtraName, tuple[Dependency, ...]] = field(default_factory=dict)


Selection: TypeAlias = ByGroup | ByMarker | ByWalk


class Lock(Struct, frozen=True, kw_only=True):
    """A lock file, read."""

    format: str
    """The reader's name: `poetry`, `pylock`, `requirements`."""
    file: str
    """As the user named it, for errors."""
    packages: tuple[LockedPackage, ...]
    selection: Selection
    groups: tuple[GroupName, ...] = ()
    """Every group that can be asked for, `main` first."""
    optional_groups: tuple[GroupName, ...] = ()
    """Those of them that are installed only when asked for by name."""
    extras: tuple[ExtraName, ...] = ()
    requires_python: str | None = None
    """Interpreters it was made for: a Poetry constraint or PEP 440 specifiers."""
    environments: tuple[Marker, ...] = ()
    """Where it holds; empty: everywhere."""
    indexes: tuple[str, ...] = ()
    """Indexes that the lock itself names for all packages, first one first."""
    extra_indexes: tuple[str, ...] = ()
    """Indexes to be asked besides the user's own; empty where `indexes` names all."""
    find_links: tuple[str, ...] = ()
    """Pages or folders (relative to the lock's) of files, to be looked at besides."""

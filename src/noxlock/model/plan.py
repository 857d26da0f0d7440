"""The exact artifacts of one environment for one target."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from packaging.utils import NormalizedName  # noqa: TC002 - msgspec reads them all

from noxlock.model.conda import CondaPackage  # noqa: TC001
from noxlock.model.lock import Source  # noqa: TC001
from noxlock.model.names import (  # noqa: TC001
    ExtraName,
    GroupName,
    PlanKey,
    Sha256,
)
from noxlock.model.target import Target  # noqa: TC001

__all__ = ["Kind", "Plan", "PlannedPackage"]


class Kind(StrEnum):
    """What an artifact is, and so how it becomes installed files."""

    WHEEL = "wheel"
    SDIST = "sdist"
    GIT = "git"
    URL = "url"
    DIRECTORY = "directory"
    CONDA = "conda"


class PlannedPackage(Struct, frozen=True, kw_only=True):
    """One package of a plan and the one artifact chosen for it.

    Of an archive at a fixed address (`kind` url), `artifact` is its file name and tells
    wheel from sdist.
    """

    name: NormalizedName
    version: str | None
    kind: Kind | None
    """None where the lock has hashes only: the index decides between the files."""
    artifact: str | None
    """File name; None for git and directories, and where the index decides."""
    url: str | None
    """As the lock says it; None where an index has to be asked."""
    sha256: Sha256 | None
    groups: tuple[GroupName, ...]
    """The requested groups that want it, sorted."""
    source: Source
    path: str | None = None
    """A file or folder of the project, relative to the lock's folder, or absolute."""
    hashes: tuple[Sha256, ...] = ()
    """Where the lock has hashes only: the ones that may come."""


class Plan(Struct, frozen=True, kw_only=True):
    """What one environment holds, sorted by name; a pure function of its inputs."""

    key: PlanKey
    """Names every fact that reaches the environment's bytes."""
    target: Target
    groups: tuple[GroupName, ...]
    extras: tuple[ExtraName, ...]
    lock: str
    """The lock file, as the user named it."""
    lock_format: str
    indexes: tuple[str, ...]
    """Indexes that the lock itself names, first one first; empty: the user's own."""
    packages: tuple[PlannedPackage, ...]
    missing: tuple[str, ...] = ()
    """With `keep_going`: why each package without an artifact has none."""
    warnings: tuple[str, ...] = ()
    """What a person should know of it: a direct dependency that has no pin here."""
    extra_indexes: tuple[str, ...] = ()
    """Indexes to be asked besides the user's own, as the lock says."""
    find_links: tuple[str, ...] = ()
    """Pages or folders of files to be looked at besides, as the lock says."""
    conda: tuple[CondaPackage, ...] = ()
    """The layer below the wheels, sorted by name, with the requested categories."""
    conda_lock: str | None = None
    """The lock of that layer, as the user named it; `lock` too where it is alone."""

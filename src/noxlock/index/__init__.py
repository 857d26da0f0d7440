"""Find artifacts and download them, checked against the lock.

The client itself is in `noxlock.index.client`: that one imports a network library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from noxlock.model import PlannedPackage, Sha256, Target

__all__ = ["FetchRequest", "Fetched", "Index"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchRequest:
    """What is to be fetched, and what decides where from."""

    packages: tuple[PlannedPackage, ...]
    target: Target
    """Decides between the files of a package that the lock has hashes of only."""
    base: Path
    """Folder of the lock, for relative paths."""
    indexes: tuple[str, ...] = ()
    """Simple pages that the lock names; empty: the user's own."""
    extra_indexes: tuple[str, ...] = ()
    """Simple pages that the lock names to be asked besides the user's own."""
    find_links: tuple[str, ...] = ()
    """Pages or folders (relative to `base`) of files that the lock names besides."""
    mirrors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses that are asked, in their order, instead of a file's own."""
    md5: Mapping[str, str] = field(default_factory=dict)
    """By package: the MD5 digest of a file of which the lock has no better one.

    Only what the user said may be taken so; what comes has its sha256 as any file."""
    has: Callable[[Sha256], bool] | None = None
    """What is had already: once it is found out to be the one, it is not fetched."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file that has been downloaded, or found on disk, and checked."""

    package: PlannedPackage
    path: Path
    """Its name is the artifact's file name."""
    sha256: Sha256
    url: str
    """Where it came from, without credentials."""


class Index(Protocol):
    """Where artifacts come from: indexes, find-links, fixed addresses, local files."""

    def fetch(
        self,
        request: FetchRequest,
        /,
        *,
        into: Path,
        on_file: Callable[[Fetched], None],
    ) -> None:
        """Fetch the file of each package, in parallel, and hand over each.

        Every file is checked before *on_file* sees it. Packages of kind git and
        directory are not fetched here.

        Args:
            request: What, for which target, from where.
            into: Existing folder for what is downloaded; unfinished files of other
                runs there (`.part`) are resumed.
            on_file: Called once a package, from one thread at a time.

        Raises:
            FetchError: A file cannot be found or downloaded; names the package, the
                index asked, and why.
            HashMismatchError: The bytes are not what was locked.
        """
        ...

"""Find artifacts and download them, checked against the lock.

The client itself is in `noxlock.index.client`: that one imports a network library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import PlannedPackage, Sha256, Target

__all__ = ["FetchRequest", "Fetched", "Index", "ListedFile"]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedFile:
    """One file that a place lists."""

    url: str
    filename: str
    sha256: str | None
    """As the page says; None where it says none."""
    size: int | None = None
    """In bytes, as the page says; None where it does not."""
    requires_python: str | None = None
    """As the page says."""
    yanked: bool = False
    metadata: str | None = None
    """The sha256 of the METADATA that lie beside it (PEP 658), "" where the page has
    none of them; None: there are none beside it."""


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

    def listing(self, request: FetchRequest, /) -> tuple[ListedFile, ...]:
        """Return all files of the project of the request's one package.

        They are those of the places that the lock names for it; where they have none of
        the project, those of the user's own. Yanked files are among them.

        Raises:
            FetchError: There is none, and not every place could be asked.
        """
        ...

    def metadata(self, files: Sequence[ListedFile], /) -> Mapping[str, bytes]:
        """Return METADATA of wheels by their URL, as far as they can be had cheaply.

        Either they lie beside the wheel (PEP 658), or they are read out of it by HTTP
        ranges: then nothing vouches for their bytes. A failure leaves a wheel out.
        """
        ...

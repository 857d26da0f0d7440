"""Whether a locked package is from where a dependency says."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    VcsSource,
)

if TYPE_CHECKING:
    from noxlock.model import LockedPackage

__all__ = ["comes_from"]


def comes_from(package: LockedPackage, origin: str) -> bool:
    """Return whether *package* is from *origin*: an index, an address or a path."""
    match package.source:
        case IndexSource(index=None):
            # Poetry's name for the index that needs no declaration.
            return origin.lower() == "pypi"
        case IndexSource(index=index, name=name):
            return origin in {index, name}
        case VcsSource(url=url):
            return _address(url) == _address(origin)
        case ArchiveSource(url=url, path=path):
            return origin == url or (path is not None and _same(path, origin))
        case DirectorySource(path=path):
            return _same(path, origin)


def _address(url: str) -> str:
    plain = url.partition("#")[0].removeprefix("git+")
    folders, slash, last = plain.rstrip("/").rpartition("/")
    # PEP 508 puts the revision there: `git+https://example.org/a/b.git@v1`.
    return f"{folders}{slash}{last.partition('@')[0].removesuffix('.git')}"


def _same(path: str, other: str) -> bool:
    return PurePosixPath(path) == PurePosixPath(other)

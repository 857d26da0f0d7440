"""Where large outputs of baselines are kept: objects by their sha256."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from noxlock.errors import CompareError, DefinitionError, nearest
from noxlock.store import BASELINES, default_root

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AT_ONCE",
    "ObjectStore",
    "check_address",
    "object_key",
    "open_store",
    "shown_address",
]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+(?:://|::)")
AT_ONCE: Final = 8
"""Objects that are moved side by side: a folder may have thousands of files."""
_USUAL: Final = ("s3", "gs", "abfs", "sftp", "smb", "webdav", "file")
"""What stores are kept in; what else fsspec has are caches and archives mostly."""


def object_key(sha256: str) -> str:
    """Return where the object with this digest lies in a store.

    Raises:
        CompareError: It is no digest.
    """
    if not _SHA256.fullmatch(sha256):
        raise CompareError(f"`{sha256}` is no sha256")
    return f"sha256/{sha256[:2]}/{sha256}"


def check_address(url: str) -> None:
    """Raise DefinitionError where nothing knows the scheme of the store's address."""
    found = _SCHEME.match(url)
    if found is None or url.startswith("file:"):
        return
    # Slow to import, and without types.
    known: list[str] = import_module("fsspec").available_protocols()
    scheme = found[0].rstrip(":/")
    if scheme not in known:
        likely = ", ".join(f"{each}://" for each in _USUAL if each in known)
        raise DefinitionError(
            f"`{scheme}://` is no file system that is known; known are {likely} and"
            " others of fsspec, or a folder",
            key="baseline-store",
            hint=nearest(scheme, known),
        )


def shown_address(url: str) -> str:
    """Return the address for a file in git: no folder of one machine has a place there.

    "" for an absolute folder; the check's own definition names it.
    """
    of_machine = url.startswith(("/", "~", "file:")) or Path(url).is_absolute()
    return "" if of_machine else url


class ObjectStore(Protocol):
    """A store of objects; none is ever overwritten."""

    @property
    def url(self) -> str:
        """Its address, for people."""
        ...

    def put(self, path: Path, sha256: str, size: int, /) -> None:
        """Keep the file at *path*, whose digest and size these are.

        Raises:
            CompareError: It cannot be kept.
        """
        ...

    def get(self, sha256: str, size: int, /) -> Path:
        """Return a file on this machine with this digest, which is checked.

        Raises:
            CompareError: It is not there, is not what was kept, or cannot be had.
        """
        ...

    def prove(self, sha256: str, size: int, /) -> None:
        """Ask the store itself for the object: a copy in the cache proves nothing.

        Raises:
            CompareError: As `get`.
        """
        ...


def open_store(url: str, root: Path, environ: Mapping[str, str]) -> ObjectStore:
    """Return the store at *url*; nothing is read or asked yet.

    Args:
        url: A folder, relative to the project or absolute, `file://`, or an address
            that fsspec knows: `s3://bucket/prefix`.
        root: The project's folder.
        environ: The user's variables: the cache folder.

    Raises:
        DefinitionError: It holds a password, or is empty.
        CompareError: Its kind is not known, or the library for it is missing.
    """
    if not url.strip():
        raise DefinitionError("the address of the store is empty", key="baseline-store")
    if not _SCHEME.match(url):
        from noxlock.workflows.baselines.folder_store import FolderStore  # noqa: PLC0415

        return FolderStore(url=url, folder=root / Path(url).expanduser())
    parts = urlsplit(url)
    if parts.scheme == "file":
        from noxlock.workflows.baselines.folder_store import FolderStore  # noqa: PLC0415

        return FolderStore(url=url, folder=Path(parts.path))
    if parts.password is not None:
        raise DefinitionError(
            "the address of the store holds a password",
            key="baseline-store",
            hint="give credentials as its library takes them from the environment",
        )
    from noxlock.workflows.baselines.remote_store import (  # noqa: PLC0415 - with fsspec
        RemoteStore,
    )

    cache = default_root(environ) / BASELINES
    return RemoteStore(url=url, cache=cache, environ=environ)

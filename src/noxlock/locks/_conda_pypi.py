"""What the locks of conda packages say of packages from an index: `pip:` sections."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from noxlock.errors import LockError
from noxlock.locks._conda import without_credentials
from noxlock.locks._text import address
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    LockedFile,
    LockedPackage,
    VcsSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.model import Sha256, Source

__all__ = ["merge_pypi", "purl_names", "pypi_package"]

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PURL: Final = "pkg:pypi/"


def purl_names(purls: Iterable[str]) -> tuple[str, ...]:
    """Return the names on PyPI among package URLs: `pkg:pypi/torch?source=...`."""
    return tuple(
        canonicalize_name(purl.removeprefix(_PURL).partition("?")[0].partition("@")[0])
        for purl in purls
        if purl.startswith(_PURL)
    )


def merge_pypi(rows: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Return one package a name, version and file, sorted; all that wants its rows."""
    merged: dict[object, LockedPackage] = {}
    for row in rows:
        key = row.name, row.version, row.source, row.files
        other = merged.get(key)
        merged[key] = (
            replace(other, wanted_by={**other.wanted_by, **row.wanted_by})
            if other
            else row
        )
    return tuple(sorted(merged.values(), key=lambda row: (row.name, row.where)))


def pypi_package(
    name: str,
    version: str | None,
    url: str,
    sha256: Sha256 | None,
    *,
    direct: bool = False,
) -> LockedPackage:
    """Return the pinned package at *url*: of an index, an archive, a commit, a folder.

    Args:
        name: As the lock spells it.
        version: None where the lock has none.
        url: Its address, or the path of a folder or file of the project.
        sha256: Of the file; None where the lock has none, which planning refuses.
        direct: Whether the project asked for that very address.

    Raises:
        LockError: The address is none, or a commit is not given in full.
    """
    plain = canonicalize_name(name)
    if url.startswith("git+"):
        return LockedPackage(name=plain, version=version, source=_commit(url))
    place = address(url).partition("#")[0]
    if not place.startswith(("http:", "https:", "file:")):
        archive = place.endswith((".whl", ".tar.gz", ".zip"))
        source: Source = (
            ArchiveSource(path=place, sha256=sha256)
            if archive
            else DirectorySource(path=place)
        )
        return LockedPackage(name=plain, version=version, source=source)
    if direct:
        source = ArchiveSource(url=place, sha256=sha256)
        return LockedPackage(name=plain, version=version, source=source)
    filename = unquote(basename(urlsplit(place).path))
    return LockedPackage(
        name=plain,
        version=version or _version(filename),
        source=IndexSource(),
        files=(LockedFile(filename=filename, sha256=sha256, url=place),),
    )


def _commit(url: str) -> VcsSource:
    """Return the commit that `git+https://host/project@COMMIT` names, in all forms."""
    place, _, fragment = url.removeprefix("git+").partition("#")
    place, _, query = place.partition("?")
    head, slash, last = place.rpartition("/")
    last, _, revision = last.partition("@")
    asked = dict(part.partition("=")[::2] for part in query.split("&") if part)
    said = dict(part.partition("=")[::2] for part in fragment.split("&") if part)
    # pixi: `git+URL?rev=BRANCH#COMMIT`; conda-lock: `git+URL@COMMIT`.
    pinned = [text for text in (fragment, revision) if _COMMIT.fullmatch(text)]
    if not pinned or not slash:
        raise LockError(
            f"`{url}` is not pinned to a full commit id",
            hint="lock again: a branch or tag can move",
        )
    return VcsSource(
        vcs="git",
        url=without_credentials(f"{head}/{last}"),
        commit=pinned[0],
        requested=next(iter(asked.values()), None),
        subdirectory=said.get("subdirectory") or asked.get("subdirectory"),
    )


def _version(filename: str) -> str | None:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None

"""Where a locked package comes from, and its files with their hashes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import algorithms_guaranteed
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from noxlock.errors import LockError, nearest
from noxlock.locks._text import address
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    LockedFile,
    Sha256,
    VcsSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from noxlock.locks._table import Table
    from noxlock.model import Source

__all__ = ["Files", "SharedFiles", "read_files", "read_source"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_HASH: Final = re.compile(r"([a-z0-9_]+):([0-9a-f]+)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Name, version, tags (three), and sometimes a build; old names have more.
_HYPHENS: Final = range(4, 10)
_KINDS: Final = ("legacy", "git", "url", "directory", "file")


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """What the lock says of a package's files."""

    files: tuple[LockedFile, ...] = ()
    hashes: tuple[Sha256, ...] = ()


def read_files(entry: Table, name: NormalizedName) -> Files:
    """Return the files that stand in the package's own table (lock version 2)."""
    return Files(files=_listed(entry, "files", name))


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedFiles:
    """The files of lock version 1: all versions of a name have one list."""

    by_name: Mapping[NormalizedName, Files]
    several: frozenset[str]
    """Names of which more than one version is locked."""

    @classmethod
    def read(cls, metadata: Table, entries: Iterable[Table]) -> SharedFiles:
        """Return what the lock's `[metadata]` says of the files of its packages."""
        by_name: dict[NormalizedName, Files] = {}
        hashes = metadata.table("hashes")
        for name in hashes.data:
            where = hashes.at(name)
            texts = enumerate(hashes.strings(name))
            found = tuple(_bare(text, f"{where}[{index}]") for index, text in texts)
            by_name[canonicalize_name(name)] = Files(hashes=found)
        files = metadata.table("files")
        for name in files.data:
            normal = canonicalize_name(name)
            by_name[normal] = Files(files=_listed(files, name, normal))
        names = Counter(canonicalize_name(entry.string("name")) for entry in entries)
        several = frozenset(name for name, count in names.items() if count > 1)
        return cls(by_name=by_name, several=several)

    def of(self, name: NormalizedName, version: str) -> Files:
        """Return the files of one version.

        "we have no chance to always determine which are the correct files because the
        lockfile doesn't keep track which files belong to which package" (Poetry): but
        their names say it, where they follow the standards.
        """
        found = self.by_name.get(name, Files())
        if name not in self.several:
            return found
        files = tuple(f for f in found.files if _may_be(f.filename, version))
        return Files(files=files, hashes=found.hashes)


def read_source(entry: Table, files: Files) -> Source:
    """Return where the package comes from."""
    if "source" not in entry.data:
        return IndexSource()
    source = entry.table("source")
    kind = source.string("type")
    url = _address(source, "url")
    subdirectory = source.get("subdirectory", str)
    match kind:
        case "legacy":
            return IndexSource(index=url, name=source.get("reference", str))
        case "git":
            return _git(source, url)
        case "url":
            digest = _of_archive(url, files)
            return ArchiveSource(url=url, sha256=digest, subdirectory=subdirectory)
        case "file":
            digest = _of_archive(url, files)
            return ArchiveSource(path=url, sha256=digest, subdirectory=subdirectory)
        case "directory":
            return DirectorySource(
                path=url,
                editable=entry.get("develop", bool) or False,
                subdirectory=subdirectory,
            )
        case _:
            raise LockError(
                f"unknown source type `{kind}`",
                key=source.at("type"),
                hint=nearest(kind, _KINDS),
            )


def _address(table: Table, key: str) -> str:
    """Return an address, or a path, that can be taken apart."""
    text = table.string(key)
    try:
        return address(text)
    except LockError as error:
        raise error.inside(key=table.at(key)) from None


def _of_archive(place: str, files: Files) -> Sha256 | None:
    filename = unquote(place.partition("#")[0].partition("?")[0].rpartition("/")[2])
    named = tuple(file for file in files.files if file.filename == filename)
    found = named or files.files
    return found[0].sha256 if len(found) == 1 else None


def _git(source: Table, url: str) -> VcsSource:
    # Locks before 1.1 have the commit in `reference`.
    reference = source.get("reference", str)
    commit = source.get("resolved_reference", str) or reference
    if not commit:
        raise LockError("missing value", key=source.at("resolved_reference"))
    if not _COMMIT.fullmatch(commit):
        raise LockError(
            f"`{commit}` is not a full commit id",
            key=source.at("resolved_reference"),
            hint="lock again: a branch or tag can move",
        )
    return VcsSource(
        vcs="git",
        url=url,
        commit=commit,
        requested=reference,
        subdirectory=source.get("subdirectory", str),
    )


def _listed(table: Table, key: str, name: NormalizedName) -> tuple[LockedFile, ...]:
    return tuple(_file(file, name) for file in table.tables(key))


def _file(file: Table, name: NormalizedName) -> LockedFile:
    # Locks of 2020 kept the `%2B` of a local version as the index had it.
    filename = unquote(file.string("file"))
    if filename.endswith(".whl"):
        if filename.count("-") not in _HYPHENS:
            raise LockError(
                f"not the name of a wheel: `{filename}`", key=file.at("file")
            )
        if not canonicalize_name(filename).startswith(f"{name}-"):
            raise LockError(
                f"`{filename}` is not a wheel of `{name}`", key=file.at("file")
            )
    return LockedFile(
        filename=filename,
        sha256=_digest(file.string("hash"), file.at("hash")),
        url=_address(file, "url") if "url" in file.data else None,
    )


def _digest(text: str, where: str) -> Sha256 | None:
    """Return the SHA-256 in *text*, None for a hash of another kind."""
    found = _HASH.fullmatch(text)
    if not found or (found[1] == "sha256" and not _SHA256.fullmatch(found[2])):
        raise LockError(f"not a hash: `{text}`", key=where)
    if found[1] not in algorithms_guaranteed:
        hint = nearest(found[1], sorted(algorithms_guaranteed))
        raise LockError(f"unknown kind of hash: `{found[1]}`", key=where, hint=hint)
    return Sha256(found[2]) if found[1] == "sha256" else None


def _bare(text: str, where: str) -> Sha256:
    """Return the SHA-256 in a list of hashes that do not say their kind."""
    if not _SHA256.fullmatch(text):
        raise LockError(f"not a SHA-256: `{text}`", key=where)
    return Sha256(text)


def _may_be(filename: str, version: str) -> bool:
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1] == Version(version)
        return parse_sdist_filename(filename)[1] == Version(version)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return f"-{version}" in filename

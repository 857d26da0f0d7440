"""What the locks of conda packages have in common: file names, addresses, digests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from noxlock.errors import LockError
from noxlock.locks._text import RELOCK, address
from noxlock.model import CondaPackage, GroupName, Subdir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.model import CondaPlatform

__all__ = [
    "DEV",
    "MAIN",
    "Location",
    "all_categories",
    "check_subdir",
    "known_subdir",
    "locate",
    "md5_digest",
    "merge_conda",
    "sorted_categories",
    "without_credentials",
]

MAIN: Final = GroupName("main")
"""The category of what stands under none."""
DEV: Final = GroupName("dev")
"""Known to conda-lock even where nothing is in it: it renders both by default."""

_SUFFIXES: Final = (".conda", ".tar.bz2")
_MD5: Final = re.compile(r"[0-9a-f]{32}")
# `https://host/t/TOKEN/channel`, where a channel wants a token.
_TOKEN: Final = re.compile(r"^/t/[^/]+(?=/)")
_WRONG_PLATFORM: Final = "lock again: a package of another platform cannot run here"


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """What the address of a conda package says."""

    url: str
    """Without credentials."""
    name: str
    version: str
    build: str
    subdir: str
    filename: str
    channel: str | None

    def package(self) -> CondaPackage:
        """Return the package as its address alone tells it, without any digest."""
        return CondaPackage(
            name=self.name,
            version=self.version,
            build=self.build,
            subdir=self.subdir,
            filename=self.filename,
            url=self.url,
            channel=self.channel,
        )


def locate(text: str) -> Location:
    """Return what *text*, the address or path of a conda package, says.

    Raises:
        LockError: It does not end in `SUBDIR/NAME-VERSION-BUILD.conda`.
    """
    url = without_credentials(text)
    path = urlsplit(url).path
    folder, _, last = path.rpartition("/")
    filename = unquote(last)
    stem = next((filename[: -len(s)] for s in _SUFFIXES if filename.endswith(s)), "")
    parts = stem.rsplit("-", 2)
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - name, version, build
        raise LockError(
            f"`{filename or text}` is not the name of a conda package:"
            " `name-version-build.conda`"
        )
    subdir = basename(folder)
    if not subdir:
        raise LockError(
            f"`{text}` does not say its platform: no folder before the file"
        )
    channel = url[: url.rindex(last)].rstrip("/").rpartition("/")[0]
    return Location(
        url=url,
        name=parts[0],
        version=parts[1],
        build=parts[2],
        subdir=subdir,
        filename=filename,
        channel=channel or None,
    )


def known_subdir(text: str) -> Subdir | None:
    """Return the platform that *text* is the name of; None for one not supported."""
    return Subdir(text) if text in set(Subdir) else None


def check_subdir(subdir: str, platform: Subdir, *, key: str = "") -> None:
    """Raise `LockError` where a package of *subdir* cannot run on *platform*."""
    if subdir not in {"noarch", platform}:
        raise LockError(
            f"a package for {subdir} in a lock for {platform}",
            key=key,
            hint=_WRONG_PLATFORM,
        )


def md5_digest(text: str) -> str:
    """Return the MD5 digest *text*, in lower case, or raise `LockError`."""
    if not _MD5.fullmatch(text.lower()):
        raise LockError(f"`{text}` is not an MD5 digest: 32 hex digits")
    return text.lower()


def sorted_categories(names: Iterable[str]) -> tuple[GroupName, ...]:
    """Return *names* normalised and sorted, each once."""
    return tuple(sorted({GroupName(canonicalize_name(name)) for name in names}))


def all_categories(
    platforms: Iterable[CondaPlatform], *always: GroupName
) -> tuple[GroupName, ...]:
    """Return *always* and every category that a row of *platforms* is in."""
    found: set[GroupName] = set()
    for platform in platforms:
        for package in platform.packages:
            found.update(package.categories)
        for pinned in platform.pypi:
            found.update(pinned.wanted_by)
    return (*always, *sorted(found.difference(always)))


def merge_conda(rows: Iterable[CondaPackage]) -> tuple[CondaPackage, ...]:
    """Return one package a name and file, sorted; its categories are all of its rows'.

    Raises:
        LockError: Two files of one name are in one category, or two rows of one file
            differ in what they say of it.
    """
    merged: dict[tuple[str, str], CondaPackage] = {}
    taken: dict[tuple[str, str], CondaPackage] = {}
    for row in rows:
        key = row.name, row.url
        if other := merged.get(key):
            if (row.md5, row.sha256) != (other.md5, other.sha256):
                raise _twice(row.name, row.where, other.where, "with other hashes")
            both = sorted_categories((*other.categories, *row.categories))
            merged[key] = replace(other, categories=both)
        else:
            merged[key] = row
        for category in row.categories:
            first = taken.setdefault((row.name, category), row)
            if first.url != row.url:
                raise _twice(row.name, row.where, first.where, f"for `{category}`")
    return tuple(merged[key] for key in sorted(merged))


def without_credentials(text: str) -> str:
    """Return an address without the user, password and token in it."""
    parts = urlsplit(address(text))
    user, _, host = parts.netloc.rpartition("@")
    if user and not parts.scheme.startswith("http"):
        host = f"{user.partition(':')[0]}@{host}"  # `git@host` is no secret
    path = _TOKEN.sub("", parts.path)
    return urlunsplit(parts._replace(netloc=host, path=path))


def _twice(name: str, where: str, first: str, how: str) -> LockError:
    return LockError(
        f"`{name}` is locked twice {how}, at {first} too", key=where, hint=RELOCK
    )

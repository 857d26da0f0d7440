"""Requirements at a fixed place: an archive's address, a commit, a file, a folder."""

from __future__ import annotations

import posixpath
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urldefrag, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from noxlock.errors import LockError
from noxlock.locks._hashes import digest
from noxlock.locks._text import address
from noxlock.model import ArchiveSource, DirectorySource, VcsSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.utils import NormalizedName

    from noxlock.model import Sha256, Source

__all__ = ["NO_HASH", "Direct", "is_direct", "is_named", "read_direct"]

NO_HASH: Final = (
    "lock again with hashes: `pip-compile --generate-hashes`, `uv export`,"
    " `poetry export`"
)
_ARCHIVES: Final = (".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VCS: Final = ("git+", "hg+", "svn+", "bzr+")
_SCHEMES: Final = (*_VCS, "http:", "https:", "file:")
_NAMED: Final = re.compile(r"[\w.\-]+\s*(?:\[[^\]]*\]\s*)?@")
_NAMELESS: Final = "write it as `name @ address`"


@dataclass(frozen=True, kw_only=True, slots=True)
class Direct:
    """What a direct reference says."""

    name: NormalizedName
    version: str | None
    """None where only a build can tell."""
    source: Source


def is_named(text: str) -> bool:
    """Return whether *text* is `name @ address`, which says its own name."""
    return _NAMED.match(text) is not None


def is_direct(text: str) -> bool:
    """Return whether *text* is an address or a path alone."""
    first = text.partition(";")[0].strip()
    return not is_named(text) and (
        first.startswith((*_SCHEMES, ".", "/"))
        or "/" in first
        or first.endswith(_ARCHIVES)
    )


def read_direct(
    text: str,
    hashes: tuple[Sha256, ...],
    *,
    name: str | None = None,
    editable: bool = False,
    beside: Callable[[str], bytes | None],
) -> Direct:
    """Return what the address or path *text* stands for.

    Where it has no *name*, its file name, its `#egg=`, or the pyproject.toml in the
    folder gives it.

    Raises:
        LockError: It is not pinned (no full commit id, no SHA-256), or has no name.
    """
    place, fragment = urldefrag(address(text))
    extra = {key: values[0] for key, values in parse_qs(fragment).items()}
    name = name or extra.get("egg", "").partition("[")[0] or None
    subdirectory = extra.get("subdirectory")
    if place.startswith(_VCS):
        return _commit(place, hashes, name, subdirectory)
    remote = place.startswith(("http:", "https:"))
    if not remote:
        place = _local(place)
    filename = unquote(posixpath.basename(urlsplit(place).path if remote else place))
    if not remote and not filename.endswith(_ARCHIVES):
        if hashes:
            raise LockError("a hash of a folder cannot be checked")
        return _folder(
            DirectorySource(path=place, editable=editable, subdirectory=subdirectory),
            name,
            beside,
        )
    if editable:
        raise LockError(f"`{text}` is not a folder: it cannot be editable")
    said, version = _from_filename(filename, name)
    source = ArchiveSource(
        url=place if remote else None,
        path=None if remote else place,
        sha256=_only(text, (*hashes, *_fragment_hashes(extra))),
        subdirectory=subdirectory,
    )
    return Direct(name=said, version=version, source=source)


def _fragment_hashes(extra: dict[str, str]) -> tuple[Sha256, ...]:
    # pip: "#sha256=..." of an address that the user wrote pins it as `--hash` does.
    return (digest(extra["sha256"]),) if "sha256" in extra else ()


def _local(text: str) -> str:
    """Return the path of a `file:` address or of a path with `[extras]`, normalised."""
    # PDM's way to write a folder of the project.
    text = text.replace("file:///${PROJECT_ROOT}", ".", 1)
    path = unquote(urlsplit(text).path) if text.startswith("file:") else text
    return posixpath.normpath(re.sub(r"\[[^\]]*\]$", "", path.strip()))


def _commit(
    text: str,
    hashes: tuple[Sha256, ...],
    name: str | None,
    subdirectory: str | None,
) -> Direct:
    vcs, _, url = text.partition("+")
    if vcs != "git":
        raise LockError(f"`{vcs}` is not supported, only git")
    if hashes:
        raise LockError(
            "a hash of a git source cannot be checked", hint="its commit id pins it"
        )
    # The `@` of `user@host` stands before the path.
    head, slash, path = url.rpartition("/")
    path, _, revision = path.partition("@")
    if not slash or not _COMMIT.fullmatch(revision):
        raise LockError(
            f"`{text}` is not pinned to a full commit id",
            hint="write `git+https://host/project@` and all 40 hex digits",
        )
    if name is None:
        raise LockError(f"`{text}` has no name", hint=_NAMELESS)
    return Direct(
        name=canonicalize_name(name),
        version=None,
        source=VcsSource(
            vcs=vcs,
            url=f"{head}/{path}",
            commit=revision,
            subdirectory=subdirectory,
        ),
    )


def _folder(
    source: DirectorySource,
    name: str | None,
    beside: Callable[[str], bytes | None],
) -> Direct:
    if name is None:
        below = posixpath.join(source.path, source.subdirectory or "", "pyproject.toml")
        project = posixpath.normpath(below)
        name = _project_name(beside(project))
        if name is None:
            raise LockError(
                f"the folder `{source.path}` has no name: {project} is not there or"
                " names no project",
                hint=_NAMELESS,
            )
    return Direct(name=canonicalize_name(name), version=None, source=source)


def _project_name(data: bytes | None) -> str | None:
    try:
        document = tomllib.loads((data or b"").decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (document.get("project"), poetry):
        if isinstance(table, dict) and isinstance(name := table.get("name"), str):
            return name
    return None


def _from_filename(
    filename: str, name: str | None
) -> tuple[NormalizedName, str | None]:
    version: str | None = None
    said: NormalizedName | None = None
    try:
        if filename.endswith(".whl"):
            said, parsed, _, _ = parse_wheel_filename(filename)
        else:
            said, parsed = parse_sdist_filename(filename)
        version = str(parsed)
    except InvalidWheelFilename:
        raise LockError(f"`{filename}` is not a wheel's file name") from None
    except InvalidSdistFilename:
        # An archive of a repository: `archive/main.zip`.
        said = None
    if name is None:
        if said is None:
            raise LockError(f"`{filename}` has no name", hint=_NAMELESS)
        return said, version
    if said != canonicalize_name(name):
        if filename.endswith(".whl"):
            raise LockError(f"`{filename}` is not a wheel of {name}")
        version = None
    return canonicalize_name(name), version


def _only(text: str, hashes: tuple[Sha256, ...]) -> Sha256:
    distinct = sorted(set(hashes))
    if not distinct:
        raise LockError(f"`{text}` has no SHA-256 hash", hint=NO_HASH)
    if len(distinct) > 1:
        raise LockError(f"`{text}` is one file and cannot have two hashes")
    return distinct[0]

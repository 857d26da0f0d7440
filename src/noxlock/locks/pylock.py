"""Read `pylock.toml` and `pylock.NAME.toml` (PEP 751). Pure: the caller opens the file.

`packaging.pylock` holds the file to the specification; what is asked on top of it is
what an exact environment needs: SHA-256 digests that are digests, full commit ids, and
no two entries that always come together.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final

from packaging.markers import Marker
from packaging.pylock import (
    Pylock,
    PylockUnsupportedVersionError,
    PylockValidationError,
)
from packaging.utils import canonicalize_name

from noxlock.errors import LockError
from noxlock.locks._hashes import digest
from noxlock.locks._text import address, load_toml
from noxlock.model import (
    ArchiveSource,
    ByMarker,
    Dependency,
    DirectorySource,
    ExtraName,
    GroupName,
    IndexSource,
    Lock,
    LockedFile,
    LockedPackage,
    Sha256,
    VcsSource,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packaging.pylock import Package, PackageSdist, PackageVcs, PackageWheel

    from noxlock.model import Source

__all__ = ["parse"]


_MAIN: Final = GroupName("main")
_TYPES: Final = re.compile(r"Unexpected type (\w+) \(expected (\w+)\)")
_WORDS: Final = {
    "Mapping": "a table",
    "Sequence": "an array",
    "bool": "true or false",
    "dict": "a table",
    "float": "a float",
    "int": "an integer",
    "list": "an array",
    "str": "a string",
}
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RELOCK: Final = "lock again with the tool that made it"


def parse(
    file: str,
    data: bytes,
    beside: Callable[[str], bytes | None],  # noqa: ARG001  # it stands alone
) -> Lock:
    """Return what *data* locks.

    Not checked: sizes, upload times and attestation identities, and whether the lock
    still belongs to its project; the format does not record it.

    Raises:
        LockError: It is not valid TOML, or not what PEP 751 and this reader demand; its
            key says where.
    """
    read = _read(file, load_toml(file, data))
    try:
        packages = tuple(map(_package, count(), read.packages))
        _refuse_twins(packages)
    except LockError as error:
        raise error.inside(file=file) from None
    named = _groups(read.dependency_groups)
    default = _groups(read.default_groups)
    if _MAIN in named and _MAIN not in default:
        default = (*default, _MAIN)
    return Lock(
        format="pylock",
        file=file,
        packages=packages,
        selection=ByMarker(default_groups=default),
        groups=tuple(dict.fromkeys((_MAIN, *named))),
        extras=tuple(ExtraName(extra) for extra in read.extras or ()),
        requires_python=_text(read.requires_python),
        environments=tuple(read.environments or ()),
    )


def _read(file: str, document: dict[str, object]) -> Pylock:
    try:
        return Pylock.from_dict(document)
    except PylockUnsupportedVersionError:
        raise LockError(
            f"lock version {document['lock-version']} is not supported, only 1.x",
            file=file,
            key="lock-version",
            hint="lock again with a tool that writes version 1.0",
        ) from None
    except PylockValidationError as error:
        raise LockError(
            _message(error),
            file=file,
            key=error.context or "",
            hint=_hint(error, document),
        ) from None


def _message(error: PylockValidationError) -> str:
    """Return what packaging says, on one line and in TOML's words."""
    if types := _TYPES.fullmatch(error.message):
        found, expected = (_WORDS.get(word, word) for word in types.groups())
        return f"expected {expected}, found {found}"
    # A marker's error goes on with the marker, and a line of `^` under it.
    first, *more = error.message.split("\n")
    text = f"{first[:1].lower()}{first[1:]}"
    return f"{text}: `{more[0].strip()}`" if more else text


def _hint(error: PylockValidationError, document: dict[str, object]) -> str:
    if "hash" in error.message or (error.context or "").endswith("hashes"):
        return "lock again with hashes: a file without one cannot be checked"
    if error.context == "lock-version" and "package" in document:
        return "this looks like a poetry.lock or uv.lock, not a pylock.toml"
    return _RELOCK


def _package(index: int, entry: Package) -> LockedPackage:
    where = f"packages[{index}]"
    try:
        source = _source(entry)
        files = _files(entry)
    except LockError as error:
        raise error.inside(key=where) from None
    return LockedPackage(
        name=entry.name,
        version=_text(entry.version),
        source=source,
        files=files,
        marker=_marker(entry.marker),
        # "Tools MUST NOT use this information when doing installation": for reports.
        dependencies=tuple(
            Dependency(name=canonicalize_name(edge["name"]))
            for edge in entry.dependencies or ()
            if isinstance(edge.get("name"), str)
        ),
        requires_python=_text(entry.requires_python),
        where=where,
    )


def _marker(marker: Marker | None) -> Marker | None:
    # Real metadata compares names with `===`, which packaging refuses to evaluate.
    text = str(marker)
    return Marker(text.replace("===", "==")) if "===" in text else marker


def _source(entry: Package) -> Source:
    if entry.vcs:
        return _vcs(entry.vcs)
    if entry.directory:
        return DirectorySource(
            path=entry.directory.path,
            editable=bool(entry.directory.editable),
            subdirectory=entry.directory.subdirectory,
        )
    if archive := entry.archive:
        return ArchiveSource(
            url=_url(archive.url, "archive"),
            path=None if archive.url else archive.path,
            sha256=_sha256(archive.hashes, "archive"),
            subdirectory=archive.subdirectory,
        )
    return IndexSource(index=entry.index)


def _vcs(vcs: PackageVcs) -> VcsSource:
    if vcs.type == "git" and not _COMMIT.fullmatch(vcs.commit_id):
        raise LockError(
            f"`{vcs.commit_id}` is not a full commit id",
            key="vcs.commit-id",
            hint=_RELOCK,
        )
    return VcsSource(
        vcs=vcs.type,
        url=vcs.url or vcs.path or "",
        commit=vcs.commit_id,
        requested=vcs.requested_revision,
        subdirectory=vcs.subdirectory,
    )


def _files(entry: Package) -> tuple[LockedFile, ...]:
    wheels = tuple(
        _file(wheel, f"wheels[{index}]")
        for index, wheel in enumerate(entry.wheels or ())
    )
    return (*wheels, _file(entry.sdist, "sdist")) if entry.sdist else wheels


def _file(entry: PackageWheel | PackageSdist, where: str) -> LockedFile:
    return LockedFile(
        filename=entry.filename,
        sha256=_sha256(entry.hashes, where),
        url=_url(entry.url, where),
        path=None if entry.url else entry.path,
    )


def _url(text: str | None, where: str) -> str | None:
    try:
        return text and address(text)
    except LockError as error:
        raise error.inside(key=f"{where}.url") from None


def _sha256(hashes: Mapping[str, str], where: str) -> Sha256 | None:
    """Return the one digest that counts, or None: planning then names the file."""
    if "sha256" not in hashes:
        return None
    try:
        return digest(hashes["sha256"])
    except LockError as error:
        raise error.inside(key=f"{where}.hashes.sha256") from None


def _refuse_twins(packages: Sequence[LockedPackage]) -> None:
    # "Check that no other conflicting instance of the package has been slated to be
    # installed; an error about the ambiguity MUST be raised otherwise."
    seen: dict[tuple[str, str | None], str] = {}
    for package in packages:
        first = seen.setdefault((package.name, _text(package.marker)), package.where)
        if first != package.where:
            raise LockError(
                f"{package.name} is locked twice under the same condition,"
                f" first at {first}",
                key=package.where,
                hint=_RELOCK,
            )


def _groups(names: Sequence[str] | None) -> tuple[GroupName, ...]:
    return tuple(GroupName(canonicalize_name(name)) for name in names or ())


def _text(value: object) -> str | None:
    return None if value is None else str(value)

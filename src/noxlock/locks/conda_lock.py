"""Read `conda-lock.yml`, conda-lock's unified format, version 1. Pure.

The rows of its first months are read too: a hash as a string, `optional`, `category` or
`dependencies` left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.errors import LockError
from noxlock.locks._conda import (
    DEV,
    MAIN,
    all_categories,
    check_subdir,
    known_subdir,
    locate,
    md5_digest,
    merge_conda,
    sorted_categories,
)
from noxlock.locks._conda_pypi import merge_pypi, purl_names, pypi_package
from noxlock.locks._hashes import digest
from noxlock.locks._table import Table
from noxlock.locks._text import RELOCK
from noxlock.locks._yaml import load_yaml
from noxlock.model import CondaLock, CondaPackage, CondaPlatform, GroupName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.locks._conda import Location
    from noxlock.model import LockedPackage, Sha256, Subdir

__all__ = ["parse", "read_platforms"]


_CONDA: Final = "conda"
_PIP: Final = "pip"
_PIXI: Final = "this looks like a pixi.lock: give it that name"
_KNOWN: Final = "supported are conda-lock.yml, @EXPLICIT files and pixi.lock"


def parse(file: str, data: bytes) -> CondaLock:
    """Return what *data* locks.

    Platforms that no target can name (`linux-s390x`) are left out.

    Not checked: whether it still belongs to its sources, and whether the packages
    satisfy each other.

    Raises:
        LockError: It is not valid YAML, or not what the format demands; its key says
            where.
    """
    root = Table(load_yaml(file, data))
    try:
        _check_version(root)
        metadata = root.table("metadata")
        platforms = read_platforms(root)
        return CondaLock(
            format="conda-lock",
            file=file,
            platforms=platforms,
            categories=all_categories(platforms, MAIN, DEV),
            channels=_channels(metadata),
            sources=metadata.strings("sources"),
        )
    except LockError as error:
        raise error.inside(file=file) from error.__cause__


def read_platforms(root: Table) -> tuple[CondaPlatform, ...]:
    """Return the rows of `package`, by platform; pixi.lock 3 has the same.

    Raises:
        LockError: A row is not sound; its key says which.
    """
    metadata = root.table("metadata")
    hashes = metadata.table("content_hash")
    conda: dict[Subdir, list[CondaPackage]] = {}
    pypi: dict[Subdir, list[LockedPackage]] = {}
    for text in metadata.strings("platforms"):
        if subdir := known_subdir(text):
            conda.setdefault(subdir, [])
    root.require("package", list)
    for row in root.tables("package"):
        subdir = known_subdir(row.string("platform"))
        # conda-lock once wrote a virtual package, `__osx`, down as one to fetch.
        if subdir is None or row.string("name").startswith("__"):
            continue
        conda.setdefault(subdir, [])
        match row.string("manager"):
            case "conda":
                conda[subdir].append(_conda(row, subdir))
            case "pip" | "pypi":  # as conda-lock and as pixi have it
                pypi.setdefault(subdir, []).append(_pip(row))
            case other:
                raise LockError(
                    f"unknown manager `{other}`: known are {_CONDA}, {_PIP}",
                    key=row.at("manager"),
                )
    if not conda:
        raise LockError("it has no packages for any known platform", key="package")
    return tuple(
        CondaPlatform(
            name=str(subdir),
            subdir=subdir,
            packages=merge_conda(rows),
            pypi=merge_pypi(pypi.get(subdir, ())),
            content_hash=hashes.get(subdir, str),
        )
        for subdir, rows in sorted(conda.items())
    )


def _check_version(root: Table) -> None:
    version = root.string("version")
    if version != "1":
        raise LockError(
            f"lock version {version} is not supported, only 1",
            key="version",
            hint=_PIXI if "environments" in root.data else "lock again: `nox -s lock`",
        )
    if "environments" in root.data and "package" not in root.data:
        raise LockError(
            "a lock of conda-workspaces, which is not supported", hint=_KNOWN
        )
    root.require("metadata", dict)


def _conda(row: Table, platform: Subdir) -> CondaPackage:
    name, version, url = (row.string(key) for key in ("name", "version", "url"))
    try:
        place = locate(url)
        check_subdir(place.subdir, platform)
        _check_name(place, name, version)
    except LockError as error:
        raise error.inside(key=row.at("url")) from None
    md5, sha256 = _hashes(row)
    return replace(
        place.package(),
        name=name,
        version=version,
        md5=md5,
        sha256=sha256,
        depends=tuple(_depends(row)),
        categories=_category(row),
        where=row.path,
        pypi_names=purl_names(row.strings("purls")),
    )


def _check_name(place: Location, name: str, version: str) -> None:
    if (place.name, place.version) != (name, version):
        raise LockError(f"`{place.filename}` is not {name} {version}", hint=RELOCK)


def _pip(row: Table) -> LockedPackage:
    name, version, url = (row.string(key) for key in ("name", "version", "url"))
    _, sha256 = _hashes(row)
    # What the project's own requirement named.
    direct = row.table("source").get("url", str) is not None
    try:
        package = pypi_package(name, version, url, sha256, direct=direct)
    except LockError as error:
        raise error.inside(key=row.at("url")) from None
    wanted: dict[GroupName, None] = dict.fromkeys(_category(row))
    return replace(package, wanted_by=wanted, where=row.path)


def _hashes(row: Table) -> tuple[str | None, Sha256 | None]:
    value = row.data.get("hash")
    hashes: Table
    if isinstance(value, str):
        algorithm, _, text = value.partition(":")
        hashes = Table({algorithm: text}, row.at("hash"))
    else:
        hashes = row.table("hash")
    md5, sha256 = hashes.get("md5", str), hashes.get("sha256", str)
    url = row.data.get("url")
    # Of a commit the "sha256" is the commit's id.
    if isinstance(url, str) and url.startswith("git+"):
        return None, None
    try:
        return md5 and md5_digest(md5), digest(sha256) if sha256 else None
    except LockError as error:
        raise error.inside(key=row.at("hash")) from None


def _category(row: Table) -> tuple[GroupName, ...]:
    return sorted_categories((row.get("category", str) or MAIN,))


def _depends(row: Table) -> Iterator[str]:
    value = row.data.get("dependencies")
    if isinstance(value, list):
        yield from row.strings("dependencies")
        return
    table = row.table("dependencies")
    for name in table.data:
        spec = table.get(name, str) or ""
        yield f"{name} {spec}".strip()


def _channels(metadata: Table) -> tuple[str, ...]:
    if all(isinstance(each, str) for each in metadata.get("channels", list) or ()):
        return metadata.strings("channels")
    return tuple(channel.string("url") for channel in metadata.tables("channels"))

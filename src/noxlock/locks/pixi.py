"""Read `pixi.lock`, versions 3 to 7. Pure.

An environment of pixi is a category here, under its own name; `default` is `main` too.
Environments of one lock may hold different versions of a package, so that not every two
of them can be asked for together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from msgspec.structs import replace

from noxlock.errors import LockError
from noxlock.locks._conda import (
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
from noxlock.locks.conda_lock import read_platforms
from noxlock.model import CondaLock, CondaPackage, CondaPlatform, DirectorySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from noxlock.model import GroupName, LockedPackage, Subdir

__all__ = ["parse"]


T = TypeVar("T")
_Place: TypeAlias = tuple[str, str]

_AS_CONDA_LOCK: Final = frozenset(("3",))
_SUPPORTED: Final = frozenset(("4", "5", "6", "7")) | _AS_CONDA_LOCK
_DEFAULT: Final = "default"
_CONDA: Final = "conda"
_PYPI: Final = "pypi"
_SOURCE: Final = "build it, publish it to a channel, and lock again"


def parse(file: str, data: bytes) -> CondaLock:
    """Return what *data* locks.

    Platforms that no target can name (`emscripten-wasm32`) are left out.

    Not checked: whether it still belongs to its sources, and whether the packages
    satisfy each other.

    Raises:
        LockError: It is not valid YAML, or not what the format demands; its key says
            where.
    """
    root = Table(load_yaml(file, data))
    try:
        version = _version(root)
        if version in _AS_CONDA_LOCK:
            platforms = tuple(map(_as_default, read_platforms(root)))
            channels = root.table("metadata").tables("channels")
        else:
            platforms = tuple(_Environments(root).platforms())
            channels = tuple(
                channel
                for _, environment in root.table("environments").each()
                for channel in environment.tables("channels")
            )
        return CondaLock(
            format="pixi",
            file=file,
            platforms=platforms,
            categories=all_categories(platforms, MAIN),
            channels=tuple(dict.fromkeys(each.string("url") for each in channels)),
        )
    except LockError as error:
        raise error.inside(file=file) from error.__cause__


def _version(root: Table) -> str:
    version = root.string("version")
    if version not in _SUPPORTED:
        raise LockError(
            f"lock version {version} is not supported, only 3 to 7",
            key="version",
            hint="lock again with a newer pixi: `pixi lock`",
        )
    return version


class _Environments:
    """The rows of `packages`, and the environments that refer to them."""

    def __init__(self, root: Table) -> None:
        self._platforms = dict(_named_platforms(root))
        self._rows: dict[_Place, Table] = {}
        for row in root.tables("packages"):
            self._rows[_place(row)] = row
        self._wanted: dict[str, dict[_Place, set[GroupName]]] = {}
        root.require("environments", dict)
        names = set(root.table("environments").data)
        for name, environment in root.table("environments").each():
            categories = _categories(name, names)
            packages = environment.table("packages")
            for platform in packages.data:
                wanted = self._wanted.setdefault(platform, {})
                for entry in packages.tables(platform):
                    place = _place(entry)
                    if place not in self._rows:
                        raise LockError(
                            f"`{place[1]}` is not among the packages",
                            key=entry.path,
                            hint=RELOCK,
                        )
                    wanted.setdefault(place, set()).update(categories)

    def platforms(self) -> Iterator[CondaPlatform]:
        """Yield each platform with the packages of every environment."""
        for name, wanted in sorted(self._wanted.items()):
            declared = self._platforms.get(name)
            subdir = declared.subdir if declared else known_subdir(name)
            if subdir is None:
                continue
            rows = [
                (self._rows[place], place, tuple(sorted(categories)))
                for place, categories in wanted.items()
            ]
            yield CondaPlatform(
                name=name,
                subdir=subdir,
                packages=merge_conda(
                    _conda(row, place[1], subdir, categories)
                    for row, place, categories in rows
                    if place[0] == _CONDA
                ),
                pypi=merge_pypi(
                    _pypi(row, place[1], categories)
                    for row, place, categories in rows
                    if place[0] == _PYPI
                ),
                virtual_packages=declared.virtual_packages if declared else {},
            )


def _as_default(platform: CondaPlatform) -> CondaPlatform:
    """Return *platform* with `default` beside `main`: version 3 has no environments."""
    both = sorted_categories((MAIN, _DEFAULT))
    return replace(
        platform,
        packages=tuple(replace(p, categories=both) for p in platform.packages),
        pypi=tuple(replace(p, wanted_by=dict.fromkeys(both)) for p in platform.pypi),
    )


@dataclass(frozen=True, slots=True)
class _Platform:
    subdir: Subdir | None
    virtual_packages: Mapping[str, str]


def _named_platforms(root: Table) -> Iterator[tuple[str, _Platform]]:
    for row in root.tables("platforms"):
        name = row.string("name")
        virtual = (text.partition("=")[::2] for text in row.strings("virtual-packages"))
        subdir = known_subdir(row.get("subdir", str) or name)
        yield name, _Platform(subdir, dict(virtual))


def _categories(environment: str, names: Set[str]) -> tuple[GroupName, ...]:
    if environment == _DEFAULT and MAIN not in names:
        return sorted_categories((MAIN, _DEFAULT))
    return sorted_categories((environment,))


def _place(row: Table) -> _Place:
    """Return the kind of package that *row* is, or refers to, and its address."""
    # Versions 4 and 5 write `kind: conda` and `url: ...` in the rows of packages.
    if kind := row.get("kind", str):
        if kind not in {_CONDA, _PYPI}:
            raise LockError(f"unknown kind `{kind}`", key=row.at("kind"))
        return kind, row.get("url", str) or row.string("path")
    for kind in (_CONDA, _PYPI):
        if kind in row.data:
            return kind, row.string(kind)
    kinds = ", ".join(row.data) or "nothing"
    raise LockError(
        f"neither a conda nor a pypi package, but {kinds}", key=row.path, hint=_SOURCE
    )


def _conda(
    row: Table, url: str, platform: Subdir, categories: tuple[GroupName, ...]
) -> CondaPackage:
    if not url.endswith((".conda", ".tar.bz2")):
        raise LockError(
            f"`{url}` is built from source, which is not supported",
            key=row.path,
            hint=_SOURCE,
        )
    try:
        place = locate(url)
        check_subdir(place.subdir, platform)
    except LockError as error:
        raise error.inside(key=row.path) from None
    return replace(
        place.package(),
        name=row.get("name", str) or place.name,
        version=row.get("version", str) or place.version,
        build=row.get("build", str) or place.build,
        md5=_digest(row, "md5", md5_digest),
        sha256=_digest(row, "sha256", digest),
        depends=row.strings("depends"),
        categories=categories,
        where=row.path,
        pypi_names=purl_names(row.strings("purls")),
    )


def _pypi(row: Table, url: str, categories: tuple[GroupName, ...]) -> LockedPackage:
    name, version = row.string("name"), row.get("version", str)
    # Of a folder it is the digest of its pyproject.toml, and not looked at.
    sha256 = _digest(row, "sha256", digest)
    try:
        package = pypi_package(name, version, url, sha256)
    except LockError as error:
        raise error.inside(key=row.path) from None
    source = package.source
    if isinstance(source, DirectorySource):
        editable = row.get("editable", str) == "true"
        source = replace(source, editable=editable)
    return replace(
        package,
        source=source,
        wanted_by=dict.fromkeys(categories),
        requires_python=row.get("requires_python", str),
        where=row.path,
    )


def _digest(row: Table, key: str, read: Callable[[str], T]) -> T | None:
    text = row.get(key, str)
    try:
        return None if text is None else read(text)
    except LockError as error:
        raise error.inside(key=row.at(key)) from None

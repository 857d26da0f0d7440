"""Read `poetry.lock`, every lock version from 1.0 to 2.1. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from poetry.core.constraints.version import parse_constraint

from noxlock.errors import LockError, nearest
from noxlock.locks._poetry_edges import added_by_extra, dependencies, parse_marker
from noxlock.locks._poetry_files import (
    SharedFiles,
    read_files,
    read_source,
)
from noxlock.locks._poetry_project import MAIN, PROJECT_FILE, Project, parse_project
from noxlock.locks._table import Table
from noxlock.locks._text import load_toml
from noxlock.model import (
    ByGroup,
    ByWalk,
    Dependency,
    ExtraName,
    GroupName,
    Lock,
    LockedPackage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from packaging.markers import Marker

    from noxlock.model import Source

__all__ = ["parse"]


_SUPPORTED: Final = SpecifierSet(">=1,<3")
_NAMES_GROUPS: Final = SpecifierSet(">=2.1")
_BEFORE_VERSIONS: Final = Version("1.0")


def parse(file: str, data: bytes, beside: Callable[[str], bytes | None]) -> Lock:
    """Return what *data* locks.

    The pyproject.toml beside the lock gives the roots where the lock names no groups
    (before lock version 2.1), else only the names of groups without packages.

    Raises:
        LockError: The lock, or the project beside it, is not sound.
    """
    root = Table(load_toml(file, data))
    metadata = root.table("metadata")
    if "metadata" not in root.data:
        raise LockError("missing value", key="metadata", hint="is it a poetry.lock?")
    version = _lock_version(metadata)
    grouped = version in _NAMES_GROUPS
    project = _project(beside, required=not grouped, version=version)
    entries = root.tables("package")
    shared = SharedFiles.read(metadata, entries)
    packages = tuple(_package(each, shared, grouped=grouped) for each in entries)
    _check_once(packages)
    packages = _without_project(packages, project)
    groups = _groups(packages, project)
    lock_extras = _lock_extras(root)
    return Lock(
        format="poetry",
        file=file,
        packages=packages,
        selection=(
            ByGroup(roots=project.roots)
            if grouped
            else ByWalk(roots=project.roots, extras={**lock_extras, **project.extras})
        ),
        groups=groups,
        optional_groups=tuple(g for g in groups if g in project.optional_groups),
        extras=tuple(sorted({*lock_extras, *project.extras})),
        requires_python=_python_versions(metadata),
    )


def _lock_version(metadata: Table) -> Version:
    # Poetry before 1.1 wrote none.
    if "lock-version" not in metadata.data:
        return _BEFORE_VERSIONS
    version = metadata.parse("lock-version", Version)
    if version not in _SUPPORTED:
        raise LockError(
            f"lock version {version} is not supported, only {_SUPPORTED}",
            key=metadata.at("lock-version"),
            hint="lock again with Poetry 2: `poetry lock`",
        )
    return version


def _project(
    beside: Callable[[str], bytes | None], *, required: bool, version: Version
) -> Project:
    data = beside(PROJECT_FILE)
    if data is not None:
        return parse_project(data)
    if required:
        raise LockError(
            f"lock version {version} does not say which group wants a package, and no"
            f" {PROJECT_FILE} lies beside it to tell",
            key="metadata.lock-version",
            hint=f"put its {PROJECT_FILE} beside it, or lock again with Poetry 2",
        )
    return Project(name=canonicalize_name(""), roots={}, extras={}, optional_groups=())


def _package(entry: Table, shared: SharedFiles, *, grouped: bool) -> LockedPackage:
    name = entry.parse("name", canonicalize_name)
    version = str(entry.parse("version", Version))
    own = "files" in entry.data
    files = read_files(entry, name) if own else shared.of(name, version)
    return LockedPackage(
        name=name,
        version=version,
        source=read_source(entry, files),
        files=files.files,
        hashes=files.hashes,
        wanted_by=_wanted_by(entry) if grouped else {},
        dependencies=tuple(dependencies(entry.table("dependencies"))),
        extras=_package_extras(entry.table("extras")),
        requires_python=_python_versions(entry),
        where=entry.path,
    )


def _check_once(packages: tuple[LockedPackage, ...]) -> None:
    seen: dict[tuple[str, str | None, Source], str] = {}
    for package in packages:
        entry = package.name, package.version, package.source
        if entry in seen:
            raise LockError(
                f"`{package.name} {package.version}` is locked twice, at {seen[entry]}"
                " too",
                key=package.where,
                hint="lock again: `poetry lock`",
            )
        seen[entry] = package.where


def _without_project(
    packages: tuple[LockedPackage, ...], project: Project
) -> tuple[LockedPackage, ...]:
    """Return *packages* without their edges to the project, which no lock holds."""
    return tuple(
        replace(package, dependencies=kept)
        if len(kept) < len(package.dependencies)
        else package
        for package in packages
        for kept in [tuple(d for d in package.dependencies if d.name != project.name)]
    )


def _wanted_by(entry: Table) -> dict[GroupName, Marker | None]:
    if "groups" not in entry.data:
        raise LockError("missing value", key=entry.at("groups"))
    groups = entry.strings("groups")
    if isinstance(entry.data.get("markers"), dict):
        by_group = entry.table("markers")
        for group in by_group.data:
            if group not in groups:
                raise LockError(
                    f"a marker for group `{group}`, which does not want the package",
                    key=by_group.at(group),
                    hint=nearest(group, groups),
                )
    return {_group(group): _marker(entry, group) for group in groups}


def _marker(entry: Table, group: str) -> Marker | None:
    # One string where all groups agree, else a table keyed by group.
    match entry.data.get("markers"):
        case None | "":
            return None
        case str():
            return entry.parse("markers", parse_marker)
        case _:
            by_group = entry.table("markers")
            return (
                by_group.parse(group, parse_marker) if group in by_group.data else None
            )


def _package_extras(table: Table) -> dict[ExtraName, tuple[Dependency, ...]]:
    return {
        _extra(name): tuple(
            added_by_extra(text, f"{table.at(name)}[{index}]")
            for index, text in enumerate(table.strings(name))
        )
        for name in table.data
    }


def _lock_extras(root: Table) -> dict[ExtraName, tuple[Dependency, ...]]:
    table = root.table("extras")
    return {
        _extra(name): tuple(
            Dependency(name=canonicalize_name(each)) for each in table.strings(name)
        )
        for name in table.data
    }


def _groups(
    packages: tuple[LockedPackage, ...], project: Project
) -> tuple[GroupName, ...]:
    named = {group for package in packages for group in package.wanted_by}
    return (MAIN, *sorted({*named, *project.roots} - {MAIN}))


def _python_versions(table: Table) -> str | None:
    text = table.get("python-versions", str)
    if text is None or text.strip() in {"", "*"}:
        return None
    # Real projects have `>=1.2;<=1.21.5`, which Poetry once read as a comma.
    plain = text.replace(";", ",")
    Table({"python-versions": plain}, table.path).parse(
        "python-versions", parse_constraint
    )
    return plain


def _group(text: str) -> GroupName:
    return GroupName(canonicalize_name(text))


def _extra(text: str) -> ExtraName:
    return ExtraName(canonicalize_name(text))

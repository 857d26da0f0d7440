"""What a project asks for: the roots that a lock without groups is walked from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from noxlock.errors import LockError
from noxlock.locks._poetry_edges import dependencies, either, joined, requirement
from noxlock.locks._table import Table
from noxlock.locks._text import load_toml
from noxlock.model import Dependency, ExtraName, GroupName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName

__all__ = ["MAIN", "PROJECT_FILE", "Project", "parse_project"]

PROJECT_FILE: Final = "pyproject.toml"
MAIN: Final = GroupName("main")

_DEV: Final = GroupName("dev")


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What a pyproject.toml declares: `[project]`, PEP 735 and `[tool.poetry]`."""

    name: NormalizedName
    """Empty where it has none: `package-mode = false`."""
    roots: Mapping[GroupName, tuple[Dependency, ...]]
    """By group, `main` first; what only extras bring in is optional."""
    extras: Mapping[ExtraName, tuple[Dependency, ...]]
    optional_groups: tuple[GroupName, ...]


@dataclass(slots=True)
class _Group:
    """A group while it is read: both of its declarations, and what it includes."""

    standard: list[Dependency] = field(default_factory=list)
    poetry: list[Dependency] = field(default_factory=list)
    includes: list[tuple[str, str]] = field(default_factory=list)
    optional: bool = False
    dynamic: bool = False
    """Whether `[project]` leaves dependencies to `[tool.poetry]` (PEP 621)."""


def parse_project(data: bytes) -> Project:
    """Return what *data*, a pyproject.toml, asks for.

    Raises:
        LockError: With pyproject.toml as its file.
    """
    try:
        return _project(Table(load_toml(PROJECT_FILE, data)))
    except LockError as error:
        raise error.inside(file=PROJECT_FILE) from error.__cause__


def _project(root: Table) -> Project:
    project = root.table("project")
    poetry = root.table("tool").table("poetry")
    main, extras = _main(project, poetry)
    groups = _groups(main, root.table("dependency-groups"), poetry)
    name = project.get("name", str) or poetry.get("name", str) or ""
    itself = canonicalize_name(name)
    roots = {
        group: tuple(d for d in _resolved(groups, group, ()) if d.name != itself)
        for group in groups
    }
    return Project(
        name=itself,
        roots=roots,
        extras={
            extra: tuple(dict.fromkeys(_added(extras, extra, itself, ())))
            for extra in extras
        },
        optional_groups=tuple(name for name in groups if groups[name].optional),
    )


def _main(
    project: Table, poetry: Table
) -> tuple[_Group, dict[ExtraName, tuple[Dependency, ...]]]:
    group = _Group(poetry=list(dependencies(poetry.table("dependencies"))))
    group.standard = _requirements(project, "dependencies")
    dynamic = {"dependencies", "optional-dependencies"} & {*project.strings("dynamic")}
    group.dynamic = bool(dynamic)
    optional = project.table("optional-dependencies")
    extras: dict[ExtraName, tuple[Dependency, ...]] = {}
    for name in optional.data:
        added = [replace(d, optional=True) for d in _requirements(optional, name)]
        extras[_extra(name)] = tuple(added)
        group.standard += added
    # "ignore extras in [tool.poetry] if dependencies or optional-dependencies
    # are declared in [project]" (poetry-core, Factory)
    if not group.standard:
        listed = poetry.table("extras")
        for name in listed.data:
            wanted = {canonicalize_name(each) for each in listed.strings(name)}
            extras[_extra(name)] = tuple(d for d in group.poetry if d.name in wanted)
    return group, extras


def _added(
    extras: Mapping[ExtraName, tuple[Dependency, ...]],
    extra: ExtraName,
    itself: NormalizedName,
    above: tuple[ExtraName, ...],
) -> Iterator[Dependency]:
    """Yield what an extra adds, and those it names: `all = ["this[a,b]"]`."""
    for dependency in extras.get(extra, ()):
        if dependency.name != itself:
            yield dependency
            continue
        for named in dependency.extras:
            if named not in above:
                yield from _added(extras, named, itself, (*above, extra))


def _groups(main: _Group, standard: Table, poetry: Table) -> dict[GroupName, _Group]:
    groups = {MAIN: main}
    for name in standard.data:
        group = groups.setdefault(_group_name(name), _Group())
        _read_standard(group, standard, name)
    for name, table in poetry.table("group").each():
        group = groups.setdefault(_group_name(name), _Group())
        group.poetry += dependencies(table.table("dependencies"))
        where = table.at("include-groups")
        group.includes += [(each, where) for each in table.strings("include-groups")]
        group.optional = table.get("optional", bool) or False
    if "dev-dependencies" in poetry.data:
        dev = groups.setdefault(_DEV, _Group())
        dev.poetry += dependencies(poetry.table("dev-dependencies"))
    return groups


def _read_standard(group: _Group, standard: Table, name: str) -> None:
    items = standard.get(name, list) or []
    for index, item in enumerate(items):
        where = f"{standard.at(name)}[{index}]"
        if isinstance(item, str):
            group.standard.append(requirement(item, where))
        elif isinstance(item, Mapping):
            table = Table(item, where)
            group.includes.append((table.string("include-group"), where))
        else:
            raise LockError("expected a requirement or a table", key=where)


def _resolved(
    groups: Mapping[GroupName, _Group], name: GroupName, above: tuple[GroupName, ...]
) -> Iterator[Dependency]:
    group = groups[name]
    yield from _merged(group)
    for text, where in group.includes:
        included = _group_name(text)
        if included not in groups:
            raise LockError(f"group `{text}` is not defined", key=where)
        if included == name or included in above:
            raise LockError(f"group `{text}` includes itself", key=where)
        yield from _resolved(groups, included, (*above, name))


def _merged(group: _Group) -> Iterator[Dependency]:
    """Yield what a group asks for: the standard's word, enriched by Poetry's.

    Poetry intersects both constraints and both markers into one dependency; here both
    stand, and the walk demands both.
    """
    enriching: dict[str, list[Dependency]] = {}
    for dependency in group.poetry:
        enriching.setdefault(dependency.name, []).append(dependency)
    for dependency in _declared(group):
        more = enriching.get(dependency.name, [])
        if not more or dependency in more:
            yield dependency
            continue
        condition = either(*(each.marker for each in more))
        yield replace(dependency, marker=joined(dependency.marker, condition))
        for each in more:
            yield replace(
                each,
                marker=joined(dependency.marker, each.marker),
                extras=dependency.extras,
                optional=dependency.optional,
            )


def _declared(group: _Group) -> list[Dependency]:
    """Return the dependencies that count before they are enriched (poetry-core)."""
    if not group.standard:
        return group.poetry
    kinds = {dependency.optional for dependency in group.standard}
    if group.dynamic and len(kinds) == 1:
        other = [d for d in group.poetry if d.optional not in kinds]
        return [*group.standard, *other]
    return group.standard


def _requirements(table: Table, key: str) -> list[Dependency]:
    texts = table.strings(key)
    return [requirement(text, f"{table.at(key)}[{i}]") for i, text in enumerate(texts)]


def _group_name(text: str) -> GroupName:
    return GroupName(canonicalize_name(text))


def _extra(text: str) -> ExtraName:
    return ExtraName(canonicalize_name(text))

"""The graph that a lock is, on one target: what leads where, and what fits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import Version

from noxlock.errors import PlanError
from noxlock.plan._conditions import allows, allows_python
from noxlock.plan._origins import comes_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from packaging.utils import NormalizedName

    from noxlock.model import Dependency, ExtraName, LockedPackage
    from noxlock.plan._conditions import Conditions

__all__ = ["Edge", "Graph", "Reached"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency and who has it."""

    by: str
    """For errors: a group, or a name and its version."""
    parent: NormalizedName | None
    """The name that has it; None for the project itself."""
    dependency: Dependency

    def allows(self, package: LockedPackage) -> bool:
        """Return whether *package* has a version that this edge allows."""
        constraint = self.dependency.constraint
        if constraint == "*" or package.version is None:
            return True
        try:
            return allows(constraint, package.version)
        except PlanError as error:
            error.what = f"{self.by} needs `{self.dependency.name}`: {error.what}"
            raise


@dataclass(slots=True)
class Reached:
    """What is reached with the versions taken so far."""

    edges: dict[NormalizedName, list[Edge]] = field(
        default_factory=lambda: defaultdict(list)
    )
    extras: dict[NormalizedName, frozenset[ExtraName]] = field(default_factory=dict)

    def above(self, edges: Iterable[Edge]) -> set[NormalizedName]:
        """Return every name on a way from the project to *edges*."""
        found: set[NormalizedName] = set()
        agenda = list(edges)
        while agenda:
            parent = agenda.pop().parent
            if parent is not None and parent not in found:
                found.add(parent)
                agenda += self.edges[parent]
        return found


class Graph:
    """The packages of a lock and the edges between them that hold on a target."""

    def __init__(
        self, packages: Sequence[LockedPackage], conditions: Conditions
    ) -> None:
        self._conditions = conditions
        self.locked: dict[NormalizedName, list[LockedPackage]] = defaultdict(list)
        """Every version of each name, the newest first."""
        for package in sorted(packages, key=_age, reverse=True):
            self.locked[package.name].append(package)
        self.only_choices = {
            name: versions[0]
            for name, versions in self.locked.items()
            if len(versions) == 1
        }
        """The version of each name that is locked once."""

    def reach(
        self,
        demands: Iterable[Edge],
        taken: Mapping[NormalizedName, LockedPackage],
        asked: Mapping[NormalizedName, frozenset[ExtraName]] | None = None,
    ) -> Reached:
        """Follow edges from *demands* through the packages in *taken*.

        Args:
            demands: What the project asks for.
            taken: The version of each name; what has none is reached, not passed.
            asked: Extras that are asked of a name besides what edges ask.
        """
        reached = Reached()
        asked = asked or {}
        agenda = list(demands)
        while agenda:
            edge = agenda.pop()
            name = edge.dependency.name
            known = reached.extras.get(name)
            reached.edges[name].append(edge)
            before = asked.get(name, frozenset()) if known is None else known
            extras = before | frozenset(edge.dependency.extras)
            if known == extras:
                continue
            reached.extras[name] = extras
            if package := taken.get(name):
                agenda += self._edges(package, extras)
        return reached

    def fitting(
        self, name: NormalizedName, edges: Iterable[Edge]
    ) -> list[LockedPackage]:
        """Return the locked versions of *name* that all *edges* allow, newest first."""
        packages = [p for p in self.locked.get(name, ()) if self._runs(p)]
        for edge in edges:
            packages = [p for p in packages if edge.allows(p)]
            origin = edge.dependency.origin
            if origin and (there := [p for p in packages if comes_from(p, origin)]):
                packages = there
        return packages

    def _runs(self, package: LockedPackage) -> bool:
        wanted = package.requires_python
        return wanted is None or allows_python(wanted, self._conditions.target.python)

    def _edges(
        self, package: LockedPackage, extras: frozenset[ExtraName]
    ) -> Iterator[Edge]:
        asked = _self_included(package, extras)
        added = {d.name for extra in asked for d in package.extras.get(extra, ())}
        by = f"{package.name} {package.version}"
        for dependency in package.dependencies:
            if dependency.optional and dependency.name not in added:
                continue
            if self._conditions.hold(dependency.marker, extras=asked):
                yield Edge(by, package.name, dependency)


def _age(package: LockedPackage) -> tuple[Version, str]:
    return Version(package.version or "0"), package.where


def _self_included(
    package: LockedPackage, extras: Set[ExtraName]
) -> frozenset[ExtraName]:
    """Return *extras* and those that they include: `all = ["this[a,b]"]`."""
    found: set[ExtraName] = set()
    agenda = sorted(extras)
    while agenda:
        extra = agenda.pop()
        if extra in found:
            continue
        found.add(extra)
        for dependency in package.extras.get(extra, ()):
            if dependency.name == package.name:
                agenda += dependency.extras
    return frozenset(found)

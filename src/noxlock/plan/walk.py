"""Walk a lock's graph from what the project asks for (poetry.lock before 2.1).

Poetry solves again, with nothing but the lock to choose from; so does this: a name that
is locked once has no choice, one that is locked several times takes the newest version
that every edge to it allows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from noxlock.errors import PlanError
from noxlock.plan._conditions import allows, allows_python
from noxlock.plan._origins import comes_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from packaging.utils import NormalizedName

    from noxlock.model import (
        ByWalk,
        Dependency,
        ExtraName,
        GroupName,
        Lock,
        LockedPackage,
    )
    from noxlock.plan._conditions import Conditions

__all__ = ["Walked", "walk"]

# What older Poetrys never locked (their UNSAFE_PACKAGES), being in every environment.
_LEFT_OUT: Final = frozenset({"distribute", "pip", "setuptools", "wheel"})
_MOST_TRIES: Final = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """What a walk found."""

    wanted: Mapping[NormalizedName, tuple[LockedPackage, tuple[GroupName, ...]]]
    """The version taken of each name, and the requested groups that reach it."""
    left_out: Mapping[NormalizedName, tuple[str, ...]]
    """Names that the lock leaves out though needed, and by what."""


class _ConflictError(Exception):
    """The versions taken so far do not go together."""

    def __init__(self, name: NormalizedName, edges: Sequence[_Edge]) -> None:
        super().__init__(name)
        self.name = name
        self.edges = edges


@dataclass(frozen=True, slots=True)
class _Edge:
    """A dependency and who has it."""

    by: str
    dependency: Dependency


@dataclass(slots=True)
class _Reached:
    """What is reached with the versions taken so far."""

    edges: dict[NormalizedName, list[_Edge]] = field(
        default_factory=lambda: defaultdict(list)
    )
    extras: dict[NormalizedName, frozenset[ExtraName]] = field(default_factory=dict)


def walk(
    lock: Lock,
    selection: ByWalk,
    groups: Sequence[GroupName],
    extras: Sequence[ExtraName],
    conditions: Conditions,
) -> Walked:
    """Return what *groups* and *extras* reach on the conditions' target.

    Raises:
        PlanError: The lock lacks what is needed, or its versions do not go together.
    """
    walker = _Walker(lock, selection, frozenset(extras), conditions)
    taken = walker.solve(groups)
    reached_by: dict[NormalizedName, list[GroupName]] = defaultdict(list)
    left_out: dict[NormalizedName, set[str]] = defaultdict(set)
    for group in groups:
        for name, edges in walker.reach(walker.demands(group), taken).edges.items():
            if name in taken:
                reached_by[name].append(group)
            else:
                left_out[name] |= {edge.by for edge in edges}
    return Walked(
        wanted={n: (taken[n], tuple(sorted(by))) for n, by in reached_by.items()},
        left_out={n: tuple(sorted(left_out[n])) for n in sorted(left_out)},
    )


class _Walker:
    def __init__(
        self,
        lock: Lock,
        selection: ByWalk,
        extras: frozenset[ExtraName],
        conditions: Conditions,
    ) -> None:
        self._lock = lock
        self._selection = selection
        self._extras = extras
        self._conditions = conditions
        self._tries = 0
        self._locked: dict[NormalizedName, list[LockedPackage]] = defaultdict(list)
        for package in sorted(lock.packages, key=_newest_first, reverse=True):
            self._locked[package.name].append(package)

    def demands(self, group: GroupName, *, every_extra: bool = False) -> list[_Edge]:
        """Return what the project asks for in *group* on this target."""
        asked = {
            dependency.name
            for extra in self._extras
            for dependency in self._selection.extras.get(extra, ())
        }
        return [
            _Edge(f"group `{group}`", root)
            for root in self._selection.roots.get(group, ())
            if every_extra or not root.optional or root.name in asked
            if self._conditions.hold(root.marker, extras=self._extras)
        ]

    def solve(self, groups: Iterable[GroupName]) -> dict[NormalizedName, LockedPackage]:
        """Return the version to take of every name that can be reached.

        As Poetry does it, what extras bring in has a say even where they are not asked
        for: the versions are the same with an extra and without.
        """
        edges = [e for group in groups for e in self.demands(group, every_extra=True)]
        try:
            return self._choose(edges, {})
        except _ConflictError as conflict:
            raise self._no_version(conflict) from None

    def reach(
        self,
        demands: Iterable[_Edge],
        taken: Mapping[NormalizedName, LockedPackage],
    ) -> _Reached:
        """Follow edges from *demands* through the packages in *taken*."""
        reached = _Reached()
        agenda = list(demands)
        while agenda:
            edge = agenda.pop()
            name = edge.dependency.name
            known = reached.extras.get(name)
            reached.edges[name].append(edge)
            extras = (known or frozenset()) | frozenset(edge.dependency.extras)
            if known == extras:
                continue
            reached.extras[name] = extras
            if package := taken.get(name):
                agenda += self._edges(package, extras)
        return reached

    def _choose(
        self,
        demands: list[_Edge],
        decided: Mapping[NormalizedName, LockedPackage],
    ) -> dict[NormalizedName, LockedPackage]:
        """Take what has no choice, then try the choices of one name, newest first."""
        self._tries += 1
        if self._tries > _MOST_TRIES:
            raise PlanError("its versions go together in too many ways to try")
        taken = {**self._only_choices(), **decided}
        reached = self.reach(demands, taken)
        open_names: list[tuple[int, NormalizedName, list[LockedPackage]]] = []
        for name, edges in reached.edges.items():
            fitting = self._fitting(name, edges)
            if name in taken:
                if taken[name] not in fitting:
                    raise _ConflictError(name, edges)
            elif name in self._locked or name not in _LEFT_OUT:
                if not fitting:
                    raise _ConflictError(name, edges)
                open_names.append((len(fitting), name, fitting))
        if not open_names:
            return {name: taken[name] for name in reached.edges if name in taken}
        _, name, fitting = min(open_names, key=lambda each: each[:2])
        failed: _ConflictError | None = None
        for package in fitting:
            try:
                return self._choose(demands, {**decided, name: package})
            except _ConflictError as conflict:
                failed = failed or conflict
        raise failed or _ConflictError(name, reached.edges[name])

    def _only_choices(self) -> dict[NormalizedName, LockedPackage]:
        return {
            name: packages[0]
            for name, packages in self._locked.items()
            if len(packages) == 1
        }

    def _fitting(
        self, name: NormalizedName, edges: Iterable[_Edge]
    ) -> list[LockedPackage]:
        packages = [p for p in self._locked.get(name, ()) if self._runs(p)]
        for edge in edges:
            packages = [p for p in packages if _allowed(edge, p)]
            origin = edge.dependency.origin
            if origin and (
                from_there := [p for p in packages if comes_from(p, origin)]
            ):
                packages = from_there
        return packages

    def _runs(self, package: LockedPackage) -> bool:
        wanted = package.requires_python
        return wanted is None or allows_python(wanted, self._conditions.target.python)

    def _edges(
        self, package: LockedPackage, extras: frozenset[ExtraName]
    ) -> Iterator[_Edge]:
        asked = _self_included(package, extras)
        added = {d.name for extra in asked for d in package.extras.get(extra, ())}
        for dependency in package.dependencies:
            if dependency.optional and dependency.name not in added:
                continue
            if self._conditions.hold(dependency.marker, extras=asked):
                yield _Edge(f"{package.name} {package.version}", dependency)

    def _no_version(self, conflict: _ConflictError) -> PlanError:
        name, target = conflict.name, self._conditions.target
        asking = "; ".join(
            sorted({f"{e.by} needs {e.dependency.constraint}" for e in conflict.edges})
        )
        locked = ", ".join(str(p.version) for p in self._locked.get(name, ()))
        if not locked:
            return PlanError(
                f"`{name}` is needed but not locked: {asking}",
                hint="lock again: `poetry lock`",
            )
        return PlanError(
            f"no locked version of `{name}` ({locked}) fits {target.name} with python"
            f" {target.python}: {asking}",
            hint="lock again: `poetry lock`",
        )


def _newest_first(package: LockedPackage) -> tuple[Version, str]:
    return Version(package.version or "0"), package.where


def _allowed(edge: _Edge, package: LockedPackage) -> bool:
    constraint = edge.dependency.constraint
    if constraint == "*" or package.version is None:
        return True
    try:
        return allows(constraint, package.version)
    except PlanError as error:
        error.what = f"{edge.by} needs `{edge.dependency.name}`: {error.what}"
        raise


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

"""Walk a lock's graph from what the project asks for (poetry.lock before 2.1).

Poetry solves again, with nothing but the lock to choose from; so does this: a name that
is locked once has no choice, one that is locked several times takes the newest version
that every edge to it allows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import PlanError
from noxlock.model import GroupName
from noxlock.plan._graph import Edge, Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set

    from packaging.utils import NormalizedName

    from noxlock.model import ByWalk, ExtraName, Lock, LockedPackage, Target
    from noxlock.plan._conditions import Conditions
    from noxlock.plan._graph import Reached

__all__ = ["Walked", "walk"]

# What older Poetrys never locked (their UNSAFE_PACKAGES), being in every environment.
_LEFT_OUT: Final = frozenset({"distribute", "pip", "setuptools", "wheel"})
_MOST_TRIES: Final = 2000
_MAIN: Final = GroupName("main")


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """What a walk found."""

    wanted: Mapping[NormalizedName, tuple[LockedPackage, tuple[GroupName, ...]]]
    """The version taken of each name, and the requested groups that reach it."""
    left_out: Mapping[NormalizedName, tuple[str, ...]]
    """Names that the lock leaves out though needed, and by what."""


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
    graph = Graph(lock.packages, conditions)
    project = _Project(selection, frozenset(extras), conditions)
    everything = project.demands(groups, every_extra=True)
    taken = _solve(graph, everything, conditions.target)
    whole = graph.reach(everything, taken)
    ways = [(group, graph.reach(project.demands([group]), taken)) for group in groups]
    if _MAIN in groups:
        # Poetry goes from the names in an extra by name alone, so by what any edge asks
        # of a package, were it an edge of an extra that is not asked for.
        added = graph.reach(project.added(whole), taken, whole.extras)
        ways.append((_MAIN, added))
    reached_by: dict[NormalizedName, set[GroupName]] = defaultdict(set)
    left_out: dict[NormalizedName, set[str]] = defaultdict(set)
    for group, reached in ways:
        for name, edges in reached.edges.items():
            if name in taken:
                reached_by[name].add(group)
            else:
                left_out[name] |= {edge.by for edge in edges}
    return Walked(
        wanted={n: (taken[n], tuple(sorted(by))) for n, by in reached_by.items()},
        left_out={n: tuple(sorted(left_out[n])) for n in sorted(left_out)},
    )


@dataclass(frozen=True, slots=True)
class _Project:
    selection: ByWalk
    extras: frozenset[ExtraName]
    conditions: Conditions

    def demands(
        self, groups: Iterable[GroupName], *, every_extra: bool = False
    ) -> list[Edge]:
        """Return what the project asks for in *groups* on this target."""
        return [
            Edge(f"group `{group}`", None, root)
            for group in groups
            for root in self.selection.roots.get(group, ())
            if every_extra or not root.optional
            if self.conditions.hold(root.marker, extras=self.extras)
        ]

    def added(self, whole: Reached) -> list[Edge]:
        """Return what the requested extras add of all that can be reached."""
        return [
            Edge(f"extra `{extra}`", None, dependency)
            for extra in sorted(self.extras)
            for dependency in self.selection.extras.get(extra, ())
            if dependency.name in whole.edges
        ]


def _solve(
    graph: Graph, demands: Sequence[Edge], target: Target
) -> dict[NormalizedName, LockedPackage]:
    """Return the version to take of every name that can be reached.

    As Poetry does it, what extras bring in has a say even where they are not asked for:
    the versions are the same with an extra and without.
    """
    try:
        return _Search(graph, demands).choose({})
    except _ConflictError as conflict:
        raise _no_version(conflict, graph, target) from None


class _ConflictError(Exception):
    """The versions taken so far do not go together.

    Attributes:
        name: Of which no version fits.
        edges: All that lead to it.
        involved: The names whose versions have to do with it: another choice for any
            other name would change nothing.
    """

    def __init__(
        self, name: NormalizedName, edges: Sequence[Edge], involved: Set[NormalizedName]
    ) -> None:
        super().__init__(name)
        self.name = name
        self.edges = edges
        self.involved = involved


class _Search:
    """The choice of versions: depth first, jumping back to what a conflict is about."""

    def __init__(self, graph: Graph, demands: Sequence[Edge]) -> None:
        self._graph = graph
        self._demands = demands
        self._tries = 0

    def choose(
        self, decided: Mapping[NormalizedName, LockedPackage]
    ) -> dict[NormalizedName, LockedPackage]:
        """Take what has no choice, then try the choices of one name, newest first."""
        self._tries += 1
        if self._tries > _MOST_TRIES:
            raise PlanError("its versions go together in too many ways to try")
        taken = {**self._graph.only_choices, **decided}
        reached = self._graph.reach(self._demands, taken)
        choices = self._open_choices(reached, taken)
        if not choices:
            return {name: taken[name] for name in reached.edges if name in taken}
        # Few choices first, as Poetry does it.
        name = min(choices, key=lambda each: (len(choices[each]), each))
        failed: list[_ConflictError] = []
        for package in choices[name]:
            try:
                return self.choose({**decided, name: package})
            except _ConflictError as conflict:
                if name not in conflict.involved:
                    raise
                failed.append(conflict)
        involved = reached.above(reached.edges[name]).union(
            *(conflict.involved for conflict in failed)
        )
        newest = failed[0]
        raise _ConflictError(newest.name, newest.edges, involved - {name})

    def _open_choices(
        self, reached: Reached, taken: Mapping[NormalizedName, LockedPackage]
    ) -> dict[NormalizedName, list[LockedPackage]]:
        choices: dict[NormalizedName, list[LockedPackage]] = {}
        for name, edges in reached.edges.items():
            fitting = self._graph.fitting(name, edges)
            package = taken.get(name)
            if package is None and name in _LEFT_OUT - self._graph.locked.keys():
                continue
            if not fitting or (package is not None and package not in fitting):
                blamed = [e for e in edges if package and not e.allows(package)]
                above = reached.above(blamed or edges)
                raise _ConflictError(name, edges, {name} | above)
            if package is None:
                choices[name] = fitting
        return choices


def _no_version(conflict: _ConflictError, graph: Graph, target: Target) -> PlanError:
    name, hint = conflict.name, "lock again: `poetry lock`"
    asking = "; ".join(
        sorted({f"{e.by} needs {e.dependency.constraint}" for e in conflict.edges})
    )
    locked = ", ".join(str(p.version) for p in graph.locked.get(name, ()))
    if not locked:
        return PlanError(f"`{name}` is needed but not locked: {asking}", hint=hint)
    return PlanError(
        f"no locked version of `{name}` ({locked}) fits {target.name} with python"
        f" {target.python}: {asking}",
        hint=hint,
    )

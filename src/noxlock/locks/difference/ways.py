"""Who wants a package: what the project asks for, and the ways from there.

What the project asks for is what its pyproject.toml, or environment.yml, names, where
the lock was read with it; else the packages that no other one requires, of a circle
that nobody requires the first by name. A lock without any edge tells neither.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from noxlock.locks.difference.pinned import pins_of
from noxlock.model import ByGroup, ByMarker, ByWalk, CondaPackage, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from noxlock.locks.difference.pinned import Key, Pins
    from noxlock.model import CondaPlatform, Dependency, GroupName, Lock, LockedPackage

__all__ = ["Ways", "ways_of_lock", "ways_of_platform"]

MAIN: Final = "main"
_GROUP: Final = re.compile(r"""["']([^"']+)["']\s+in\s+dependency_groups""")
_Asked: TypeAlias = tuple[str, frozenset[str]]
"""A name, and the extras of it."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What one lock holds for one target, and the ways to it."""

    pins: Mapping[Key, Pins]
    groups: Mapping[Key, Set[str]]
    direct: Set[Key] | None = None
    """What the project asks for; None where the lock cannot tell."""
    parents: Mapping[Key, Key | None] = field(default_factory=dict)
    """Of what can be reached, what it is first reached from; None: the project."""
    layer: Layer | None = None
    """Of which the ways are known."""

    def asks(self, key: Key) -> bool | None:
        """Return whether the project asks for *key*; None where that is not known."""
        if self.direct is None or key[0] is not self.layer:
            return None
        return key in self.direct

    def path(self, key: Key) -> tuple[str, ...]:
        """Return the shortest way to *key*, itself included; empty: there is none."""
        found: list[str] = []
        at: Key | None = key
        while at is not None:
            if at not in self.parents:
                return ()
            found.append(at[1])
            at = self.parents[at]
        return tuple(reversed(found))


def ways_of_lock(lock: Lock) -> Ways:
    """Return the ways of a lock of Python packages.

    Markers of edges are not evaluated: a way may hold on some targets only.
    """
    graph = _Graph(lock.packages)
    pins = pins_of(lock.packages)
    groups: dict[Key, Set[str]] = {}
    match lock.selection:
        case ByGroup(roots=roots):
            groups = {key: each.groups for key, each in pins.items()}
        case ByMarker(default_groups=default):
            roots = {}
            groups = {k: _named(each.packages, default) for k, each in pins.items()}
        case ByWalk(roots=roots):
            groups = _walked(graph, roots)
        case _:
            assert_never(lock.selection)
    ordered = sorted(roots, key=lambda group: (group != MAIN, group))
    asked = [_asked(root) for group in ordered for root in roots[group]]
    return _ways(graph, pins, groups, [each for each in asked if each[0] in graph.held])


def ways_of_platform(platform: CondaPlatform) -> Ways:
    """Return the ways of all that a lock of conda packages holds for one platform.

    Of its wheels nothing is known but the groups.
    """
    pins = pins_of([*platform.packages, *platform.pypi])
    groups: dict[Key, Set[str]] = {key: each.groups for key, each in pins.items()}
    graph = _Graph(platform.packages)
    roots = [(name, frozenset[str]()) for name in platform.roots if name in graph.held]
    return _ways(graph, pins, groups, roots)


def _ways(
    graph: _Graph,
    pins: Mapping[Key, Pins],
    groups: Mapping[Key, Set[str]],
    roots: Sequence[_Asked],
) -> Ways:
    if not graph.has_edges and not roots:
        return Ways(pins, groups)
    found = graph.reach(roots or [(name, frozenset()) for name in graph.tops()])
    direct = {graph.key(name) for name, _ in roots} or {
        graph.key(name) for name in graph.tops()
    }
    if not roots:
        for name in sorted(graph.held):
            if name not in found.parents:
                graph.reach([(name, frozenset())], found)
                direct.add(graph.key(name))
    parents = {
        graph.key(name): None if parent is None else graph.key(parent)
        for name, parent in found.parents.items()
    }
    return Ways(pins, groups, direct, parents, graph.layer)


@dataclass(slots=True)
class _Reached:
    parents: dict[str, str | None] = field(default_factory=dict)
    extras: dict[str, frozenset[str]] = field(default_factory=dict)


class _Graph:
    """The names of one lock, and what requires what."""

    def __init__(self, packages: Iterable[LockedPackage | CondaPackage]) -> None:
        self.held: dict[str, list[LockedPackage | CondaPackage]] = {}
        self.layer = Layer.PYPI
        for package in packages:
            if isinstance(package, CondaPackage):
                self.layer = Layer.CONDA
            self.held.setdefault(package.name, []).append(package)

    @property
    def has_edges(self) -> bool:
        """Whether any package says what it requires."""
        return any(
            package.needs if isinstance(package, CondaPackage) else package.dependencies
            for packages in self.held.values()
            for package in packages
        )

    def key(self, name: str) -> Key:
        """Return what *name* is known by besides those of the other layer."""
        return self.layer, name

    def tops(self) -> list[str]:
        """Return the names that no other one requires, sorted."""
        extras: dict[str, frozenset[str]] = {}
        for name in self.held:
            for other, asked in self._edges(name, None):
                extras[other] = extras.get(other, frozenset()) | asked
        required = {
            other
            for name in self.held
            for other, _ in self._edges(name, extras.get(name, frozenset()))
            if other != name
        }
        return sorted(self.held.keys() - required)

    def reach(self, roots: Iterable[_Asked], found: _Reached | None = None) -> _Reached:
        """Follow what is required from *roots*, the nearest first."""
        found = _Reached() if found is None else found
        agenda = deque((name, extras, None) for name, extras in roots)
        todo: deque[tuple[str, frozenset[str], str | None]] = deque(agenda)
        while todo:
            name, asked, parent = todo.popleft()
            if name not in self.held:
                continue
            known = found.extras.get(name)
            if known is not None and asked <= known:
                continue
            if known is None:
                found.parents[name] = parent
            found.extras[name] = extras = asked | (known or frozenset())
            todo.extend((n, more, name) for n, more in self._edges(name, extras))
        return found

    def _edges(self, name: str, extras: frozenset[str] | None) -> Iterator[_Asked]:
        """Yield what *name* requires with *extras*; None: with every one."""
        for package in self.held[name]:
            if isinstance(package, CondaPackage):
                yield from ((each, frozenset()) for each in sorted(package.needs))
                continue
            wanted = package.extras if extras is None else extras
            added = {d.name for e in wanted for d in package.extras.get(e, ())}  # type: ignore[call-overload]
            for dependency in package.dependencies:
                if not dependency.optional or dependency.name in added:
                    yield _asked(dependency)


def _asked(dependency: Dependency) -> _Asked:
    return dependency.name, frozenset(dependency.extras)


def _named(
    packages: Iterable[LockedPackage | CondaPackage], default: Sequence[str]
) -> frozenset[str]:
    """Return the groups that markers ask for; `main` is a default one, or none."""
    found: set[str] = set()
    for package in packages:
        marker = None if isinstance(package, CondaPackage) else package.marker
        named = _GROUP.findall(str(marker or ""))
        found.update(named)
        if not named or not found.isdisjoint(default):
            found.add(MAIN)
    return frozenset(found)


def _walked(
    graph: _Graph, roots: Mapping[GroupName, tuple[Dependency, ...]]
) -> dict[Key, Set[str]]:
    groups: dict[Key, set[str]] = {}
    for group, asked in roots.items():
        for name in graph.reach(map(_asked, asked)).parents:
            groups.setdefault(graph.key(name), set()).add(group)
    return dict(groups)

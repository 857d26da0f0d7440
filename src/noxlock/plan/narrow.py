"""What of a lock has to do with one target. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from noxlock.model import ByGroup, ByMarker, ByWalk
from noxlock.plan._conditions import Conditions, allows_python
from noxlock.plan.conda import platform_of
from noxlock.plan.targets import known_pythons
from noxlock.plan.walk import walk
from noxlock.plan.wheels import choose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model import CondaLock, Lock, LockedPackage, Target

__all__ = ["narrow_conda", "narrow_lock", "python_that_fits"]


def narrow_lock(
    lock: Lock, target: Target, extras: Sequence[str] | None = None
) -> Lock:
    """Return *lock* with the packages, edges and files that count on *target*.

    Args:
        lock: Every group of it is kept.
        target: Its python is one that the lock may not be for.
        extras: Those that are asked for; None: every one. One that it lacks is nothing.

    Not checked: whether two versions of a name apply at once, nor that a file fits.

    Raises:
        PlanError: A marker cannot be evaluated, or a walk finds no versions.
    """
    conditions = Conditions(target)
    asked = [each for each in lock.extras if extras is None or each in extras]
    match lock.selection:
        case ByGroup() | ByMarker():
            held = lock.packages
        case ByWalk() as selection:
            walked = walk(lock, selection, lock.groups, asked, conditions)
            held = tuple(package for package, _ in walked.wanted.values())
        case _:
            assert_never(lock.selection)
    packages = (_narrowed(each, lock, frozenset(asked), conditions) for each in held)
    return replace(lock, packages=tuple(each for one in packages for each in one))


def narrow_conda(lock: CondaLock, target: Target) -> CondaLock:
    """Return *lock* with the packages of *target* alone, under its name.

    Raises:
        PlanError: It holds nothing for it.
    """
    platform = replace(platform_of(lock, target), name=target.name)
    return replace(lock, platforms=(platform,))


def python_that_fits(lock: Lock, python: str) -> str:
    """Return *python*, `3.11`, or else the oldest known one that *lock* is for."""
    for each in (python, *known_pythons()):
        if lock.requires_python is None or allows_python(lock.requires_python, each):
            return each
    return python


def _narrowed(
    package: LockedPackage, lock: Lock, extras: frozenset[str], conditions: Conditions
) -> Iterator[LockedPackage]:
    by = {
        group: marker
        for group, marker in package.wanted_by.items()
        if conditions.hold(marker, extras=extras)
    }
    if isinstance(lock.selection, ByGroup) and not by:
        return
    groups = frozenset((*lock.groups, *_defaults(lock)))
    if not conditions.hold(package.marker, extras=extras, groups=groups):
        return
    own = frozenset(package.extras)
    edges = (d for d in package.dependencies if conditions.hold(d.marker, extras=own))
    chosen = choose(package.files, conditions.target, only_binary=False)
    yield replace(
        package,
        wanted_by=by,
        dependencies=tuple(edges),
        files=(chosen[0],) if chosen else package.files,
    )


def _defaults(lock: Lock) -> tuple[str, ...]:
    selection = lock.selection
    return selection.default_groups if isinstance(selection, ByMarker) else ()

"""Which locked packages the requested groups and extras want on a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from packaging.utils import canonicalize_name

from noxlock.errors import NoxlockError, PlanError, nearest
from noxlock.model import ByGroup, ByMarker, ByWalk, ExtraName, GroupName
from noxlock.plan._conditions import allows_python
from noxlock.plan.targets import full_python
from noxlock.plan.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from noxlock.model import Dependency, Lock, LockedPackage
    from noxlock.plan._conditions import Conditions

__all__ = ["Selected", "python_for", "requested_extras", "requested_groups", "select"]

_ALL: Final = "all"
_MAIN: Final = GroupName("main")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """The packages of a plan, before a file is chosen for each."""

    packages: tuple[tuple[LockedPackage, tuple[GroupName, ...]], ...]
    """One a name, sorted by it, each with the requested groups that want it."""
    warnings: tuple[str, ...] = ()


def requested_groups(lock: Lock, groups: Sequence[str]) -> tuple[GroupName, ...]:
    """Return *groups* as the lock names them, sorted; `all` is every one of them.

    Raises:
        PlanError: One is not known; lists those that are.
    """
    if _ALL in groups:
        return tuple(sorted(lock.groups))
    if not groups:
        raise PlanError("no group is asked for", hint=_known("groups", lock.groups))
    wanted = {GroupName(canonicalize_name(group)) for group in groups}
    for group in sorted(wanted - set(lock.groups)):
        raise _unknown("group", group, "groups", lock.groups)
    return tuple(sorted(wanted))


def requested_extras(lock: Lock, extras: Sequence[str]) -> tuple[ExtraName, ...]:
    """Return *extras* as the lock names them, sorted.

    Raises:
        PlanError: One is not known; lists those that are.
    """
    wanted = {ExtraName(canonicalize_name(extra)) for extra in extras}
    for extra in sorted(wanted - set(lock.extras)):
        raise _unknown("extra", extra, "extras", lock.extras)
    return tuple(sorted(wanted))


def select(
    lock: Lock,
    groups: Sequence[GroupName],
    extras: Sequence[ExtraName],
    conditions: Conditions,
) -> Selected:
    """Return what *groups* and *extras* want on the conditions' target.

    Raises:
        PlanError: The lock is not for this target, two versions of one name apply at
            once, or the lock lacks what is needed.
    """
    _check_target(lock, conditions)
    warnings: list[str] = []
    match lock.selection:
        case ByGroup(roots=roots):
            found = list(_by_group(lock, groups, extras, conditions))
            have = {package.name for package, _ in found}
            active = _active(roots, groups, extras, conditions)
            warnings += _without_pin(active, have, conditions)
        case ByMarker() as selection:
            found = list(_by_marker(lock, selection, groups, extras, conditions))
        case ByWalk() as selection:
            walked = walk(lock, selection, groups, extras, conditions)
            found = list(walked.wanted.values())
            warnings += _left_out(walked.left_out)
        case _:
            assert_never(lock.selection)
    return Selected(packages=_one_a_name(found, conditions), warnings=tuple(warnings))


def python_for(lock: Lock, text: str) -> str:
    """Return the full version that `3.11` stands for where *lock* is planned from.

    Raises:
        PlanError: *text* is no version.
    """
    return full_python(text, lambda version: _allows(lock, version))


def _allows(lock: Lock, python: str) -> bool:
    wanted = lock.requires_python
    return wanted is None or allows_python(wanted, python)


def _check_target(lock: Lock, conditions: Conditions) -> None:
    target = conditions.target
    if not _allows(lock, target.python):
        raise PlanError(
            f"the lock is for python {lock.requires_python}, not for {target.python}",
            hint="take a python that it allows, or lock again for this one",
        )
    if lock.environments and not any(map(conditions.hold, lock.environments)):
        held = ", ".join(f"`{marker}`" for marker in lock.environments)
        raise PlanError(
            f"the lock is not for {target.name} with python {target.python}:"
            f" it holds where {held}",
            hint="lock again for this target",
        )


def _by_group(
    lock: Lock,
    groups: Sequence[GroupName],
    extras: Sequence[ExtraName],
    conditions: Conditions,
) -> Iterator[tuple[LockedPackage, tuple[GroupName, ...]]]:
    asked = frozenset(extras)
    for package in lock.packages:
        with _Naming(package):
            by = tuple(
                group
                for group in groups
                if group in package.wanted_by
                if conditions.hold(package.wanted_by[group], extras=asked)
            )
        if by:
            yield package, by


def _by_marker(
    lock: Lock,
    selection: ByMarker,
    groups: Sequence[GroupName],
    extras: Sequence[ExtraName],
    conditions: Conditions,
) -> Iterator[tuple[LockedPackage, tuple[GroupName, ...]]]:
    asked = frozenset(extras)
    stands_for = {
        group: frozenset(selection.default_groups if group == _MAIN else (group,))
        for group in groups
    }
    together = frozenset[GroupName]().union(*stands_for.values())
    for package in lock.packages:
        with _Naming(package):
            if not conditions.hold(package.marker, extras=asked, groups=together):
                continue
            _check_python(package, conditions)
            by = tuple(
                group
                for group in groups
                if conditions.hold(
                    package.marker, extras=asked, groups=stands_for[group]
                )
            )
        yield package, by or tuple(groups)


def _check_python(package: LockedPackage, conditions: Conditions) -> None:
    wanted, python = package.requires_python, conditions.target.python
    # PEP 751 makes it an error, where a marker would have left the package out.
    if wanted is not None and not allows_python(wanted, python):
        pin = f"{package.name} {package.version}"
        raise PlanError(f"`{pin}` is for python {wanted}, not for {python}")


def _one_a_name(
    found: Sequence[tuple[LockedPackage, tuple[GroupName, ...]]],
    conditions: Conditions,
) -> tuple[tuple[LockedPackage, tuple[GroupName, ...]], ...]:
    chosen: dict[NormalizedName, tuple[LockedPackage, tuple[GroupName, ...]]] = {}
    for package, groups in found:
        if other := chosen.get(package.name):
            target = conditions.target
            raise PlanError(
                f"two entries for `{package.name}` apply at once on {target.name} with"
                f" python {target.python}:"
                f" {_said(*other)} and {_said(package, groups)}",
                key=package.where,
                hint="ask for fewer groups or extras, or lock again",
            )
        chosen[package.name] = package, groups
    return tuple(chosen[name] for name in sorted(chosen))


def _said(package: LockedPackage, groups: Sequence[GroupName]) -> str:
    where = f" at {package.where}" if package.where else ""
    return f"{package.version} (for {', '.join(groups)}{where})"


def _active(
    roots: Mapping[GroupName, tuple[Dependency, ...]],
    groups: Sequence[GroupName],
    extras: Sequence[ExtraName],
    conditions: Conditions,
) -> Iterator[tuple[GroupName, NormalizedName]]:
    for group in groups:
        for root in roots.get(group, ()):
            if not root.optional and conditions.hold(
                root.marker, extras=frozenset(extras)
            ):
                yield group, root.name


def _without_pin(
    active: Iterator[tuple[GroupName, NormalizedName]],
    have: set[NormalizedName],
    conditions: Conditions,
) -> Iterator[str]:
    target = conditions.target
    for group, name in dict.fromkeys(active):
        if name not in have:
            yield (
                f"group `{group}` asks for `{name}`, but no pin of it applies on"
                f" {target.name} with python {target.python}"
            )


def _left_out(needed: Mapping[NormalizedName, tuple[str, ...]]) -> Iterator[str]:
    for name, by in needed.items():
        yield f"the lock leaves out `{name}`, which is needed by {', '.join(by)}"


def _unknown(
    kind: str, name: str, kinds: str, known: Sequence[GroupName | ExtraName]
) -> PlanError:
    hint = nearest(name, known)
    return PlanError(f"unknown {kind} `{name}`: {_known(kinds, known)}", hint=hint)


def _known(kinds: str, known: Sequence[GroupName | ExtraName]) -> str:
    return f"known {kinds} are {', '.join(known)}" if known else f"it has no {kinds}"


class _Naming:
    """Puts the package's place into an error that is raised inside."""

    def __init__(self, package: LockedPackage) -> None:
        self._package = package

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, NoxlockError):
            error.inside(key=self._package.where)

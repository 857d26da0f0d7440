"""What changed between two locks of any formats, package by package. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.locks.difference.details import (
    artifact_details,
    condition_details,
    group_details,
    single_details,
    version_details,
)
from noxlock.locks.difference.order import compare_versions
from noxlock.locks.difference.pinned import Pins
from noxlock.locks.difference.targets import pair_targets
from noxlock.model import ChangeKind, Lock, LockChange, LockDifference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from noxlock.locks.difference.pinned import Key
    from noxlock.locks.difference.ways import Ways
    from noxlock.model import CondaLock

__all__ = ["difference", "differs_in_words_only"]

_DESCRIPTION: Final = re.compile(rb"(?m)^description = .*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What changed of one name on one target."""

    kind: ChangeKind
    old: Pins | None
    new: Pins | None
    details: tuple[str, ...] = ()


def difference(
    old: Lock | CondaLock | None,
    new: Lock | CondaLock | None,
    *,
    groups: Collection[str] | None = None,
) -> LockDifference:
    """Return what changed from *old* to *new*; None is a lock that is not there.

    Between two formats, versions, artifacts and sources are compared: what a package is
    wanted for is written down by each in its own way.

    Args:
        old: A lock of any format.
        new: Likewise.
        groups: Only what one of these groups wants; None: everything.
    """
    pairing = pair_targets(old, new)
    alike = old is None or new is None or old.format == new.format
    changes: dict[object, _Merged] = {}
    seen: set[Key] = set()
    for target, before, after in pairing.shared:
        for key in before.pins.keys() | after.pins.keys():
            by = {*before.groups.get(key, ()), *after.groups.get(key, ())}
            if groups is not None and by.isdisjoint(groups):
                continue
            seen.add(key)
            if found := _found(key, before, after, alike=alike):
                merged = changes.setdefault(_same(key, found), _Merged(key, found))
                merged.add(target, found, after if found.new else before)
    listed = [merged.change() for merged in changes.values()]
    changed = {(change.layer, change.name) for change in listed}
    return LockDifference(
        changes=tuple(sorted(listed, key=_place)),
        unchanged=len(seen - changed),
        targets=tuple(name for name, _, _ in pairing.shared if name),
        added_targets=pairing.added,
        removed_targets=pairing.removed,
        notes=tuple(_notes(old, new, alike=alike)),
    )


def differs_in_words_only(before: bytes, after: bytes) -> bool:
    """Return whether two poetry.lock files differ in descriptions alone, if at all.

    Poetry copies the descriptions of packages from the index, where they may change
    any day; they are no part of what is locked.
    """
    return _DESCRIPTION.sub(b"", before) == _DESCRIPTION.sub(b"", after)


def _found(key: Key, before: Ways, after: Ways, *, alike: bool) -> _Found | None:
    old, new = before.pins.get(key), after.pins.get(key)
    if old is None or new is None:
        kind = ChangeKind.REMOVED if new is None else ChangeKind.ADDED
        details = tuple(single_details(new)) if new else ()
        return _Found(kind=kind, old=old, new=new, details=details)
    more: list[str] = []
    if alike:
        ours, theirs = (set(side.groups.get(key, ())) for side in (before, after))
        more += group_details(ours, theirs)
    if order := _direction(old, new):
        kind = ChangeKind.UPGRADED if order < 0 else ChangeKind.DOWNGRADED
        said = version_details(old, new, alike=alike)
    else:
        kind = ChangeKind.REBUILT
        said = artifact_details(old, new, alike=alike)
    details = (*said, *more)
    if kind is ChangeKind.REBUILT and details == tuple(more):
        kind = ChangeKind.CHANGED
        details += tuple(condition_details(old, new)) if alike else ()
        if not details:
            return None
    return _Found(kind=kind, old=old, new=new, details=details)


def _direction(old: Pins, new: Pins) -> int:
    """Return -1 where *new* has newer versions, 1 where it has older ones, else 0.

    What is not in both decides, by its newest version; where versions only came, or
    only went, they are held against the newest of the other lock.
    """
    ours, theirs = old.versions, new.versions
    if ours == theirs:
        return 0
    gone = [version for version in ours if version not in theirs] or ours
    come = [version for version in theirs if version not in ours] or theirs
    order = compare_versions(gone[-1], come[-1], old.layer)
    if not order and len(ours) != len(theirs):
        return -1 if len(ours) < len(theirs) else 1
    return order


def _same(key: Key, found: _Found) -> object:
    """Return what is equal for one change that is made on several targets."""
    versions = [side and side.versions for side in (found.old, found.new)]
    return key, found.kind, *versions, found.details


class _Merged:
    """One change, on all targets where it is made."""

    def __init__(self, key: Key, found: _Found) -> None:
        self._layer, self._name = key
        self._found = found
        self._sides: tuple[list[Pins], list[Pins]] = ([], [])
        self._targets: list[str] = []
        self._groups: set[str] = set()
        self._direct: bool | None = None
        self._path: tuple[str, ...] = ()

    def add(self, target: str, found: _Found, ways: Ways) -> None:
        """Add what was *found* on *target*, where *ways* lead to the package."""
        for pins, side in zip((found.old, found.new), self._sides, strict=True):
            side.extend([pins] if pins else [])
        self._targets += [target] if target else []
        key = self._layer, self._name
        self._groups.update(ways.groups.get(key, ()))
        if (direct := ways.asks(key)) is not None:
            self._direct = self._direct or direct
        if (path := ways.path(key)) and not 0 < len(self._path) <= len(path):
            self._path = path

    def change(self) -> LockChange:
        """Return it."""
        old, new = (
            Pins(self._layer, tuple(p for pins in side for p in pins.packages)).said
            if side
            else None
            for side in self._sides
        )
        return LockChange(
            name=self._name,
            kind=self._found.kind,
            layer=self._layer,
            old=old,
            new=new,
            groups=tuple(sorted(self._groups, key=lambda name: (name != "main", name))),
            direct=self._direct,
            path=self._path,
            targets=tuple(self._targets),
            details=self._found.details,
        )


def _place(change: LockChange) -> tuple[object, ...]:
    return change.direct is False, change.name, change.layer, change.targets


def _notes(
    old: Lock | CondaLock | None, new: Lock | CondaLock | None, *, alike: bool
) -> Iterator[str]:
    if old is None or new is None or not alike:
        return
    if isinstance(old, Lock) and isinstance(new, Lock):
        if old.requires_python != new.requires_python:
            ours, theirs = old.requires_python or "any", new.requires_python or "any"
            yield f"python {ours} -> {theirs}"
        for name in ("extras", "groups", "indexes"):
            yield from _listed(name, getattr(old, name), getattr(new, name))
        places = [tuple(map(str, each.environments)) for each in (old, new)]
        yield from _listed("environments", *places)
    elif not isinstance(old, Lock) and not isinstance(new, Lock):
        yield from _listed("channels", old.channels, new.channels)


def _listed(name: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    if old != new:
        ours, theirs = (", ".join(each) or "none" for each in (old, new))
        yield f"{name} {ours} -> {theirs}"

"""Which targets of two locks are held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.locks.difference.ways import Ways, ways_of_lock, ways_of_platform
from noxlock.model import Lock

if TYPE_CHECKING:
    from noxlock.model import CondaLock, CondaPlatform

__all__ = ["Pairing", "pair_targets"]

_NOTHING = Ways({}, {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """Two locks, target by target."""

    shared: tuple[tuple[str, Ways, Ways], ...]
    """Target, old and new; "" for the target of a lock that is of no platform."""
    added: tuple[str, ...] = ()
    """Targets of the new lock alone."""
    removed: tuple[str, ...] = ()


def pair_targets(old: Lock | CondaLock | None, new: Lock | CondaLock | None) -> Pairing:
    """Return the targets of both, or of the only one there is.

    A target is the one of the same name; else the only other one of its platform, as
    `linux-64-cuda` in pixi.lock and `linux-64` in a conda-lock.yml for CUDA. A lock of
    no platform is held against each one of the other.
    """
    if not isinstance(old, Lock | None) and not isinstance(new, Lock | None):
        return _by_platform(old.platforms, new.platforms)
    targets = {
        platform.name: None
        for lock in (old, new)
        if lock is not None and not isinstance(lock, Lock)
        for platform in lock.platforms
    }
    ours, theirs = _ways(old), _ways(new)
    return Pairing(
        shared=tuple(
            (name, _of(ours, name), _of(theirs, name)) for name in targets or [""]
        )
    )


def _ways(lock: Lock | CondaLock | None) -> Ways | dict[str, Ways]:
    if lock is None:
        return _NOTHING
    if isinstance(lock, Lock):
        return ways_of_lock(lock)
    return {platform.name: ways_of_platform(platform) for platform in lock.platforms}


def _of(ways: Ways | dict[str, Ways], target: str) -> Ways:
    return ways if isinstance(ways, Ways) else ways[target]


def _by_platform(
    old: tuple[CondaPlatform, ...], new: tuple[CondaPlatform, ...]
) -> Pairing:
    rest = {platform.name: platform for platform in old}
    pairs = {p.name: (rest.pop(p.name), p) for p in new if p.name in rest}
    added = []
    for platform in new:
        if platform.name in pairs:
            continue
        twins = [p for p in rest.values() if p.subdir == platform.subdir]
        rivals = [p for p in new if p.subdir == platform.subdir and p.name not in pairs]
        if len(twins) == len(rivals) == 1:
            pairs[platform.name] = rest.pop(twins[0].name), platform
        else:
            added.append(platform.name)
    return Pairing(
        shared=tuple(
            (name, ways_of_platform(ours), ways_of_platform(theirs))
            for name, (ours, theirs) in sorted(pairs.items())
        ),
        added=tuple(added),
        removed=tuple(sorted(rest)),
    )

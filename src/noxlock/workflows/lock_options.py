"""What `nox -s lock` may be asked for, and what becomes of one lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.model import LockDifference

__all__ = ["LockOptions", "LockOutcome"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LockOptions:
    """What to do with the locks; by default, lock again and keep the pins that fit."""

    check: bool = False
    """Only say whether they are fresh: no tool, no network."""
    upgrade: bool = False
    """Forget every pin."""
    update: tuple[str, ...] = ()
    """Packages to take newer versions of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LockOutcome:
    """What became of one lock."""

    lock: str
    difference: LockDifference | None = None
    """What changed; None where nothing was written."""
    written: bool = False
    stale: str | None = None
    """With `check`: why the lock is not fresh."""
    failed: tuple[str, ...] = ()
    """Targets of a conda lock that could not be solved."""

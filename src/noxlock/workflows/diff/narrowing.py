"""What of two locks is asked about: groups, one target."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from msgspec import structs
from packaging.utils import canonicalize_name

from noxlock.errors import NoxlockError, PlanError, nearest
from noxlock.model import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.model import CondaLock, Environment

__all__ = ["NotForTargetError", "Wanted", "named_by", "with_roots"]

_ALL: Final = "all"
_AUTO: Final = "auto"
_MAIN: Final = "main"
_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+)?")
_YAML: Final = (".yml", ".yaml")


class NotForTargetError(PlanError):
    """Neither of two locks is for the target that is asked about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is asked about."""

    groups: tuple[str, ...] = (_ALL,)
    extras: tuple[str, ...] | None = None
    """With a target: those that count; None: every one."""
    target: str | None = None
    """None: all that the locks are for."""
    python: str | None = None
    """With a target: `3.11`; None: mine, where the lock is for it."""
    lenient: bool = False
    """Whether a lock may have none of the groups, as one of an environment's two."""

    def groups_of(self, *locks: Lock | CondaLock | None) -> frozenset[str] | None:
        """Return the groups that count, of those that the locks have; None: all.

        Raises:
            PlanError: None of the locks knows one of them.
        """
        if _ALL in self.groups:
            return None
        wanted = frozenset(map(canonicalize_name, self.groups))
        known: set[str] = {_MAIN}
        conda = False
        for lock in locks:
            if isinstance(lock, Lock):
                known.update(lock.groups)
            elif lock is not None:
                conda = True
                known.update(lock.categories)
        unknown = sorted(wanted - known)
        if unknown and not self.lenient:
            raise PlanError(
                f"unknown group `{unknown[0]}`: known groups are"
                f" {', '.join(sorted(known))}",
                file=next(lock.file for lock in locks if lock),
                hint=nearest(unknown[0], known),
            )
        found = wanted & known
        # What is below the wheels is wanted by any group of theirs.
        return found or frozenset({_MAIN} if conda else wanted)

    def on_target(
        self, old: Lock | CondaLock | None, new: Lock | CondaLock | None
    ) -> tuple[Lock | CondaLock | None, Lock | CondaLock | None]:
        """Return both with what counts on the target; None: it has nothing for it.

        Raises:
            PlanError: The target is not known, or neither lock is for it.
        """
        if self.target is None:
            return old, new
        python = self._python(new if isinstance(new, Lock) else old)
        errors: list[PlanError] = []
        found: list[Lock | CondaLock | None] = []
        for lock in (old, new):
            try:
                found.append(lock and self._narrowed(lock, self.target, python))
            except PlanError as error:
                error.inside(file=lock.file if lock else None)
                if isinstance(lock, Lock):
                    raise
                errors.append(error)
                found.append(None)
        if errors and found == [None, None]:
            last = errors[-1]
            raise NotForTargetError(last.what, file=last.file, hint=last.hint)
        return found[0], found[1]

    def in_environment(self, environment: Environment) -> Wanted:
        """Return what is asked about of an environment: its groups, and its target."""
        declared = environment.python
        python = declared if isinstance(declared, str) else declared[0]
        target = None if environment.target == _AUTO else environment.target
        return replace(
            self,
            groups=environment.groups if _ALL in self.groups else self.groups,
            extras=environment.extras,
            target=self.target or target,
            python=self.python or (python if _VERSION.fullmatch(python) else None),
            lenient=True,
        )

    def _python(self, lock: Lock | CondaLock | None) -> str:
        from noxlock.plan.narrow import python_that_fits  # noqa: PLC0415 - a target's
        from noxlock.plan.select import python_for  # noqa: PLC0415 - likewise

        if not isinstance(lock, Lock):
            return self.python or "3"
        if self.python is not None:
            return python_for(lock, self.python)
        return python_that_fits(lock, platform.python_version())

    def _narrowed(
        self, lock: Lock | CondaLock, target: str, python: str
    ) -> Lock | CondaLock:
        from noxlock.plan import parse_platform, parse_target  # noqa: PLC0415
        from noxlock.plan.narrow import narrow_conda, narrow_lock  # noqa: PLC0415

        if isinstance(lock, Lock):
            return narrow_lock(lock, parse_target(target, python=python), self.extras)
        return narrow_conda(lock, parse_platform(target))


def named_by(lock: CondaLock, targets: Sequence[str]) -> CondaLock:
    """Return *lock* with its platforms called as the definition's *targets* are."""
    from noxlock.definitions import subdir_of  # noqa: PLC0415 - where conda is used

    names = {subdir_of(target): target for target in targets}
    if lock.format != "conda-lock":
        return lock
    platforms = (
        structs.replace(each, name=names.get(each.subdir, each.name))
        for each in lock.platforms
    )
    return structs.replace(lock, platforms=tuple(platforms))


def with_roots(
    lock: CondaLock, sources: Sequence[str], read: Callable[[str], bytes | None]
) -> CondaLock:
    """Return *lock* with what its sources ask for, where they can be read.

    Args:
        lock: Of conda packages.
        sources: Files that `read` takes; what is no environment.yml tells nothing.
        read: Returns the bytes of a file, or None.
    """
    from noxlock.locks.environment_yml import read_environments  # noqa: PLC0415 - slow

    try:
        found = [(name, read(name)) for name in sources if name.endswith(_YAML)]
        data = [(name, text) for name, text in found if text is not None]
        if not data or len(data) < len(sources):
            return lock
        platforms = []
        for platform in lock.platforms:
            asked = read_environments(data, platform.subdir).conda
            roots = tuple(spec.name for spec in asked)
            platforms.append(structs.replace(platform, roots=roots))
    except NoxlockError:
        return lock
    return structs.replace(lock, platforms=tuple(platforms))

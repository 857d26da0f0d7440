"""What the definition of a lock may say, by the kind of lock that its name makes it."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeAlias

from noxlock.errors import nearest
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.definitions.document import Path
    from noxlock.model import LockDefinition

__all__ = [
    "LockKind",
    "Problem",
    "kind_of_lock",
    "lock_problems",
    "subdir_of",
    "unknown_target",
]

Problem: TypeAlias = tuple["Path", str, str | None]
"""The keys below the entry, what is wrong, and the hint."""

_POETRY_LOCK: Final = "poetry.lock"
_PROJECT_FILE: Final = "pyproject.toml"
_YAML: Final = (".yml", ".yaml")
_VIRTUAL: Final = re.compile(r"__[a-z0-9_]+")
_FROM: Final = "for example `from: environment.yml`"


class LockKind(StrEnum):
    """What regenerates a lock."""

    POETRY = "poetry"
    CONDA = "conda"


def kind_of_lock(name: str) -> LockKind | None:
    """Return the kind of the lock called *name*; None where nothing regenerates it."""
    path = PurePosixPath(name)
    if path.name == _POETRY_LOCK:
        return LockKind.POETRY
    return LockKind.CONDA if path.suffix in _YAML else None


def subdir_of(target: str) -> Subdir | None:
    """Return the platform of a target as definitions name it; None: there is none."""
    for subdir in Subdir:
        if target == subdir or (
            target.startswith(f"{subdir}-") and target != f"{subdir}-"
        ):
            return subdir
    return None


def unknown_target(target: str, *more: str) -> tuple[str, str | None]:
    """Return what is wrong with *target*, and a hint; *more* may stand there too."""
    known = [*more, *Subdir]
    what = f"unknown target `{target}`; known: {', '.join(known)}"
    return what, nearest(target, known)


def lock_problems(name: str, lock: LockDefinition) -> Iterator[Problem]:
    """Yield what is wrong with the definition of one lock.

    Not checked: that the files exist, nor what stands in them.
    """
    for index, source in enumerate(lock.sources):
        if not source.strip():
            where = ("from",) if isinstance(lock.source, str) else ("from", index)
            yield where, "the name of a file is needed", _FROM
    match kind_of_lock(name):
        case LockKind.CONDA:
            yield from _of_conda(lock)
        case kind:
            yield from _of_another(lock, kind)


def _of_another(lock: LockDefinition, kind: LockKind | None) -> Iterator[Problem]:
    """Yield what stands there for a conda lock, though this is none."""
    given = {
        "targets": bool(lock.targets),
        "virtual-packages": lock.virtual_packages is not None,
        "explicit": lock.explicit,
        "exclude-newer": lock.exclude_newer is not None,
    }
    if kind is LockKind.POETRY:
        what = "is for conda locks: Poetry makes one lock for every platform"
        hint = "leave it out"
        if len(lock.sources) != 1:
            one = "a poetry.lock is made from one pyproject.toml"
            yield ("from",), one, "`from: pyproject.toml`"
    else:
        what = "is for conda locks, whose names end in .yml"
        hint = "call it conda-lock.yml, or NAME.conda-lock.yml"
    for key, is_given in given.items():
        if is_given:
            yield (key,), what, hint
    if kind is None and any(source.endswith(_YAML) for source in lock.sources):
        yield (), f"a conda lock's name ends in {' or '.join(_YAML)}", hint


def _of_conda(lock: LockDefinition) -> Iterator[Problem]:
    if not lock.sources:
        yield ("from",), "a conda lock is made from a file", _FROM
    for source in lock.sources:
        if source.strip() and not source.endswith(_YAML):
            what = f"a conda lock is not made from `{source}`"
            yield ("from",), what, _FROM
    yield from _targets(lock.targets)
    yield from _virtual_packages(lock.virtual_packages)
    if lock.exclude_newer is not None:
        try:
            datetime.fromisoformat(lock.exclude_newer)
        except ValueError:
            what = f"`{lock.exclude_newer}` is no date"
            hint = "write 2026-01-31, or 2026-01-31T12:00:00Z"
            yield ("exclude-newer",), what, hint


def _targets(targets: tuple[str, ...]) -> Iterator[Problem]:
    seen: dict[Subdir, str] = {}
    for index, target in enumerate(targets):
        subdir = subdir_of(target)
        if subdir is None:
            yield (("targets", index), *unknown_target(target))
        elif (other := seen.setdefault(subdir, target)) is not target:
            what = f"`{target}` stands twice"
            if other != target:
                # conda-lock's v1 format knows its rows by platform alone.
                what = f"`{other}` and `{target}` cannot be in one lock"
            hint = "a lock holds one variant of a platform: declare another lock"
            yield ("targets", index), what, None if other == target else hint


def _virtual_packages(given: str | dict[str, str] | None) -> Iterator[Problem]:
    match given:
        case None:
            return
        case str():
            if not given.strip():
                what = "the name of a file is needed"
                yield ("virtual-packages",), what, "for example virtual-packages.yml"
        case _:
            for name, version in given.items():
                where = ("virtual-packages", name)
                if not _VIRTUAL.fullmatch(name):
                    what = "no virtual package is called so"
                    yield where, what, "their names begin with `__`: `__cuda`"
                elif not re.fullmatch(r"[0-9][\w.]*(?: \w+)?", version):
                    yield where, f"`{version}` is no version", 'for example "12.4"'

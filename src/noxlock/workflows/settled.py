"""Locks that came out as they are: with nothing changed, they are not made again.

To make a lock of 200 packages that does not change was measured at 3.5 s: Poetry's
start, its asking of the index, rattler's import. What is remembered is that these very
bytes came from these very sources; what indexes and channels have got since is no
reason to lock again, as `poetry lock` and `pixi lock` keep the pins that fit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.errors import NoxlockError
from noxlock.store.memo import digest, memo_key
from noxlock.workflows.lock_files import bytes_of, python_lock_file
from noxlock.workflows.staleness import lock_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.workflows.project import Project

__all__ = ["is_known_fresh", "is_settled", "remember_fresh", "remember_settled"]

_TOOLS: Final = {
    # Poetry's configuration of the project.
    LockKind.POETRY: ("poetry.toml",),
    LockKind.CONDA: (),
}
_DECLARED: Final = ("pyproject.toml", "setup.cfg", "setup.py")
"""Where a folder says what it depends on."""


def is_known_fresh(project: Project, name: str) -> bool:
    """Return whether the lock *name* is known to belong to what it is made from."""
    if project.memo is None or (key := _key(project, name, "checked")) is None:
        return False
    return project.memo.get(key) is not None


def remember_fresh(project: Project, name: str) -> None:
    """Remember that the lock *name* belongs to what it is made from."""
    if project.memo is not None and (key := _key(project, name, "checked")):
        project.memo.put(key, b"")


def is_settled(project: Project, name: str) -> bool:
    """Return whether the lock *name* would come out as it is, as far as is known.

    Not checked: what indexes and channels have.
    """
    if project.memo is None or (key := _key(project, name, "settled")) is None:
        return False
    kept = project.memo.get(key)
    if kept is None:
        return False
    read: dict[str, str | None] = json.loads(kept)
    return read == _read(project, name, read)


def remember_settled(project: Project, name: str) -> None:
    """Remember that the lock *name* came out as it is now."""
    if project.memo is None or (key := _key(project, name, "settled")) is None:
        return
    if (beside := _beside(project, name)) is not None:
        read = _read(project, name, beside)
        project.memo.put(key, json.dumps(read).encode())


def _key(project: Project, name: str, what: str) -> str | None:
    kind = kind_of_lock(name)
    if kind is None:
        return None
    folder = (project.root / name).parent
    try:
        facts = lock_facts(project, name)
    except NoxlockError:  # there is no lock yet
        return None
    configured = [digest(bytes_of(folder / file)) for file in _TOOLS[kind]]
    return memo_key(what, *facts, configured)


def _read(project: Project, name: str, files: Iterable[str]) -> dict[str, str | None]:
    folder = (project.root / name).parent
    return {file: digest(bytes_of(folder / file)) for file in files}


def _beside(project: Project, name: str) -> list[str] | None:
    """Return what the lock depends on beside its sources, relative to its folder.

    None: on what cannot be watched, as the branch of a repository.
    """
    if kind_of_lock(name) is LockKind.CONDA:
        return []
    from noxlock.model import (  # noqa: PLC0415 - what is settled needs none
        ArchiveSource,
        DirectorySource,
        IndexSource,
    )

    found: list[str] = []
    file = project.root / name
    lock = python_lock_file(name, file.read_bytes(), file.parent).lock
    for package in lock.packages:
        match package.source:
            case IndexSource():
                pass
            case DirectorySource(path=path):
                found += [f"{path}/{each}" for each in _DECLARED]
            case ArchiveSource(path=str(path)):
                found.append(path)
            case ArchiveSource(url=str()):
                pass
            case _:
                return None
    return found

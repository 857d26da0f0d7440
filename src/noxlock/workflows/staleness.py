"""Whether a lock still belongs to what it was made from; fresh ones are remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from noxlock.store.memo import digest, memo_key
from noxlock.workflows.lock_files import bytes_of

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import LockDefinition
    from noxlock.workflows.conda_lock import CondaLockRequest
    from noxlock.workflows.project import Project

__all__ = ["conda_request", "lock_facts", "staleness"]


def staleness(project: Project, file: str, target: str | None) -> str | None:
    """Return why the lock *file* does not belong to its source, or None.

    Args:
        project: It, and what it declares.
        file: The lock.
        target: The only one of a conda lock's targets that counts; None: each.
    """
    if project.memo is None:
        return _judge(project, file, target)
    key = memo_key("fresh", *lock_facts(project, file), target)
    if project.memo.get(key) is not None:
        return None
    why = _judge(project, file, target)
    if why is None:
        project.memo.put(key, b"")
    return why


def lock_facts(project: Project, file: str) -> list[object]:
    """Return all that it depends on whether the lock *file* is fresh."""
    declared = project.definitions.locks.get(file)
    paths = [_source(project, file)]
    if declared is not None:
        paths = [project.root / source for source in declared.sources]
        if isinstance(declared.virtual_packages, str):
            paths.append(project.root / declared.virtual_packages)
        if declared.explicit:
            folder = (project.root / file).parent
            paths += sorted(folder.glob("conda-*.lock"))
    return [
        file,
        digest(project.lock_bytes(file)),
        msgspec.to_builtins(declared),
        [(path.name, digest(bytes_of(path))) for path in paths],
    ]


def _judge(project: Project, file: str, target: str | None) -> str | None:
    if project.is_conda(file):
        return _of_conda(project, file, target)
    if project.read_lock(file).format != "poetry":
        return None
    source = bytes_of(_source(project, file))
    if source is None:
        return None
    from noxlock.locks import freshness  # noqa: PLC0415 - slow to import

    return freshness.staleness(file, project.lock_bytes(file), source)


def _of_conda(project: Project, file: str, target: str | None) -> str | None:
    declared = project.definitions.locks.get(file)
    if declared is None or project.read_conda_lock(file).format != "conda-lock":
        return None
    from noxlock.workflows.conda_lock import (  # noqa: PLC0415 - slow to import
        conda_staleness,
    )

    found = conda_staleness(conda_request(project.root, file, declared))
    if target is not None:
        found = {name: why for name, why in found.items() if name == target}
    return "; ".join(f"{name}: {why}" for name, why in found.items()) or None


def _source(project: Project, file: str) -> Path:
    declared = project.definitions.locks.get(file)
    if declared is None:
        return (project.root / file).parent / "pyproject.toml"
    return project.root / declared.sources[0]


def conda_request(
    root: Path, lock: str, definition: LockDefinition
) -> CondaLockRequest:
    """Return what is asked for by the definition of a conda lock."""
    from noxlock.workflows.conda_lock import (  # noqa: PLC0415 - slow to import
        CondaLockRequest,
    )

    return CondaLockRequest(
        root=root,
        lock=lock,
        sources=definition.sources,
        targets=definition.targets,
        virtual_packages=definition.virtual_packages,
        explicit=definition.explicit,
        exclude_newer=definition.exclude_newer,
    )

"""What a project itself asks for, before anything is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.errors import NoxlockError

if TYPE_CHECKING:
    from noxlock.model import Environment
    from noxlock.workflows.project import Project

__all__ = ["asked_of_conda"]


def asked_of_conda(
    project: Project, environment: Environment, target: str
) -> frozenset[str]:
    """Return the names in the sources of an environment's conda lock.

    Args:
        project: Its definitions say what the lock is from.
        environment: Of the project.
        target: `linux-64`, `linux-64-cuda`: selectors decide by its platform.

    Returns:
        Nothing where it has no conda lock, no definition says what that is from, or
        that cannot be read: they only help to tell suspects apart.
    """
    declared = project.definitions.locks.get(environment.conda or "")
    if declared is None:
        return frozenset()
    from noxlock.locks.environment_yml import (  # noqa: PLC0415 - where conda is used
        read_environments,
    )
    from noxlock.plan import parse_platform  # noqa: PLC0415 - likewise

    try:
        data = [(name, (project.root / name).read_bytes()) for name in declared.sources]
        wanted = read_environments(data, parse_platform(target).subdir)
    except (NoxlockError, OSError):
        return frozenset()
    conda = {spec.name for spec in wanted.conda}
    return frozenset(conda | {spec.name for spec in wanted.pip})

"""`noxlock check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from noxlock.cli.output import hint, report_error
from noxlock.cli.projects import open_project
from noxlock.errors import DefinitionError, LockError, NoxlockError

if TYPE_CHECKING:
    from noxlock.workflows.project import Project

__all__ = ["COMMAND"]

DEFAULT: Final = "poetry.lock"


def check(context: typer.Context) -> None:
    """Say whether each lock still belongs to its source.

    Nothing is solved and no index is asked. Exits 1 where one is stale, 2 where one
    cannot be read.
    """
    project = open_project(context.obj)
    status = 0
    for lock in _locks(project):
        try:
            if project.read_lock(lock).format != "poetry":
                typer.echo(f"{lock}: readable; its format does not say what it is from")
                continue
            stale = _staleness(project, lock)
        except NoxlockError as error:
            report_error(error)
            status = 2
            continue
        typer.echo(f"{lock}: stale: {stale}" if stale else f"{lock}: fresh")
        if stale:
            status = max(status, 1)
    if status == 1:
        hint("lock again with `nox -s lock`")
    if status:
        raise typer.Exit(status)


COMMAND = check


def _locks(project: Project) -> list[str]:
    """Return every lock that is declared, or that an environment is made from."""
    found = project.definitions
    used = {
        environment.pypi
        for environment in (
            *found.environments.values(),
            *(project.environment(wanted) for _, wanted in found.used()),
        )
    }
    locks = sorted({*found.locks, *used})
    if not locks and (project.root / DEFAULT).is_file():
        return [DEFAULT]
    if not locks:
        raise DefinitionError(
            "no lock is declared, and there is no poetry.lock",
            file=str(project.root),
            hint="`noxlock init` writes a first noxfile; -C names another folder",
        )
    return locks


def _staleness(project: Project, lock: str) -> str | None:
    stale = project.staleness(lock)
    source = (project.root / lock).parent / "pyproject.toml"
    if stale is None and not source.is_file():
        raise LockError(
            "there is no pyproject.toml beside it to compare with", file=lock
        )
    return stale

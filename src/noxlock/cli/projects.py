"""The project that a command is about: its definitions, its locks."""

from __future__ import annotations

import runpy
import sys
from contextlib import chdir, redirect_stdout
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, LockError

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import CondaLock, Definitions, Lock
    from noxlock.workflows.project import Project

__all__ = ["open_project", "read_lock"]

NOXFILE: Final = "noxfile.py"


def open_project(root: Path) -> Project:
    """Return the project at *root* as its noxfile, or `sessions/`, declares it.

    Raises:
        DefinitionError: The definitions are not valid.
    """
    from noxlock.workflows.project import Project  # noqa: PLC0415 - slow to import

    if (root / NOXFILE).is_file():
        return Project.open(root, _declared_by_noxfile(root))
    return Project.open(root)


def read_lock(path: Path) -> Lock | CondaLock:
    """Return what the lock at *path* says, of Python packages or of conda packages.

    Raises:
        LockError: It cannot be read, or is not what its format demands.
    """
    # Slow to import.
    from noxlock.locks import (  # noqa: PLC0415
        is_conda_lock,
        parse_conda_lock,
        parse_lock,
    )

    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"the lock cannot be read: {error.strerror}"
        raise LockError(what, file=str(path)) from error
    if is_conda_lock(str(path), data):
        return parse_conda_lock(str(path), data)

    def beside(name: str) -> bytes | None:
        try:
            return (path.parent / name).read_bytes()
        except OSError:
            return None

    return parse_lock(str(path), data, beside=beside)


def _declared_by_noxfile(root: Path) -> Definitions | None:
    """Run the noxfile, as nox does, and return what it declared through noxlock."""
    # stdout is for the command's data, whatever the noxfile prints.
    with chdir(root), redirect_stdout(sys.stderr):
        try:
            runpy.run_path(NOXFILE, run_name="noxfile")
        except Exception as error:
            raise DefinitionError(
                f"it cannot be loaded: {type(error).__name__}: {error}",
                file=str(root / NOXFILE),
            ) from error
    # The plugin is the noxfile's to import: a noxfile without noxlock declares nothing.
    plugin = sys.modules.get("noxlock.nox_plugin.noxfile")
    noxfile = plugin.Noxfile.current if plugin else None
    return noxfile.definitions if noxfile else None

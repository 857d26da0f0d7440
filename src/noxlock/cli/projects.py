"""The project that a command is about: its definitions, its locks."""

from __future__ import annotations

import ast
import os
import runpy
import sys
from contextlib import chdir, redirect_stdout
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, LockError

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import CondaLock, Definitions, Lock
    from noxlock.store.memo import Memo
    from noxlock.workflows.lock_files import LockFile
    from noxlock.workflows.project import Project

__all__ = ["open_project", "read_lock", "user_memo"]

NOXFILE: Final = "noxfile.py"
DEFINITIONS: Final = "sessions"
"""What `noxlock.load()` loads."""


def open_project(root: Path) -> Project:
    """Return the project at *root* as its noxfile, or `sessions/`, declares it.

    Raises:
        DefinitionError: The definitions are not valid.
    """
    from noxlock.workflows.project import Project  # noqa: PLC0415 - slow to import

    if (root / NOXFILE).is_file():
        return Project.open(root, _declared_by_noxfile(root), memo=user_memo())
    return Project.open(root, memo=user_memo())


def read_lock(
    path: Path,
) -> tuple[LockFile[CondaLock] | None, LockFile[Lock] | None]:
    """Return the lock at *path*, of conda packages or else of Python packages.

    Raises:
        LockError: It cannot be read.
    """
    from noxlock.locks import is_conda_lock  # noqa: PLC0415 - not for `--help`
    from noxlock.workflows.lock_files import (  # noqa: PLC0415 - likewise
        conda_lock_file,
        python_lock_file,
    )

    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"the lock cannot be read: {error.strerror}"
        raise LockError(what, file=str(path)) from error
    if is_conda_lock(str(path), data):
        return conda_lock_file(str(path), data), None
    return None, python_lock_file(str(path), data, path.parent)


def user_memo() -> Memo:
    """Return where what locks say is remembered for this user."""
    from noxlock.store import default_root  # noqa: PLC0415 - likewise
    from noxlock.store.memo import Memo  # noqa: PLC0415 - likewise

    return Memo(default_root(os.environ))


def _declared_by_noxfile(root: Path) -> Definitions | None:
    """Run the noxfile, as nox does, and return what it declared through noxlock.

    One that only loads a folder is not run: to import nox takes longer than to check.
    """
    folder = _loaded_folder((root / NOXFILE).read_bytes())
    if folder is not None:
        from noxlock.workflows.definition_files import (  # noqa: PLC0415 - likewise
            read_definitions,
        )

        return read_definitions(root, folder, others=())
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


def _loaded_folder(noxfile: bytes) -> str | None:
    """Return the folder of `noxlock.load`, where a noxfile does nothing besides."""
    try:
        statements = ast.parse(noxfile).body
    except (SyntaxError, ValueError):
        return None
    found = []
    for statement in statements:
        match statement:
            case ast.Expr(ast.Constant(str())):  # a docstring
                pass
            case ast.Import([ast.alias("noxlock", None)]):
                pass
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name("noxlock"), "load"), arguments, [])
            ):
                found.append(arguments)
            case _:
                return None
    match found:
        case [[]]:
            return DEFINITIONS
        case [[ast.Constant(str(folder))]]:
            return folder
        case _:
            return None

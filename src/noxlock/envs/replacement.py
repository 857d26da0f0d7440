"""Get an old environment out of the way of a new one, without waiting for it."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from noxlock.envs.receipts import NAME
from noxlock.envs.venv import CONDA_META
from noxlock.errors import EnvError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["making_room", "replacing", "take_over"]


@contextmanager
def replacing(prefix: Path) -> Iterator[Path | None]:
    """Have nothing at *prefix* meanwhile; what was there is deleted after the block.

    Yields where it is until then, beside the prefix; None: nothing was there.

    Deleting takes as long as making, so it goes on in a thread beside what the new
    environment is for; the process ends when that is done. Of a run that is killed the
    next one deletes the rest. Of a block that fails nothing stays at *prefix*.

    Raises:
        EnvError: What is there is no environment, or it cannot be moved.
    """
    try:
        aside = _set_aside(prefix)
    except OSError as error:
        raise EnvError(f"cannot remove {prefix}: {error}") from error
    try:
        yield aside
    except BaseException:
        shutil.rmtree(prefix, ignore_errors=True)
        raise
    finally:
        _delete_old(prefix)


@contextmanager
def making_room(prefix: Path) -> Iterator[Path]:
    """Yield a new folder beside *prefix* for what is in the way there.

    It is deleted after the block as `replacing` deletes, and of a block that fails
    nothing stays at *prefix* either.

    Raises:
        EnvError: It cannot be made.
    """
    aside = _beside(prefix)
    try:
        aside.mkdir()
    except OSError as error:
        raise EnvError(f"cannot write beside {prefix}: {error}") from error
    try:
        yield aside
    except BaseException:
        shutil.rmtree(prefix, ignore_errors=True)
        raise
    finally:
        _delete_old(prefix)


def take_over(old: Path, prefix: Path, inside: Path) -> bool:
    """Move the folder *inside* the environment *old* to that of *prefix*, if it can be.

    A folder that is reached by links, or is someone else's, stays where it is, and so
    does anything of an environment of conda packages, and on Windows what may be open.

    Args:
        old: An environment that has been set aside.
        prefix: A new one.
        inside: The folder, relative to both; in the new one it is there and empty.
    """
    if os.name == "nt" or (old / CONDA_META).is_dir():
        return False
    try:
        folder = old
        for part in inside.parts:
            folder /= part
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                return False
        folder.rename(prefix / inside)
    except OSError:
        return False
    return True


def _set_aside(prefix: Path) -> Path | None:
    if prefix.is_symlink() or (prefix.exists() and not prefix.is_dir()):
        raise EnvError(f"{prefix} is in the way: it is no folder")
    if not prefix.exists():
        return None
    known = (
        (prefix / "pyvenv.cfg").is_file()
        or (prefix / CONDA_META).is_dir()
        or (prefix / NAME).is_file()
    )
    if any(prefix.iterdir()) and not known:
        raise EnvError(
            f"{prefix} is in the way: it is no environment",
            hint="move it elsewhere, or remove it",
        )
    return prefix.rename(_beside(prefix))


def _beside(prefix: Path) -> Path:
    return prefix.with_name(f".{prefix.name}.removed-{uuid4().hex[:8]}")


def _delete_old(prefix: Path) -> None:
    start = f".{prefix.name}.removed-"
    old = [path for path in prefix.parent.iterdir() if path.name.startswith(start)]
    full = [path for path in old if not _removed(path)]
    if full:
        threading.Thread(target=_delete, args=(full,), name="deleting").start()


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _delete(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)

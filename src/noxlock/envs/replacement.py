"""Get an old environment out of the way of a new one, without waiting for it."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from noxlock.envs.venv import CONDA_META
from noxlock.errors import EnvError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(prefix: Path) -> Iterator[None]:
    """Have nothing at *prefix* meanwhile; what was there is deleted after the block.

    Deleting takes as long as making, so it goes on in a thread beside what the new
    environment is for; the process ends when that is done. Of a run that is killed the
    next one deletes the rest. Of a block that fails nothing stays at *prefix*.

    Raises:
        EnvError: What is there is no environment, or it cannot be moved.
    """
    try:
        _set_aside(prefix)
    except OSError as error:
        raise EnvError(f"cannot remove {prefix}: {error}") from error
    try:
        yield
    except BaseException:
        shutil.rmtree(prefix, ignore_errors=True)
        raise
    finally:
        old = _old(prefix)
        if old:
            threading.Thread(target=_delete, args=(old,), name="deleting").start()


def _set_aside(prefix: Path) -> None:
    if prefix.is_symlink() or (prefix.exists() and not prefix.is_dir()):
        raise EnvError(f"{prefix} is in the way: it is no folder")
    if not prefix.exists():
        return
    known = (prefix / "pyvenv.cfg").is_file() or (prefix / CONDA_META).is_dir()
    if any(prefix.iterdir()) and not known:
        raise EnvError(
            f"{prefix} is in the way: it is no environment",
            hint="move it elsewhere, or remove it",
        )
    prefix.rename(prefix.with_name(f".{prefix.name}.removed-{uuid4().hex[:8]}"))


def _old(prefix: Path) -> list[Path]:
    start = f".{prefix.name}.removed-"
    beside = prefix.parent.iterdir()
    return [path for path in beside if path.name.startswith(start)]


def _delete(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)

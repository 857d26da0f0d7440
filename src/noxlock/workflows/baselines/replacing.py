"""Put a new folder in the place of an old one, whole or not at all."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = [
    "finish",
    "heal",
    "is_linked",
    "keep_others",
    "make",
    "new_folder",
    "remove",
    "replace",
    "walk",
]

_IGNORE: Final = ".gitignore"


def new_folder(path: Path) -> Path:
    """Return where what will be at *path* is made: beside it."""
    return path.with_name(f".{path.name}.noxlock-new")


def _old_folder(path: Path) -> Path:
    return path.with_name(f".{path.name}.noxlock-old")


def heal(path: Path) -> None:
    """Put the old folder back where a run was killed between two renames."""
    old = _old_folder(path)
    if old.is_dir() and not old.is_symlink() and not os.path.lexists(path):
        old.rename(path)


def make(new: Path) -> None:
    """Make an empty folder that git does not see, should a killed run leave it.

    Raises:
        OSError: It cannot be made.
    """
    remove(new)
    new.mkdir(parents=True)
    _hide(new)


def finish(new: Path) -> None:
    """Let git see what `make` made."""
    (new / _IGNORE).unlink()


def _hide(folder: Path) -> None:
    (folder / _IGNORE).write_text("*\n")


def replace(path: Path) -> None:
    """Put `new_folder` at *path*; what was there is gone.

    Raises:
        OSError: It cannot be; what was there still is.
    """
    new, old = new_folder(path), _old_folder(path)
    remove(old)
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        heal(path)
        raise
    if old.exists():
        _hide(old)
    remove(old)


def remove(path: Path) -> None:
    """Remove what is at *path*, a link itself and not what it leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def walk(folder: Path) -> Iterator[str]:
    """Yield each file and link beneath *folder*, by its name in it; enter no link."""
    for base, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(base, name))]  # noqa: PTH114, PTH118 - many files
        for name in sorted([*files, *links]):
            yield os.path.relpath(os.path.join(base, name), folder).replace(os.sep, "/")  # noqa: PTH118 - many files


def is_linked(base: Path, name: str) -> bool:
    """Return whether *name* beneath *base* is a link, or lies behind one."""
    path = base
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            return True
    return False


def keep_others(old: Path, new: Path, is_own: Callable[[str], bool]) -> None:
    """Copy from *old* into *new* what is not noxlock's own and has a place there.

    Links are copied as links, and nothing is written through one: *new* has none yet.
    """
    for name in walk(old):
        target = new / name
        if is_own(name) or os.path.lexists(target) or _is_below_file(target, new):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old / name, target, follow_symlinks=False)


def _is_below_file(target: Path, new: Path) -> bool:
    return any(
        os.path.lexists(parent) and (parent.is_symlink() or not parent.is_dir())
        for parent in target.parents
        if parent.is_relative_to(new)
    )

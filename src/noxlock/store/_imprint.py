"""What an environment was when it was made, so that a fresh one can be that again.

An installer of packages that are not noxlock's own, as rattler is for conda, rewrites
files and makes others: of those nothing tells how they have to be but they themselves.
So they are hashed once the environment is made, before anyone can alter it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, TypeAlias

from blake3 import blake3
from msgspec import Struct

from noxlock.store._checking import blake3_of
from noxlock.store._crew import run_crew
from noxlock.store._groups import refuse
from noxlock.store._place import LinkMode
from noxlock.store._recycling import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.store.wheels import Recycled

__all__ = ["Imprint", "restore", "take"]

_File: TypeAlias = tuple[str, str, int, int, bool, bool]
_Group: TypeAlias = tuple[int, str, str | None, list[_File]]
"""As `_worker` has them."""
_Seen: TypeAlias = dict[str, dict[str, os.DirEntry[str]]]
"""What is in each folder, by the folder's path relative to the prefix, with a `/` at
the end, and by name."""


class Imprint(Struct, frozen=True, array_like=True):
    """All that is in an environment at one prefix."""

    entries: list[tuple[str, str]]
    """Folder and file name of each entry of the store that has files in it."""
    linked: list[_Group]
    """The files that it shares with the store."""
    own: list[_Group]
    """Those that nobody else has, by folder: all folders, were it with none."""
    looks: list[tuple[str, int, int]]
    """Of each of its own its path, its mode, and its mtime in nanoseconds."""
    note: bytes = b""
    """Whatever belongs to it."""

    @property
    def files(self) -> dict[str, tuple[int, int]]:
        """Size and mtime in nanoseconds by path; not of bytecode."""
        times = {path: mtime for path, _, mtime in self.looks}
        return {
            target + name: (size, times.get(target + name, mtime * 1_000_000_000))
            for _, _, target, files in (*self.linked, *self.own)
            if target is not None and "/__pycache__/" not in f"/{target}"
            for name, _, size, mtime, _, _ in files
        }


def take(
    prefix: Path, entries: Sequence[tuple[str, str]], groups: Sequence[_Group]
) -> Imprint:
    """Return the imprint of the environment at *prefix*, as it is now.

    Args:
        prefix: Where it is; its files are hard links of the store, but for its own.
        entries: Folder and file name of each entry that it was made from.
        groups: What the entries hold, and where that went if it is there.

    Raises:
        OSError: Something cannot be read.
    """
    seen: _Seen = {}
    _look(str(prefix), "", seen)
    linked = [found for group in groups if (found := _found(group, seen))]
    own: list[_Group] = []
    looks: list[tuple[str, int, int]] = []
    for folder, there in seen.items():
        files = []
        for name, entry in there.items():
            status = entry.stat(follow_symlinks=False)
            files.append(_file(entry, status))
            looks.append((folder + name, status.st_mode, status.st_mtime_ns))
        own.append((len(entries), f"{prefix}/{folder}", folder, files))
    whole = [*entries, (str(prefix), "what was installed")]
    return Imprint(entries=whole, linked=linked, own=own, looks=looks)


def restore(imprint: Imprint, prefix: Path, recycled: Recycled, *, quick: bool) -> bool:
    """Make of what is at *prefix* what it was once; what else is there goes.

    Args:
        imprint: What it was.
        prefix: The environment, which others may have altered since.
        recycled: All of it, and where to goes what is in the way.
        quick: Whether sizes and times are enough of a check.

    Returns:
        Whether it is: False where something of the environment's own is not as it was,
        or a folder of the store is gone.

    Raises:
        StoreError: A stored file is damaged.
    """
    own = len(imprint.entries) - 1
    parts = [*imprint.linked, *imprint.own]
    try:
        groups, older = prepare(prefix, recycled, parts, linked=True, own=own)
        damaged = run_crew(
            LinkMode.HARDLINK, groups, quick=quick, prefix=prefix, older=older
        )
        # From the store's own nothing can be made again but from the store.
        refuse([one for one in damaged if one[0] != own], imprint.entries)
        return not damaged and all(_looks(prefix, *look) for look in imprint.looks)
    except OSError:
        return False


def _look(path: str, folder: str, seen: _Seen) -> None:
    there, below = {}, []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            else:
                there[entry.name] = entry
    seen[folder] = there
    for name in below:
        _look(f"{path}/{name}", f"{folder}{name}/", seen)


def _found(group: _Group, seen: _Seen) -> _Group | None:
    """Return *group* with those files that are links of the store; takes them out."""
    number, source, target, files = group
    there = seen.get(target) if target is not None else None
    if not there:
        return None
    with os.scandir(source) as entries:
        inodes = {entry.name: entry.inode() for entry in entries}
    shared = [
        file
        for file in files
        if (entry := there.get(file[0])) and entry.inode() == inodes.get(file[0])
    ]
    for file in shared:
        del there[file[0]]
    return (number, source, target, shared) if shared else None


def _file(entry: os.DirEntry[str], status: os.stat_result) -> _File:
    name, mtime = entry.name, int(status.st_mtime)
    if entry.is_symlink():
        target = os.fsencode(os.readlink(entry.path))  # noqa: PTH115
        return name, blake3(target).hexdigest(), len(target), mtime, False, True
    executable = bool(status.st_mode & stat.S_IXUSR)
    return name, blake3_of(entry.path), status.st_size, mtime, executable, False


def _looks(prefix: Path, path: str, mode: int, mtime: int) -> bool:
    """Return whether *path* has that mode; its time is put right."""
    whole = f"{prefix}/{path}"
    status = os.lstat(whole)
    if status.st_mtime_ns != mtime:
        os.utime(whole, ns=(mtime, mtime), follow_symlinks=False)
    return status.st_mode == mode

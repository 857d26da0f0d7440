"""What may stay of an older environment, file by file; read in two ways, see `_worker`.

A link that is there already need not be made, nor its folder, nor taken away first: of
a fresh environment in the place of an older one that is more than half of the work, and
on ext4 more yet, where a folder takes 20 us to make, or 700 when many inodes were freed
in the last seconds. What stays is checked as what is linked is: every byte of it.
"""

from __future__ import annotations

import os
import stat
from itertools import count

from noxlock.store._checking import defect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, TypeAlias

    from noxlock.store._checking import File

    Older: TypeAlias = tuple[str, str, bool, dict[str, list[str]], int]
    """The folder of the prefix that is an older environment's, with a `/` at the end;
    the folder to which goes what is in the way; whether its files were linked; by
    folder the names of those folders in it that stay; and the number of the entry that
    is the environment itself, or -1."""

__all__ = ["Remains", "out_of_the_way"]

_numbers = count()


class Remains:
    """A folder of an older environment, while it is gone through.

    Args:
        target: The folder, relative to the prefix, with a `/` at the end.
        path: The same, as this process reaches it.
        older: The environment that it is of.
    """

    def __init__(self, target: str, path: str, older: Older) -> None:
        self._path = path
        _, self._aside, self._linked, folders, self.own = older
        with os.scandir(path or ".") as found:
            self._there = {entry.name: entry.inode() for entry in found}
        for name in folders.get(target, ()):
            self._there.pop(name, None)
        self._stored: dict[str, int] = {}

    @classmethod
    def of(cls, older: Older, base: str, target: str | None) -> Self | None:
        """Return what is at *target* below *base*; None: nothing can be there."""
        if target is None or not target.startswith(older[0]):
            return None
        return cls(target, base + target, older)

    def compare(self, source: str, files: list[File]) -> None:
        """Take note of the inodes of *files* in the folder *source* of the store."""
        self._stored = {}
        if files and self._linked and self._there:
            with os.scandir(source) as found:
                self._stored = {entry.name: entry.inode() for entry in found}

    def keep(self, file: File, *, quick: bool) -> bool:
        """Return whether *file* is there as it would be placed; else it is not there.

        It is read by the environment's own path: an inode's number says that it has the
        mode of the stored file, and not, on every file system, that it is that file.
        """
        name = file[0]
        there = self._there.pop(name, None)
        if there is None:
            return False
        path = self._path + name
        same = there == self._stored.get(name) if self._linked else _alike(path, file)
        if same:
            try:
                if defect(path, file, quick=quick) is None:
                    return True
            except OSError:
                pass  # to be made anew, then
        out_of_the_way(path, self._aside)
        return False

    def clear(self, wanted: set[str]) -> None:
        """Take away what is none of the *wanted* names."""
        for name in self._there.keys() - wanted:
            out_of_the_way(self._path + name, self._aside)
            del self._there[name]


def _alike(path: str, file: File) -> bool:
    """Return whether a copy or a clone looks like what it would be made."""
    status = os.lstat(path)
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_nlink == 1
        and status.st_mtime_ns == file[3] * 1_000_000_000
        and bool(status.st_mode & stat.S_IXUSR) == file[4]
        and bool(status.st_mode & stat.S_IWUSR)
    )


def out_of_the_way(path: str, aside: str) -> None:
    """Have nothing at *path*: a file is removed, a folder goes *aside* as it is."""
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        os.rename(path, f"{aside}/{os.getpid()}-{next(_numbers)}")  # noqa: PTH104

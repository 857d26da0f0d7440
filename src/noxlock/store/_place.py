"""Put a stored file into an environment: reflink, else hard link, else copy."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

from noxlock.errors import StoreError
from noxlock.store._manifest import MTIME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LinkMode", "Placer", "place"]

_REFUSED = {
    errno.EACCES,
    errno.EINVAL,
    errno.EMLINK,
    errno.ENOSYS,
    errno.ENOTTY,
    errno.EOPNOTSUPP,
    errno.EPERM,
    errno.EXDEV,
}
"""How file systems say that they cannot clone or link, or not from there to here."""


class LinkMode(StrEnum):
    """How files come out of the store."""

    AUTO = "auto"
    """The first of the others that works."""
    CLONE = "clone"
    """Shares the blocks until one side is written."""
    HARDLINK = "hardlink"
    """Shares the file: read-only, so that an edit does not reach the store."""
    COPY = "copy"


@dataclass(slots=True)
class Placer:
    """Places files; finds out once a pair of file systems what works between them."""

    mode: LinkMode
    _known: dict[tuple[int, int], LinkMode] = field(default_factory=dict)

    def between(self, store: Path, prefix: Path) -> LinkMode:
        """Return the mode that works from *store* to *prefix*, both existing folders.

        Raises:
            StoreError: The mode that was asked for does not work here.
        """
        pair = (store.stat().st_dev, prefix.stat().st_dev)
        if pair not in self._known:
            self._known[pair] = self._probe(store, prefix)
        return self._known[pair]

    def _probe(self, store: Path, prefix: Path) -> LinkMode:
        source = next(path for path in store.iterdir() if path.is_file())
        trial = prefix / f".noxlock-{uuid4().hex}"
        wanted = [self.mode]
        if self.mode is LinkMode.AUTO:
            wanted = [LinkMode.CLONE, LinkMode.HARDLINK, LinkMode.COPY]
        for mode in wanted:
            try:
                _PLACE[mode](str(source), str(trial), False)  # noqa: FBT003
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
            else:
                return mode
            finally:
                trial.unlink(missing_ok=True)
        raise StoreError(
            f"the store cannot {self.mode} to `{prefix}`",
            file=str(store),
            hint="set NOXLOCK_LINK_MODE to `auto`, or keep both on one file system",
        )


def place(mode: LinkMode, source: str, target: str, executable: bool) -> None:  # noqa: FBT001
    """Place one file; what is there already is replaced, never written into."""
    try:
        _PLACE[mode](source, target, executable)
    except FileExistsError:
        _clear(target)
        _PLACE[mode](source, target, executable)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        _copy(source, target, executable)


def _clear(target: str) -> None:
    """Take away a file that another package put there, and its bytecode with it."""
    os.unlink(target)  # noqa: PTH108
    folder, name = os.path.split(target)
    if name.endswith(".py"):
        with suppress(FileNotFoundError), os.scandir(f"{folder}/__pycache__") as found:
            for entry in found:
                if entry.name.startswith(f"{name[:-3]}."):
                    os.unlink(entry.path)  # noqa: PTH108


def _link(source: str, target: str, executable: bool) -> None:  # noqa: ARG001, FBT001
    os.link(source, target)


def _create(target: str, executable: bool) -> int:  # noqa: FBT001
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(target, flags, 0o777 if executable else 0o666)


def _copy(source: str, target: str, executable: bool) -> None:  # noqa: FBT001
    with (
        open(source, "rb") as reader,  # noqa: PTH123
        open(_create(target, executable), "wb") as writer,
    ):
        shutil.copyfileobj(reader, writer, 1 << 20)
    os.utime(target, (MTIME, MTIME))


if sys.platform == "linux":
    import fcntl

    _FICLONE = 0x40049409
    """`FICLONE` of linux/fs.h."""

    def _clone(source: str, target: str, executable: bool) -> None:  # noqa: FBT001
        reader = os.open(source, os.O_RDONLY)
        try:
            writer = _create(target, executable)
            try:
                fcntl.ioctl(writer, _FICLONE, reader)
            except OSError:
                os.unlink(target)  # noqa: PTH108
                raise
            finally:
                os.close(writer)
        finally:
            os.close(reader)
        os.utime(target, (MTIME, MTIME))

else:  # pragma: no cover

    def _clone(source: str, target: str, executable: bool) -> None:  # noqa: ARG001, FBT001
        raise OSError(errno.EOPNOTSUPP, "no clones on this platform", target)


_PLACE: dict[LinkMode, Callable[[str, str, bool], None]] = {
    LinkMode.CLONE: _clone,
    LinkMode.HARDLINK: _link,
    LinkMode.COPY: _copy,
}

"""One file out of the store; read by two ways of running, see `_worker`."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.store._checking import File

__all__ = ["PUT", "place", "placed"]

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def place(mode: str, source: str, target: str, file: File) -> None:
    """Place one file; what is there already is replaced, never written into.

    Raises:
        OSError: It cannot be placed.
    """
    placed(PUT[mode], source, target, file)


def placed(
    put: Callable[[str, str, File], None], source: str, target: str, file: File
) -> None:
    try:
        put(source, target, file)
    except FileExistsError:
        _clear(target)
        put(source, target, file)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        _copy(source, target, file)


def _clear(target: str) -> None:
    """Take away a file that another package put there, and its bytecode with it."""
    os.unlink(target)  # noqa: PTH108
    folder, name = os.path.split(target)
    if name.endswith(".py"):
        with suppress(FileNotFoundError), os.scandir(f"{folder}/__pycache__") as found:
            for entry in found:
                if entry.name.startswith(f"{name[:-3]}."):
                    os.unlink(entry.path)  # noqa: PTH108


def _link(source: str, target: str, file: File) -> None:  # noqa: ARG001
    os.link(source, target)


def _create(target: str, file: File) -> int:
    return os.open(target, _CREATE, 0o777 if file[4] else 0o666)


def _copy(source: str, target: str, file: File) -> None:
    with (
        open(source, "rb", buffering=0) as reader,  # noqa: PTH123
        open(_create(target, file), "wb", buffering=0) as writer,
    ):
        while block := reader.read(1 << 20):
            writer.write(block)
    os.utime(target, (file[3], file[3]))


if sys.platform == "linux":
    import fcntl

    _FICLONE = 0x40049409
    """`FICLONE` of linux/fs.h."""

    def _clone(source: str, target: str, file: File) -> None:
        reader = os.open(source, os.O_RDONLY)
        try:
            writer = _create(target, file)
            try:
                fcntl.ioctl(writer, _FICLONE, reader)
            except OSError:
                os.unlink(target)  # noqa: PTH108
                raise
            finally:
                os.close(writer)
        finally:
            os.close(reader)
        os.utime(target, (file[3], file[3]))

else:  # pragma: no cover

    def _clone(source: str, target: str, file: File) -> None:  # noqa: ARG001
        raise OSError(errno.EOPNOTSUPP, "no clones on this platform", target)


PUT: dict[str, Callable[[str, str, File], None]] = {
    "clone": _clone,
    "hardlink": _link,
    "copy": _copy,
}

"""Check stored files and place them; runs alone too, as a process of its own.

Of a fresh environment this is what takes time, so it is shared out (see `_crew`). Per
file it costs four system calls to read, one to link; Python's own part of that was
measured at a third, which is why a folder's files are gone through in one loop, and why
files are named relative to their folder. A job comes with marshal on stdin, from the
same interpreter, and its result goes to stdout: run with `-I -S`, the process works
15 ms after it was started, of which the interpreter itself takes 11.
"""

from __future__ import annotations

import errno
import hashlib
import marshal
import os
import stat
import sys
from binascii import b2a_base64
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    File: TypeAlias = tuple[str, str, int, int, bool, bool]
    """Name in its folder, digest as RECORD writes it, size, mtime in seconds, whether
    it is executable, whether it is a symbolic link: its digest and size are then those
    of its target's name, and it is checked, never placed."""
    Group: TypeAlias = tuple[int, str, str | None, list[File]]
    """Number of an entry, a folder of it and one of the environment, both with a `/`
    at the end, and what goes from one to the other; None: it is only checked."""
    Job: TypeAlias = tuple[str, bool, list[Group]]
    """How to place: a `LinkMode`, never `auto`; whether to look at sizes and times
    only; and what."""
    Result: TypeAlias = list[tuple[int, str, str]]
    """Of each damaged file the number of its entry, its path, and what is wrong."""

__all__ = ["defect", "place", "work"]

_BLOCK = 1 << 18
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _always() -> bool:
    return True


def work(job: Job, *, alive: Callable[[], bool] = _always) -> Result:
    """Check every file, and place it at once; what is damaged is not placed.

    Args:
        job: What to do.
        alive: Asked before each folder whether to go on.

    Raises:
        OSError: A file cannot be placed.
    """
    mode, quick, groups = job
    put = _PLACE[mode]
    damage: Result = []
    for number, source, target, files in groups:
        if not alive():
            break
        if target is not None:
            os.makedirs(target or ".", exist_ok=True)  # noqa: PTH103
        for file in files:
            path = source + file[0]
            try:
                reason = defect(path, file, quick=quick)
            except OSError as error:
                reason = error.strerror or str(error)
            if reason:
                damage.append((number, path, reason))
            elif target is not None:
                _placed(put, path, target + file[0], file)
    return damage


def defect(path: str, file: File, *, quick: bool) -> str | None:
    """Return what is wrong with the stored file at *path*, or None.

    Raises:
        OSError: It cannot be read.
    """
    _, digest, size, mtime, _, link = file
    if link:
        name = os.fsencode(os.readlink(path))  # noqa: PTH115
        return None if _same(hashlib.sha256(name), digest) else "it links elsewhere"
    if quick:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116
        same = status.st_size == size and int(status.st_mtime) == mtime
        return None if same else "size or time changed"
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if status.st_size != size or not stat.S_ISREG(status.st_mode):
            return "size changed"
        if size <= _BLOCK:
            found = hashlib.sha256(os.read(handle, size + 1))
        else:
            found = _hashed(handle)
        if not _same(found, digest):
            return "content changed"
        if status.st_mtime_ns != mtime * 1_000_000_000:
            # A copied store: same bytes, other times. Python then compiles anew.
            with suppress(OSError):
                os.utime(path, (mtime, mtime))
        return None
    finally:
        os.close(handle)


def _hashed(handle: int) -> hashlib._Hash:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BLOCK))
    with open(handle, "rb", buffering=0, closefd=False) as stream:
        while length := stream.readinto(buffer):
            digest.update(buffer[:length])
    return digest


def _same(found: hashlib._Hash, digest: str) -> bool:
    text = b2a_base64(found.digest(), newline=False).translate(_URL_SAFE)
    return text[:43].decode("ascii") == digest


def place(mode: str, source: str, target: str, file: File) -> None:
    """Place one file; what is there already is replaced, never written into.

    Raises:
        OSError: It cannot be placed.
    """
    _placed(_PLACE[mode], source, target, file)


def _placed(
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


_PLACE: dict[str, Callable[[str, str, File], None]] = {
    "clone": _clone,
    "hardlink": _link,
    "copy": _copy,
}


def main() -> None:
    """Read a job, do it, say what came of it; the argument is the parent's number."""
    job = marshal.load(sys.stdin.buffer)  # noqa: S302 - from `_crew`
    parent = int(sys.argv[1])
    # Paths of targets are relative: what the working directory was is where they
    # belong, even if it has been renamed, and replaced, since the parent was killed.
    try:
        result: object = work(job, alive=lambda: os.getppid() == parent)
    except OSError as error:
        name = error.filename2 or error.filename
        result = (error.errno or 0, error.strerror or str(error), str(name or ""))
    marshal.dump(result, sys.stdout.buffer)  # type: ignore[arg-type]


if __name__ == "__main__":  # pragma: no cover # in a process of its own
    main()

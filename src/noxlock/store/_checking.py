"""What is wrong with a stored file; read by two ways of running, see `_worker`.

Half of the time of linking was hashing with SHA-256, on a processor with instructions
for it; those without, such as most of Intel's for servers before 2020, take three to
four times as long. BLAKE3, a cryptographic hash as well, takes a third of that time: an
entry has it of each file, taken from the bytes whose SHA-256 was checked.
"""

from __future__ import annotations

import os

from blake3 import blake3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    File: TypeAlias = tuple[str, str, int, int, bool, bool]
    """Name in its folder, BLAKE3 in hexadecimal, size, mtime in seconds, whether it is
    executable, whether it is a symbolic link. Digest and size of a link, which is
    checked and never placed, are those of its target's name."""

__all__ = ["blake3_of", "defect", "put_times_right"]

_BLOCK = 1 << 18
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# A pipe in a file's place must not be waited for.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _NONBLOCK | getattr(os, "O_BINARY", 0)


def put_times_right(source: str, files: list[File]) -> None:
    """Give the files of a copied store their times, else Python compiles them anew.

    A copy gives all of them its own: to look at the first one is enough.
    """
    right = True
    for name, _, _, mtime, _, link in files:
        if link:
            continue
        try:
            time = os.stat(source + name, follow_symlinks=False).st_mtime_ns  # noqa: PTH116
            if time != mtime * 1_000_000_000:
                right = False
                os.utime(source + name, (mtime, mtime), follow_symlinks=False)
        except OSError:
            pass  # it is damaged, which is found next, or the store is only read
        if right:
            return


def defect(path: str, file: File, *, quick: bool) -> str | None:
    """Return what is wrong with the stored file at *path*, or None.

    Args:
        path: Where it is.
        file: What it was when it was stored.
        quick: Whether to look at its size and time only.

    Raises:
        OSError: It cannot be read.
    """
    _, digest, size, mtime, _, link = file
    if link:
        name = os.fsencode(os.readlink(path))  # noqa: PTH115
        same = blake3(name).hexdigest() == digest
        return None if same else "it links elsewhere"
    if quick:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116
        same = status.st_size == size and int(status.st_mtime) == mtime
        return None if same else "size or time changed"
    handle = os.open(path, _READ)
    try:
        if size < _BLOCK:
            data = os.read(handle, size + 1)
            if len(data) != size:
                return "size changed"
            found = blake3(data).hexdigest()
        else:
            if os.fstat(handle).st_size != size:
                return "size changed"
            found = _streamed(handle)
        return None if found == digest else "content changed"
    finally:
        os.close(handle)


def blake3_of(path: str) -> str:
    """Return the BLAKE3 of the file at *path*, in hexadecimal.

    Raises:
        OSError: It cannot be read, or is a link.
    """
    handle = os.open(path, _READ)
    try:
        return _streamed(handle)
    finally:
        os.close(handle)


def _streamed(handle: int) -> str:
    digest = blake3()
    for block in _blocks(handle):
        digest.update(block)
    return digest.hexdigest()


def _blocks(handle: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_BLOCK))
    with open(handle, "rb", buffering=0, closefd=False) as stream:
        while length := stream.readinto(buffer):
            yield buffer[:length]

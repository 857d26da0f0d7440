"""What is wrong with a stored file; read by two ways of running, see `_worker`.

Half of the time of linking was hashing. A file whose SHA-256 was right is hashed again,
from the same bytes, with BLAKE3, a cryptographic hash as well; the next check is by
that (see `Recipe`). Measured on 13,000 files of 640 MB, on a processor with
instructions for SHA-256: 0.36 s of 0.51 become 0.13; those without, such as most of
Intel's for servers before 2020, take three to four times as long for SHA-256.
"""

from __future__ import annotations

import hashlib
import os
from binascii import b2a_base64

from blake3 import blake3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    File: TypeAlias = tuple[str, str, int, int, bool, bool]
    """Name in its folder, digest, size, mtime in seconds, whether it is executable,
    whether it is a symbolic link. A digest is SHA-256 as RECORD writes it, or BLAKE3 in
    hexadecimal. Digest and size of a link, which is checked and never placed, are those
    of its target's name."""

__all__ = ["defect", "put_times_right"]

_BLOCK = 1 << 18
_BLAKE3 = 64
"""Characters of a BLAKE3 digest; a SHA-256 has 43."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# A pipe in a file's place must not be waited for.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _NONBLOCK | getattr(os, "O_BINARY", 0)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


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


def defect(
    path: str, file: File, marks: list[str] | None = None, *, quick: bool
) -> str | None:
    """Return what is wrong with the stored file at *path*, or None.

    Args:
        path: Where it is.
        file: What it was when it was stored.
        marks: Gets its BLAKE3, where the file was known by another digest.
        quick: Whether to look at its size and time only.

    Raises:
        OSError: It cannot be read.
    """
    _, digest, size, mtime, _, link = file
    if link:
        name = os.fsencode(os.readlink(path))  # noqa: PTH115
        return None if _same(name, digest, marks) else "it links elsewhere"
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
            return None if _same(data, digest, marks) else "content changed"
        if os.fstat(handle).st_size != size:
            return "size changed"
        same = _same_stream(_blocks(handle), digest, marks)
        return None if same else "content changed"
    finally:
        os.close(handle)


def _same(data: bytes, digest: str, marks: list[str] | None) -> bool:
    if len(digest) == _BLAKE3:
        return blake3(data).hexdigest() == digest
    if marks is not None:
        marks.append(blake3(data).hexdigest())
    return _text(hashlib.sha256(data).digest()) == digest


def _same_stream(
    blocks: Iterable[memoryview], digest: str, marks: list[str] | None
) -> bool:
    fast, slow = blake3(), hashlib.sha256()
    known = len(digest) == _BLAKE3
    for block in blocks:
        fast.update(block)
        if not known:
            slow.update(block)
    if known:
        return fast.hexdigest() == digest
    if marks is not None:
        marks.append(fast.hexdigest())
    return _text(slow.digest()) == digest


def _blocks(handle: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_BLOCK))
    with open(handle, "rb", buffering=0, closefd=False) as stream:
        while length := stream.readinto(buffer):
            yield buffer[:length]


def _text(digest: bytes) -> str:
    text = b2a_base64(digest, newline=False).translate(_URL_SAFE)
    return text[:43].decode("ascii")

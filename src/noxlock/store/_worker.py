"""Check stored files and place them; runs alone too, as a process of its own.

Of a fresh environment this is what takes time, so it is shared out (see `_crew`). Per
file it costs three system calls to read, one to link; Python's own part of that was
measured at a third, which is why a folder's files are gone through in one loop, and why
files are named relative to their folder. A job comes with marshal on stdin, from the
same interpreter, and its result goes to stdout: run with `-I -S`, the process works
16 ms after it was started, of which the interpreter itself takes 11.

Half of the rest was hashing. A file whose SHA-256 was right is hashed again, from the
same bytes, with BLAKE3, a cryptographic hash as well; the next check is by that (see
`Recipe`). Measured on 13,000 files of 640 MB, on a processor with instructions for
SHA-256: 0.36 s of 0.51 become 0.13; those without, such as most of Intel's for servers
before 2020, take three to four times as long for SHA-256.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import marshal
import os
import sys
from binascii import b2a_base64
from contextlib import suppress

if __name__ == "__main__":  # pragma: no cover # in a process of its own
    sys.path.append(sys.argv[2])

from blake3 import blake3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    File: TypeAlias = tuple[str, str, int, int, bool, bool]
    """Name in its folder, digest, size, mtime in seconds, whether it is executable,
    whether it is a symbolic link. A digest is SHA-256 as RECORD writes it, or BLAKE3 in
    hexadecimal. Digest and size of a link, which is checked and never placed, are those
    of its target's name."""
    Group: TypeAlias = tuple[int, str, str | None, list[File]]
    """Number of an entry, a folder of it and one of the environment, both with a `/`
    at the end, and what goes from one to the other; None: it is only checked."""
    Job: TypeAlias = tuple[str, bool, str, list[Group], list[list[int]]]
    """How to place: a `LinkMode`, never `auto`; whether to look at sizes and times
    only; what comes before the folders of the environment; the groups; and the chunks
    of the work, each the numbers of its groups."""
    Damage: TypeAlias = list[tuple[int, str, str]]
    """Of each damaged file the number of its entry, its path, and what is wrong."""
    Marks: TypeAlias = dict[int, list[str]]
    """By the number of a group, the BLAKE3 of its files, where it is new."""

__all__ = ["defect", "place", "work"]

_BLOCK = 1 << 18
_BLAKE3 = 64
"""Characters of a BLAKE3 digest; a SHA-256 has 43."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# A pipe in a file's place must not be waited for.
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _always() -> bool:
    return True


def work(
    job: Job, chunks: Iterable[int], *, alive: Callable[[], bool] = _always
) -> tuple[Damage, Marks]:
    """Check every file, and place it at once; what is damaged is not placed.

    Args:
        job: What to do.
        chunks: The numbers of the chunks to do.
        alive: Asked before each folder whether to go on.

    Raises:
        OSError: A file cannot be placed.
    """
    mode, quick, base, groups, divided = job
    put = _PLACE[mode]
    damage: Damage = []
    marks: Marks = {}
    for chunk in chunks:
        for index in divided[chunk]:
            if not alive():
                return damage, marks
            target = groups[index][2]
            if target is not None:
                target = base + target
                _make_folder(target or ".")
            found = _folder(groups[index], target, put, damage, quick=quick)
            if found:
                marks[index] = found
    return damage, marks


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)  # noqa: PTH102 - a single call where its parent is there
    except OSError:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103


def _folder(
    group: Group,
    target: str | None,
    put: Callable[[str, str, File], None],
    damage: Damage,
    *,
    quick: bool,
) -> list[str]:
    """Check and place the files of one folder; returns their BLAKE3 if it is new."""
    number, source, _, files = group
    marks: list[str] = []
    if not quick:
        _put_times_right(source, files)
    for file in files:
        path = source + file[0]
        try:
            reason = defect(path, file, marks, quick=quick)
        except OSError as error:
            reason = error.strerror or str(error)
        if reason:
            damage.append((number, path, reason))
        elif target is not None:
            _placed(put, path, target + file[0], file)
    return marks


def _put_times_right(source: str, files: list[File]) -> None:
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


def taken(tokens: int) -> Iterator[int]:
    """Yield the numbers of chunks that are this process's: it takes them one by one.

    Args:
        tokens: A pipe that holds a byte for each; whoever reads it does the chunk.
    """
    while token := os.read(tokens, 1):
        yield token[0]


def main() -> None:
    """Read a job, do it, say what came of it.

    The arguments are the parent's number, the folder of the packages, and the pipe
    that says which chunks are this process's, or, with commas, their numbers.
    """
    gc.disable()  # nothing here is of any use to it, and tens of thousands of tuples
    job = marshal.load(sys.stdin.buffer)  # noqa: S302 - from `_crew`
    parent, share = int(sys.argv[1]), sys.argv[3]
    if share.startswith("pipe:"):
        chunks: Iterable[int] = taken(int(share.removeprefix("pipe:")))
    else:
        chunks = [int(number) for number in share.split(",")]
    # Paths of targets are relative: what the working directory was is where they
    # belong, even if it has been renamed, and replaced, since the parent was killed.
    try:
        result: object = work(job, chunks, alive=lambda: os.getppid() == parent)
    except OSError as error:
        name = error.filename2 or error.filename
        result = (error.errno or 0, error.strerror or str(error), str(name or ""))
    marshal.dump(result, sys.stdout.buffer)  # type: ignore[arg-type]


if __name__ == "__main__":  # pragma: no cover # in a process of its own
    main()

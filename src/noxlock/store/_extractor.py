"""Take members out of a wheel's archive; runs alone too, as a process of its own.

zipfile reads the directory of the archive; what takes time is this: opening a member
through it was measured at a third of a wheel's unpacking, and under the interpreter's
lock threads win little of the rest. Jobs come with marshal on stdin, one after the
other, from the same interpreter, and each one's result goes to stdout.

Of the rest half was zlib's: ISA-L inflates 260 MB of wheels in 0.32 s instead of 0.79.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import zlib
from binascii import b2a_base64

if __name__ == "__main__":  # pragma: no cover # in a process of its own
    sys.path += sys.argv[1:]

from blake3 import blake3

try:
    from isal import isal_zlib as inflating
except ImportError:  # pragma: no cover - it has no wheels for the rarer processors
    inflating = zlib  # type: ignore[misc]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Member: TypeAlias = tuple[str, int, int, int, int, bool, bool, str, str]
    """Path, offset of its header, packed size, size, CRC-32, whether it is deflated
    (else stored), whether it is executable, name and text of the hash in RECORD."""
    Job: TypeAlias = tuple[str, str, int, list[Member]]
    """The archive, the folder to unpack to with a `/` at the end, the modification time
    of what is written, and the members."""
    Digests: TypeAlias = tuple[str, str]
    """The SHA-256 of a member as RECORD writes it, and its BLAKE3 in hexadecimal."""
    Result: TypeAlias = list[Digests] | tuple[str, str] | tuple[int, str, str]
    """Those of each member; or the member that is broken and what is wrong; or the
    number, words and file of an error of the system."""

__all__ = ["Broken", "digest_text", "extract", "inflating", "main"]

_HEADER = 30
"""Bytes of a local file header before its name (APPNOTE.TXT, 4.3.7)."""
_SIGNATURE = b"PK\x03\x04"
_AT_ONCE = 32 << 20
"""Members up to this size are unpacked in one piece."""
_BLOCK = 1 << 20
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_ERRORS: tuple[type[Exception], ...] = (zlib.error, inflating.error)  # type: ignore[assignment]
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Broken(Exception):  # noqa: N818 - the caller makes an error of it
    """A member is not what the archive's directory, or RECORD, says of it."""


def digest_text(digest: bytes) -> str:
    """Return a digest as RECORD writes it."""
    text = b2a_base64(digest, newline=False).translate(_URL_SAFE)
    return text.rstrip(b"=").decode("ascii")


def extract(job: Job) -> list[Digests]:
    """Write the members of a job; returns the digests of each.

    Raises:
        Broken: A member is broken; its path, and what is wrong.
        OSError: One cannot be written.
    """
    archive, base, mtime, members = job
    handle = os.open(archive, _READ)
    try:
        return [_write(handle, base, mtime, member) for member in members]
    finally:
        os.close(handle)


def _write(archive: int, base: str, mtime: int, member: Member) -> Digests:
    path, offset, packed, size, crc, deflated, executable, kind, claim = member
    start = _start(archive, path, offset)
    target = base + path
    handle = os.open(target, _CREATE, 0o555 if executable else 0o444)
    try:
        hashes = [hashlib.sha256()]
        if kind and kind != "sha256":
            hashes.append(hashlib.new(kind))
        fast = blake3()
        length = found = 0
        for block in _blocks(archive, path, (start, packed, size), deflated=deflated):
            for each in hashes:
                each.update(block)
            fast.update(block)
            found = inflating.crc32(block, found)
            length += len(block)
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)
    os.utime(target, (mtime, mtime))
    if length != size or found != crc:
        raise Broken(path, "its size or checksum is not what the archive says")
    if claim and claim != digest_text(hashes[-1].digest()):
        raise Broken(path, "its hash is not the one in RECORD")
    return digest_text(hashes[0].digest()), fast.hexdigest()


def _start(archive: int, path: str, offset: int) -> int:
    """Return where the bytes of a member begin."""
    os.lseek(archive, offset, os.SEEK_SET)
    header = os.read(archive, _HEADER)
    if len(header) < _HEADER or not header.startswith(_SIGNATURE):
        raise Broken(path, "the archive has no header for it")
    name, extra = header[26:28], header[28:30]
    return (
        offset
        + _HEADER
        + int.from_bytes(name, "little")
        + int.from_bytes(extra, "little")
    )


def _blocks(
    archive: int, path: str, place: tuple[int, int, int], *, deflated: bool
) -> list[bytes] | Blocks:
    start, packed, size = place
    os.lseek(archive, start, os.SEEK_SET)
    if max(packed, size) > _AT_ONCE:
        return _streamed(archive, path, place, deflated=deflated)
    data = _read(archive, packed)
    if not deflated:
        return [data]
    unpacker = inflating.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than it may have shows what has too many.
        return [unpacker.decompress(data, size + 1)]
    except _ERRORS as error:
        raise Broken(path, str(error)) from error


if TYPE_CHECKING:
    from collections.abc import Iterator

    Blocks: TypeAlias = Iterator[bytes]


def _streamed(
    archive: int, path: str, place: tuple[int, int, int], *, deflated: bool
) -> Blocks:
    _, packed, size = place
    unpacker = inflating.decompressobj(-zlib.MAX_WBITS)
    total = 0
    while packed > 0 and total <= size:
        data = _read(archive, min(_BLOCK, packed))
        if not data:
            return
        packed -= len(data)
        try:
            block = unpacker.decompress(data, size + 1 - total) if deflated else data
        except _ERRORS as error:
            raise Broken(path, str(error)) from error
        total += len(block)
        yield block


def _read(handle: int, size: int) -> bytes:
    data = os.read(handle, size)
    while 0 < len(data) < size:  # one call reads 2 GiB at most
        more = os.read(handle, size - len(data))
        if not more:
            break
        data += more
    return data


def main() -> None:
    """Do jobs until there are no more."""
    while True:
        try:
            job = marshal.load(sys.stdin.buffer)  # noqa: S302 - from `_extractors`
        except EOFError:
            return
        result: Result
        try:
            result = extract(job)
        except Broken as error:
            result = (str(error.args[0]), str(error.args[1]))
        except OSError as error:
            name = error.filename2 or error.filename
            result = (error.errno or 0, error.strerror or str(error), str(name or ""))
        marshal.dump(result, sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":  # pragma: no cover # in a process of its own
    main()

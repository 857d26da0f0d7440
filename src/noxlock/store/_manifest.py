"""What an entry holds: every file with its digest, in a file under its own digest."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from msgspec import DecodeError, Struct, ValidationError, field, json

from noxlock.errors import HashMismatchError, StoreError
from noxlock.store._places import ENTRY, FILES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "MTIME",
    "BuiltEntry",
    "Checking",
    "Entry",
    "EntryPoint",
    "StoredFile",
    "WheelEntry",
    "absent",
    "check_entry",
    "damage",
    "damaged_files",
    "digest_text",
    "read_entry",
    "touch_entry",
    "write_entry",
    "wrong_digest",
]

MTIME = 315_619_200
"""1980-01-02 UTC, the modification time of every stored file.

Bytecode names the time and the size of its source. With one time for all, it is right
for every link and copy; whoever edits an installed file changes the time, and Python
compiles anew. The second day of 1980 is a time that zip archives can hold anywhere.
"""

_DAY = 24 * 60 * 60
_BLOCK = 1 << 20
_THREADS = 4
_SMALL = 64

_E = TypeVar("_E", bound="Entry")


class Checking(StrEnum):
    """How closely a stored file is looked at before it is linked."""

    FULL = "full"
    """Every byte, against its digest."""
    QUICK = "quick"
    """Size and modification time only: misses a change that restores both."""


class StoredFile(Struct, frozen=True, array_like=True):
    """One file of an entry."""

    path: str
    """Beneath the entry's folder of files, with `/`."""
    digest: str
    """SHA-256 as RECORD writes it: URL-safe base64 without padding."""
    size: int
    executable: bool = False
    mtime: int = MTIME
    """Modification time, in seconds."""
    link: bool = False
    """Whether it is a symbolic link; digest and size are those of its target's name."""


class EntryPoint(Struct, frozen=True, array_like=True):
    """A script that is written for an entry point."""

    name: str
    module: str
    attribute: str
    gui: bool


class Entry(Struct, frozen=True, kw_only=True):
    """What any entry of the store says of itself."""

    files: tuple[StoredFile, ...] = ()
    filename: str = ""
    """Of the artifact that it came from."""


class WheelEntry(Entry, frozen=True, kw_only=True):
    """A wheel, unpacked as its archive has it."""

    dist_info: str
    """Name of its `.dist-info` folder."""
    scripts: tuple[EntryPoint, ...] = ()


class BuiltEntry(Entry, frozen=True, kw_only=True):
    """Which wheel was built for a key."""

    key: str
    sha256: str
    notes: dict[str, str] = field(default_factory=dict)


def absent(sha256: str) -> StoreError:
    """Return the error for an entry that should be there."""
    return StoreError(
        f"the store has no entry {sha256}",
        hint="it was removed while this ran; run again",
    )


def damage(folder: Path, what: str) -> StoreError:
    """Return the error that says what is wrong with a stored entry."""
    return StoreError(
        f"a stored entry is damaged: {what}",
        file=str(folder),
        hint="`noxlock store verify --fix` removes it, then run again; if you edited a"
        " file of an environment: it is the store's too",
    )


def wrong_digest(
    path: Path, algorithm: str, found: str, wanted: str
) -> HashMismatchError:
    """Return the error for a file whose digest is not the one that was asked for."""
    return HashMismatchError(
        f"the {algorithm} is {found}, not {wanted}",
        file=str(path),
        hint="the file was changed, or is not the one that was locked",
    )


def digest_text(digest: bytes) -> str:
    """Return a digest as RECORD writes it."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def write_entry(folder: Path, entry: Entry) -> None:
    """Write what the entry at *folder* holds, as its last file."""
    data = json.encode(entry)
    seal = hashlib.sha256(data).hexdigest().encode()
    path = folder / ENTRY
    path.write_bytes(seal + b"\n" + data + b"\n")
    path.chmod(0o444)


def read_entry(folder: Path, kind: type[_E]) -> _E | None:
    """Return what the entry at *folder* holds, or None where there is none.

    Raises:
        StoreError: Its own file was changed.
    """
    try:
        content = (folder / ENTRY).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    seal, _, data = content.removesuffix(b"\n").partition(b"\n")
    if hashlib.sha256(data).hexdigest().encode() != seal:
        raise damage(folder, f"`{ENTRY}` was changed")
    try:
        return json.decode(data, type=kind)
    except (DecodeError, ValidationError) as error:
        raise damage(folder, f"`{ENTRY}` says `{error}`") from error


def touch_entry(folder: Path, *, now: float | None = None) -> bool:
    """Note that an entry is in use, at most once a day; False where there is none."""
    path = folder / ENTRY
    now = time.time() if now is None else now
    try:
        if path.stat().st_mtime < now - _DAY:
            os.utime(path, (now, now))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return path.exists()  # a store that is only read keeps no such notes
    return True


def check_entry(folder: Path, entry: Entry, checking: Checking) -> None:
    """Refuse what is not, byte for byte, what was stored."""
    if found := damaged_files(folder, entry.files, checking):
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise damage(folder, f"{entry.filename}: {found[0]}{more}")


def damaged_files(
    folder: Path, files: Sequence[StoredFile], checking: Checking
) -> list[str]:
    """Return what is wrong with the files of the entry at *folder*, one line each.

    The digests are those of the entry, which its own digest holds together; whoever
    can write the store could forge all three.
    """
    base = os.path.join(folder, FILES)  # noqa: PTH118 # in a loop over thousands
    if checking is Checking.QUICK or len(files) < _SMALL:
        return _damaged(base, files, checking)
    # Shares of equal weight; the largest files first.
    heavy = sorted(files, key=lambda file: -file.size)
    shares = [heavy[start::_THREADS] for start in range(_THREADS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda share: _damaged(base, share, checking), shares)
        return sorted(line for lines in found for line in lines)


def _damaged(base: str, files: Sequence[StoredFile], checking: Checking) -> list[str]:
    lines = []
    for file in files:
        try:
            reason = _defect(f"{base}/{file.path}", file, checking)
        except OSError as error:
            reason = error.strerror or str(error)
        if reason:
            lines.append(f"{file.path}: {reason}")
    return lines


def _defect(path: str, file: StoredFile, checking: Checking) -> str | None:
    if file.link:
        name = os.fsencode(os.readlink(path))  # noqa: PTH115
        same = digest_text(hashlib.sha256(name).digest()) == file.digest
        return None if same else "it links elsewhere"
    if checking is Checking.QUICK:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116
        same = status.st_size == file.size and int(status.st_mtime) == file.mtime
        return None if same else "size or time changed"
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
            return "size changed"
        if _digest(handle, file.size) != file.digest:
            return "content changed"
        if int(status.st_mtime) != file.mtime:
            # A copied store: same bytes, other times. Python then compiles anew.
            with suppress(OSError):
                os.utime(path, (file.mtime, file.mtime))
        return None
    finally:
        os.close(handle)


def _digest(handle: int, size: int) -> str:
    if size <= _BLOCK:
        return digest_text(hashlib.sha256(os.read(handle, size + 1)).digest())
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BLOCK))
    with io.FileIO(handle, closefd=False) as stream:
        while length := stream.readinto(buffer):
            digest.update(buffer[:length])
    return digest_text(digest.digest())

"""What an entry holds: every file with its digest, in a file under its own digest."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from msgspec import DecodeError, Struct, ValidationError, field, json

from noxlock.errors import HashMismatchError, StoreError
from noxlock.store._places import ENTRY

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.store._checking import File

__all__ = [
    "MTIME",
    "BuiltEntry",
    "Checking",
    "Entry",
    "EntryPoint",
    "StoredFile",
    "WheelEntry",
    "absent",
    "damage",
    "digest_text",
    "read_entry",
    "read_seal",
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
_SEAL = 64
"""Characters of a digest."""

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
    blake3: str
    """In hexadecimal: what is checked."""
    size: int
    executable: bool = False
    mtime: int = MTIME
    """Modification time, in seconds."""
    link: bool = False
    """Whether it is a symbolic link; digest and size are those of its target's name."""
    sha256: str = ""
    """As RECORD writes it, URL-safe base64 without padding; of wheels, and modules."""

    def row(self, name: str) -> File:
        """Return it as `_worker` has it, *name* being that in its folder."""
        return name, self.blake3, self.size, self.mtime, self.executable, self.link


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


def damage(folder: Path | str, what: str) -> StoreError:
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


def read_seal(folder: Path) -> str | None:
    """Return what tells the entry at *folder* from any other, or None without one."""
    try:
        with (folder / ENTRY).open("rb") as stream:
            return stream.readline(_SEAL).decode("ascii", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None


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

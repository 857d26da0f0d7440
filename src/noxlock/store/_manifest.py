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
from noxlock.store._crew import run_crew
from noxlock.store._places import ENTRY, FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.store._checking import File
    from noxlock.store._worker import Group

__all__ = [
    "MTIME",
    "BuiltEntry",
    "Checking",
    "Entry",
    "EntryPoint",
    "StoredFile",
    "WheelEntry",
    "absent",
    "check_entries",
    "check_groups",
    "damage",
    "damaged_files",
    "digest_text",
    "place_groups",
    "read_entry",
    "read_seal",
    "refuse",
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


def check_entries(
    entries: Iterable[tuple[Path, Entry]],
    checking: Checking,
) -> None:
    """Refuse entries that are not, byte for byte, what was stored.

    Args:
        entries: Folder and content of each.
        checking: How closely they are looked at.
    """
    pairs = tuple(entries)
    groups = [
        group
        for number, (folder, entry) in enumerate(pairs)
        for group in check_groups(number, folder, entry.files)
    ]
    named = [(str(folder), entry.filename) for folder, entry in pairs]
    quick = checking is Checking.QUICK
    refuse(run_crew("copy", groups, quick=quick), named)


def refuse(
    damaged: Sequence[tuple[int, str, str]], entries: Sequence[tuple[str, str]]
) -> None:
    """Raise an error for the first entry that has a damaged file.

    Args:
        damaged: Of each such file the number of its entry, its path, what is wrong.
        entries: Folder and file name of each.
    """
    if not damaged:
        return
    number = damaged[0][0]
    folder, filename = entries[number]
    lines = _lines(folder, (one for one in damaged if one[0] == number))
    more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    raise damage(folder, f"{filename}: {lines[0]}{more}")


def damaged_files(
    folder: Path, files: Sequence[StoredFile], checking: Checking
) -> list[str]:
    """Return what is wrong with the files of the entry at *folder*, one line each.

    The digests are those of the entry, which its own digest holds together; whoever
    can write the store could forge all three.
    """
    quick = checking is Checking.QUICK
    groups = check_groups(0, folder, files)
    return _lines(folder, run_crew("copy", groups, quick=quick))


def check_groups(number: int, folder: Path, files: Iterable[StoredFile]) -> list[Group]:
    """Return the groups that check *files* of the entry at *folder*, and no more."""
    return place_groups(number, folder, dict.fromkeys(files))


def place_groups(
    number: int, folder: Path, targets: Mapping[StoredFile, str | None]
) -> list[Group]:
    """Return the groups that check files of the entry at *folder*, and place them.

    Args:
        number: Of the entry.
        folder: Where it is.
        targets: Where each goes, relative to the prefix; None: it is only checked.
    """
    base = f"{folder}/{FILES}/"
    found: dict[tuple[str, str | None], list[File]] = {}
    for file, target in targets.items():
        parent, slash, name = file.path.rpartition("/")
        goal = None if target is None else target[: len(target) - len(name)]
        found.setdefault((base + parent + slash, goal), []).append(file.row(name))
    return [(number, *ends, rows) for ends, rows in found.items()]


def renumbered(groups: Iterable[Group], start: int) -> list[Group]:
    """Return *groups* of entries that come after *start* others."""
    return [
        (start + number, source, target, files)
        for number, source, target, files in groups
    ]


def _lines(folder: Path | str, damaged: Iterable[tuple[int, str, str]]) -> list[str]:
    base = f"{folder}/{FILES}/"
    return [f"{path.removeprefix(base)}: {reason}" for _, path, reason in damaged]

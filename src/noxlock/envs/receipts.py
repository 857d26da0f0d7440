"""What was built at a prefix, written last: a prefix without a receipt is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from noxlock.errors import EnvError
from noxlock.model import PackageRecord  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "Receipt",
    "alteration",
    "decode_receipt",
    "encode_receipt",
    "read_receipt",
    "snapshot",
    "watched",
    "write_receipt",
]

NAME: Final = ".noxlock.json"
FORMAT: Final = 1
# nox's own `session.create_tmp()` lies in the environment.
UNWATCHED: Final = frozenset({NAME, "tmp"})


class Receipt(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What an environment was built from, and how its files looked then."""

    plan: str
    interpreter: dict[str, str]
    project: str
    """Digest of what reaches the project's own installation; "" where there is none."""
    packages: tuple[PackageRecord, ...]
    files: dict[str, tuple[int, int]]
    """Size and mtime in nanoseconds by path."""
    format: int = FORMAT
    activation: str = ""
    """Script that activates an environment of conda packages."""
    options: dict[str, str] = {}
    """What else decided what is there: whether link scripts ran."""


def read_receipt(prefix: Path) -> Receipt | None:
    """Return the receipt at *prefix*; None: nothing whole, or known, is there."""
    try:
        return decode_receipt((prefix / NAME).read_bytes())
    except OSError:
        return None


def decode_receipt(data: bytes) -> Receipt | None:
    """Return what `encode_receipt` was given; None: it is not whole, or not known."""
    try:
        receipt = msgspec.json.decode(data, type=Receipt)
    except msgspec.DecodeError:
        return None
    return receipt if receipt.format == FORMAT else None


def encode_receipt(receipt: Receipt) -> bytes:
    """Return *receipt* as it is written."""
    return msgspec.json.encode(receipt)


def write_receipt(prefix: Path, receipt: Receipt) -> None:
    """Write *receipt* at *prefix*, whole or not at all.

    Raises:
        EnvError: It cannot be written.
    """
    unfinished = prefix / f"{NAME}.part"
    try:
        unfinished.write_bytes(encode_receipt(receipt))
        unfinished.replace(prefix / NAME)
    except OSError as error:
        raise EnvError(f"cannot write to {prefix}: {error}") from error


def snapshot(prefix: Path) -> dict[str, tuple[int, int]]:
    """Return size and mtime of each file at *prefix*; not of bytecode, nor of `tmp`.

    Contents are not read: a change that keeps both is not seen.
    """
    found: dict[str, tuple[int, int]] = {}
    if os.scandir in os.supports_fd:
        handle = os.open(prefix, _FOLDER)
        try:
            _look(handle, "", UNWATCHED, found)
        finally:
            os.close(handle)
    else:  # pragma: no cover - Windows
        _look(str(prefix), "", UNWATCHED, found)
    return found


_FOLDER: Final = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
)


def _look(
    folder: str | int,
    inside: str,
    unwatched: frozenset[str],
    found: dict[str, tuple[int, int]],
) -> None:
    """Add what is in *folder*: a loop over thousands of files, so nothing fancy.

    With open folders the system looks up one name a file instead of a whole path,
    which was measured at a fifth less.
    """
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name == "__pycache__" or name in unwatched:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(name)
            else:
                status = entry.stat(follow_symlinks=False)
                found[inside + name] = (status.st_size, status.st_mtime_ns)
    for name in folders:
        if isinstance(folder, str):  # pragma: no cover - Windows
            below: str | int = f"{folder}/{name}"
        else:
            below = os.open(name, _FOLDER, dir_fd=folder)
        try:
            _look(below, f"{inside}{name}/", frozenset(), found)
        finally:
            if isinstance(below, int):
                os.close(below)


def watched(files: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return those of *files*, by their path, of which `snapshot` would tell."""
    top = tuple(f"{name}/" for name in UNWATCHED)
    return {
        path: seen
        for path, seen in files.items()
        if path not in UNWATCHED and not path.startswith(top)
    }


def alteration(prefix: Path, known: Mapping[str, tuple[int, int]]) -> str | None:
    """Return what was altered at *prefix* since *known* was taken, or None."""
    current = snapshot(prefix)
    if current == known:
        return None
    for path in sorted(known.keys() | current.keys()):
        if path not in current:
            return f"{_short(path)} was removed"
        if path not in known:
            return f"{_short(path)} was added"
        if current[path] != known[path]:
            return f"{_short(path)} was altered"
    return None  # pragma: no cover - unequal dictionaries differ in some key


def _short(path: str) -> str:
    return path.rpartition("/site-packages/")[2]

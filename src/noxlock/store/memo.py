"""What pure functions returned, kept by all that they were given.

A warm session needs to know what its lock gives on this machine, and that has not
changed since the last one: reading a lock of 300 packages, and the modules that this
takes, was measured at half a second of processor time. A key names the bytes that were
read, every other fact, and the code that read them; what is kept can always be made
again, so that nothing here is ever an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MEMO", "Memo", "digest", "memo_key"]

MEMO: Final = "memo-v1"
"""Beneath the store's root: `<key>`, its last use being its mtime."""

_DAY: Final = 24 * 60 * 60
_PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
_CODE: Final = (
    *("definitions", "envs", "locks", "model", "nox_plugin", "plan", "solvers"),
    *("solvers/tools/poetry", "solvers/tools/uv", "store"),
)
"""Folders of the code, and of the pins of lock tools, that decide what is kept."""


class Memo:
    """Small results, on disk, shared by all projects of a user.

    Args:
        root: Folder of the store; it is made when something is kept.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / MEMO

    def get(self, key: str) -> bytes | None:
        """Return what was kept for *key*, whole, or None."""
        path = self._folder / key
        try:
            content = path.read_bytes()
        except OSError:
            return None
        seal, _, data = content.partition(b"\n")
        if hashlib.sha256(data).hexdigest().encode() != seal:
            return None
        with suppress(OSError):  # a store that is only read keeps no such notes
            if path.stat().st_mtime < time.time() - _DAY:
                os.utime(path)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep *data* for *key*, if it can be."""
        import tempfile  # noqa: PLC0415 - what is found needs none

        seal = hashlib.sha256(data).hexdigest().encode()
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".")
            try:
                with open(handle, "wb") as stream:  # noqa: PTH123
                    stream.write(seal + b"\n" + data)
                os.replace(name, self._folder / key)  # noqa: PTH105
            except OSError:
                os.unlink(name)  # noqa: PTH108
                raise


def digest(data: bytes | None) -> str | None:
    """Return the SHA-256 of *data*, a fact for a key; of nothing None."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def memo_key(kind: str, *facts: object) -> str:
    """Return the key of a result.

    Args:
        kind: What is computed.
        facts: All that it is computed from, as JSON has it.
    """
    text = json.dumps([_code(), kind, facts], separators=(",", ":"), sort_keys=True)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()}"


@lru_cache(maxsize=1)
def _code() -> str:
    """Return what identifies noxlock's own code: its files' sizes and times."""
    facts = sorted(fact for name in _CODE for fact in _files(f"{_PACKAGE}/{name}"))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".lock")):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns

"""Lock files that are read when they have to be, and plans that are remembered."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from noxlock.errors import LockError
from noxlock.model import Plan  # noqa: TC001 - msgspec reads it
from noxlock.store.memo import digest, memo_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.model import CondaLock, Lock
    from noxlock.store.memo import Memo

__all__ = [
    "LockFile",
    "bytes_of",
    "conda_lock_file",
    "lock_of",
    "python_lock_file",
    "remembered_plan",
]

_L = TypeVar("_L", "Lock", "CondaLock")


class LockFile(Generic[_L]):
    """A lock file, its bytes read, its meaning not yet.

    Args:
        file: As the user named it.
        data: Its bytes.
        parse: Returns what it says; given what reads the files beside it.
        beside: Returns the bytes of a file, relative to the lock's folder, or None.
    """

    def __init__(
        self,
        file: str,
        data: bytes,
        parse: Callable[[Callable[[str], bytes | None]], _L],
        beside: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        self.file = file
        self.data = data
        self._parse: Callable[[Callable[[str], bytes | None]], _L] = parse
        self._beside = beside
        self.read: dict[str, str | None] = {}
        """Digests of the files beside it that its meaning depends on."""

    @cached_property
    def lock(self) -> _L:
        """What it says.

        Raises:
            LockError: It is not what its format demands.
        """
        return self._parse(self._noted)

    def _noted(self, name: str) -> bytes | None:
        data = self._beside(name)
        self.read[name] = digest(data)
        return data

    def still(self, read: dict[str, str | None]) -> bool:
        """Return whether the files beside it are as they were."""
        return all(digest(self._beside(name)) == then for name, then in read.items())


def python_lock_file(
    file: str, data: bytes, folder: Path | Callable[[str], bytes | None]
) -> LockFile[Lock]:
    """Return a lock of Python packages.

    Args:
        file: As the user named it.
        data: Its bytes.
        folder: Where it lies, and what it may refer to; or what reads from there.
    """

    def parse(beside: Callable[[str], bytes | None]) -> Lock:
        from noxlock.locks import (  # noqa: PLC0415 - slow to import
            is_conda_lock,
            parse_lock,
        )

        if is_conda_lock(file, data):
            what = "it is a lock of conda packages"
            raise LockError(what, file=file, hint="name it with `conda`")
        return parse_lock(file, data, beside=beside)

    def beside(name: str) -> bytes | None:
        if not isinstance(folder, Path):
            return folder(name)
        try:
            return (folder / name).read_bytes()
        except OSError:
            return None

    return LockFile(file, data, parse, beside)


def conda_lock_file(file: str, data: bytes) -> LockFile[CondaLock]:
    """Return a lock of conda packages; its name, as the user named it, and bytes."""

    def parse(_: object) -> CondaLock:
        from noxlock.locks import (  # noqa: PLC0415 - slow to import
            is_conda_lock,
            parse_conda_lock,
        )

        if not is_conda_lock(file, data):
            what = "it is no lock of conda packages"
            raise LockError(what, file=file, hint="name it with `pypi`")
        return parse_conda_lock(file, data)

    return LockFile(file, data, parse)


def lock_of(lock: _L | LockFile[_L]) -> _L:
    """Return what a lock says that may not have been read yet."""
    if not isinstance(lock, LockFile):
        return lock
    read: _L = lock.lock
    return read


def bytes_of(path: Path) -> bytes | None:
    """Return the content of a file, or None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class _Remembered(msgspec.Struct, frozen=True):
    plan: Plan
    beside: list[dict[str, str | None]]
    """Of each lock, what was read beside it."""


def remembered_plan(
    memo: Memo,
    locks: Sequence[Lock | CondaLock | LockFile[Any] | None],
    facts: Sequence[object],
    make: Callable[[], Plan],
) -> Plan:
    """Return what *make* returns for these locks and facts, now or earlier.

    Args:
        memo: Where plans are kept.
        locks: All that the plan is made from, and all that is not in *facts*.
        facts: Groups, extras, target: whatever else decides.
        make: Makes the plan; what it raises is not remembered.
    """
    files = [lock for lock in locks if isinstance(lock, LockFile)]
    if len(files) < sum(lock is not None for lock in locks):
        return make()  # one was read already: nothing is known of its bytes
    read = [(file.file, digest(file.data)) for file in files]
    key = memo_key("plan", read, msgspec.to_builtins(facts))
    if (kept := memo.get(key)) is not None:
        try:
            found = msgspec.msgpack.decode(kept, type=_Remembered)
        except msgspec.DecodeError:
            found = None
        if found and all(map(LockFile.still, files, found.beside)):
            return found.plan
    plan = make()
    beside = [file.read for file in files]
    memo.put(key, msgspec.msgpack.encode(_Remembered(plan=plan, beside=beside)))
    return plan

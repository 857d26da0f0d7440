"""Lock-file formats: one module each; a new one is a file and a registry line."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Protocol

from noxlock.errors import LockError, NoxlockError
from noxlock.locks import conda_lock, explicit, pixi, poetry, pylock, requirements
from noxlock.locks._text import RELOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import CondaLock, Lock

__all__ = [
    "CONDA_FORMATS",
    "FORMATS",
    "CondaLockFormat",
    "LockFormat",
    "is_conda_lock",
    "parse_conda_lock",
    "parse_lock",
]


class LockFormat(Protocol):
    """What a module in this package provides."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """The format's name, as `Lock.format` says it."""
        ...

    def matches(self, filename: str, /) -> bool:
        """Return whether a file of this name, without folders, is of the format."""
        ...

    def parse(
        self, file: str, data: bytes, beside: Callable[[str], bytes | None], /
    ) -> Lock:
        """Return what *data* locks, or raise `LockError`."""
        ...


class CondaLockFormat(Protocol):
    """What a module in this package provides for locks of conda packages."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """The format's name, as `CondaLock.format` says it."""
        ...

    def matches(self, filename: str, /) -> bool:
        """Return whether a file of this name, without folders, is of the format."""
        ...

    def parse(self, file: str, data: bytes, /) -> CondaLock:
        """Return what *data* locks, or raise `LockError`."""
        ...


FORMATS: Final[tuple[LockFormat, ...]] = (poetry, pylock, requirements)

CONDA_FORMATS: Final[tuple[CondaLockFormat, ...]] = (conda_lock, explicit, pixi)

# For files whose name no format claims: what a line of each begins with.
_SIGNS: Final = (
    ("pylock", re.compile(rb"^(?:\[\[packages\]\]|lock-version\s*=)", re.MULTILINE)),
    ("poetry", re.compile(rb"^\[\[package\]\]|^\[metadata\]", re.MULTILINE)),
    ("requirements", re.compile(rb"^[^#\n]*(?:==|--hash)", re.MULTILINE)),
)
_CONDA_SIGNS: Final = (
    ("explicit", re.compile(rb"^@EXPLICIT\s*$", re.MULTILINE)),
    ("conda-lock", re.compile(rb"^version: *['\"]?1['\"]?\s*$", re.MULTILINE)),
    ("pixi", re.compile(rb"^version: *\d+\s*$", re.MULTILINE)),
)
_YAML_PACKAGES: Final = re.compile(rb"^packages?:", re.MULTILINE)


def parse_lock(
    file: str, data: bytes, *, beside: Callable[[str], bytes | None]
) -> Lock:
    """Return what a lock file says, whatever its format.

    The file's name tells the format, or its content where the name says nothing.

    Args:
        file: The lock, as the user named it.
        data: Its bytes.
        beside: Returns the bytes of a file, relative to the lock's folder; None where
            it does not exist.

    Raises:
        LockError: The format is not known, or the file is not what its format demands.
    """
    try:
        return _format(file, data).parse(file, data, beside)
    except NoxlockError as error:
        raise _completed(error, file) from error.__cause__


def is_conda_lock(file: str, data: bytes) -> bool:
    """Return whether *file* is a lock of conda packages, by its name or its content.

    Not checked: whether it is sound.
    """
    return _conda_format(file, data) is not None


def parse_conda_lock(file: str, data: bytes) -> CondaLock:
    """Return what a lock of conda packages says, whatever its format.

    Args:
        file: The lock, as the user named it.
        data: Its bytes.

    Raises:
        LockError: The format is not known, or the file is not what its format demands.
    """
    try:
        if (form := _conda_format(file, data)) is None:
            raise LockError(
                "not a lock of conda packages of a known format",
                hint=f"known are {', '.join(each.NAME for each in CONDA_FORMATS)}",
            )
        return form.parse(file, data)
    except NoxlockError as error:
        raise _completed(error, file) from error.__cause__


def _completed(error: NoxlockError, file: str) -> NoxlockError:
    # No person writes a lock: what is wrong in it is mended by its tool alone.
    if error.hint is None and error.file in {None, file}:
        error.hint = RELOCK
    return error.inside(file=file)


def _conda_format(file: str, data: bytes) -> CondaLockFormat | None:
    name = PurePath(file).name
    for each in CONDA_FORMATS:
        if each.matches(name):
            return each
    # `conda list --explicit` is told to write to any name, `spec-file.txt` too.
    data = data.removeprefix(b"\xef\xbb\xbf")
    signs = {sign for sign, pattern in _CONDA_SIGNS if pattern.search(data)}
    if not _YAML_PACKAGES.search(data):
        signs &= {explicit.NAME}
    elif any(each.matches(name) for each in FORMATS):
        signs.clear()
    return next((each for each in CONDA_FORMATS if each.NAME in signs), None)


def _format(file: str, data: bytes) -> LockFormat:
    name = PurePath(file).name
    for each in FORMATS:
        if each.matches(name):
            return each
    signs = {sign for sign, pattern in _SIGNS if pattern.search(data)}
    for each in FORMATS:
        if each.NAME in signs:
            return each
    raise LockError(
        "not a lock file of a known format",
        hint=f"known are {', '.join(each.NAME for each in FORMATS)}",
    )

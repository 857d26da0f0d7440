"""Lock-file formats: one module each; a new one is a file and a registry line."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Protocol

from noxlock.errors import LockError, NoxlockError
from noxlock.locks import poetry, pylock, requirements
from noxlock.locks._text import RELOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import Lock

__all__ = ["FORMATS", "LockFormat", "parse_lock"]


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


FORMATS: Final[tuple[LockFormat, ...]] = (poetry, pylock, requirements)

# For files whose name no format claims: what a line of each begins with.
_SIGNS: Final = (
    ("pylock", re.compile(rb"^(?:\[\[packages\]\]|lock-version\s*=)", re.MULTILINE)),
    ("poetry", re.compile(rb"^\[\[package\]\]|^\[metadata\]", re.MULTILINE)),
    ("requirements", re.compile(rb"^[^#\n]*(?:==|--hash)", re.MULTILINE)),
)


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
        # No person writes a lock: what is wrong in it is mended by its tool alone.
        if error.hint is None and error.file in {None, file}:
            error.hint = RELOCK
        raise error.inside(file=file) from error.__cause__


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

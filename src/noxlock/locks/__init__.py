"""Lock-file formats: one module each; a new one is a file and a registry line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from noxlock.errors import LockError, NoxlockError
from noxlock.locks._text import RELOCK
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import CondaLock, Lock

__all__ = [
    "CONDA_FORMATS",
    "FORMATS",
    "CondaLockFormat",
    "Form",
    "LockFormat",
    "is_conda_lock",
    "parse_conda_lock",
    "parse_lock",
]


class LockFormat(Protocol):
    """What a module in this package provides."""

    def parse(
        self, file: str, data: bytes, beside: Callable[[str], bytes | None], /
    ) -> Lock:
        """Return what *data* locks, or raise `LockError`."""
        ...


class CondaLockFormat(Protocol):
    """What a module in this package provides for locks of conda packages."""

    def parse(self, file: str, data: bytes, /) -> CondaLock:
        """Return what *data* locks, or raise `LockError`."""
        ...


_F = TypeVar("_F", LockFormat, CondaLockFormat)


@dataclass(frozen=True, slots=True)
class Form(Generic[_F]):
    """A format: its name, its files' names, and its module, imported when needed."""

    name: str
    """As `Lock.format` and `CondaLock.format` say it."""
    files: re.Pattern[str]
    """What a file of it is called, without folders."""
    module: str

    def matches(self, file: str) -> bool:
        """Return whether a file of this name is of the format."""
        return self.files.fullmatch(PurePath(file).name) is not None

    @property
    def reader(self) -> _F:
        """Its module."""
        module: _F = import_module(f"{__name__}.{self.module}")
        return module


_SUBDIRS: Final = "|".join(map(re.escape, Subdir))

FORMATS: Final[tuple[Form[LockFormat], ...]] = (
    Form("poetry", re.compile(r"poetry\.lock"), "poetry"),
    # PEP 751: `pylock.toml`, or what matches `r"^pylock\.([^.]+)\.toml$"`.
    Form("pylock", re.compile(r"pylock(?:\.[^.]+)?\.toml"), "pylock"),
    Form("requirements", re.compile(r".*\.(?:txt|in)"), "requirements"),
)

CONDA_FORMATS: Final[tuple[Form[CondaLockFormat], ...]] = (
    # What conda-lock itself takes: `foo.conda-lock.yml`.
    Form("conda-lock", re.compile(r".*conda-lock.*\.ya?ml"), "conda_lock"),
    # What conda-lock calls them, `conda-linux-64.lock`.
    Form(
        "explicit",
        re.compile(rf"conda-(?:{_SUBDIRS})[\w.\-]*\.lock(?:\.yml)?"),
        "explicit",
    ),
    Form("pixi", re.compile(r"pixi\.lock"), "pixi"),
)

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
_OF_ONE_TOOL: Final = frozenset({"poetry", "pylock"})
"""Formats whose files no other tool would call so."""
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
        return _format(file, data).reader.parse(file, data, beside)
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
                hint=f"known are {', '.join(each.name for each in CONDA_FORMATS)}",
            )
        return form.reader.parse(file, data)
    except NoxlockError as error:
        raise _completed(error, file) from error.__cause__


def _completed(error: NoxlockError, file: str) -> NoxlockError:
    # No person writes a lock: what is wrong in it is mended by its tool alone.
    if error.hint is None and error.file in {None, file}:
        error.hint = RELOCK
    return error.inside(file=file)


def _conda_format(file: str, data: bytes) -> Form[CondaLockFormat] | None:
    for each in CONDA_FORMATS:
        if each.matches(file):
            return each
    if any(each.matches(file) for each in FORMATS if each.name in _OF_ONE_TOOL):
        return None
    # `conda list --explicit` is told to write to any name, `spec-file.txt` too.
    data = data.removeprefix(b"\xef\xbb\xbf")
    signs = {sign for sign, pattern in _CONDA_SIGNS if pattern.search(data)}
    if not _YAML_PACKAGES.search(data):
        signs &= {"explicit"}
    elif any(each.matches(file) for each in FORMATS):
        signs.clear()
    return next((each for each in CONDA_FORMATS if each.name in signs), None)


def _format(file: str, data: bytes) -> Form[LockFormat]:
    for each in FORMATS:
        if each.matches(file):
            return each
    signs = {sign for sign, pattern in _SIGNS if pattern.search(data)}
    for each in FORMATS:
        if each.name in signs:
            return each
    raise LockError(
        "not a lock file of a known format",
        hint=f"known are {', '.join(each.name for each in FORMATS)}; of conda packages"
        f" {', '.join(each.name for each in CONDA_FORMATS)}",
    )

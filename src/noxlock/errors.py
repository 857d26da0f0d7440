"""Errors a user can fix: each says where, what, and apart from it what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BuildError",
    "CompareError",
    "DefinitionError",
    "EnvError",
    "FetchError",
    "HashMismatchError",
    "InterpreterError",
    "LockError",
    "NoxlockError",
    "PlanError",
    "SolveError",
    "StaleLockError",
    "StoreError",
    "closest",
    "nearest",
]


class NoxlockError(Exception):
    """Base of every error a user can fix; caught once, at the outermost layer.

    It grows its place on the way up: the reader that knows the key raises it, the one
    that knows the file calls `inside`.

    Attributes:
        what: What is wrong, one sentence without a full stop.
        file: The file it stands in, as the user named it; None where there is none.
        key: The dotted path in that file: `package[3].files[0].hash`; "" for the whole.
        line: The line in that file, from 1; None where it is not known.
        hint: What to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        key: str = "",
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.file = file
        self.key = key
        self.line = line
        self.hint = hint

    def inside(
        self, *, file: str | None = None, key: str = "", line: int | None = None
    ) -> Self:
        """Return this error, its place put under *file* and *key*; known parts stay."""
        self.file = self.file or file
        self.line = self.line or line
        if key and self.key:
            joint = "" if self.key.startswith("[") else "."
            self.key = f"{key}{joint}{self.key}"
        else:
            self.key = self.key or key
        return self

    @property
    def where(self) -> str:
        """`file:line: key`, as far as they are known; "" where nothing is."""
        file = self.file or ""
        if file and self.line is not None:
            file = f"{file}:{self.line}"
        return ": ".join(part for part in (file, self.key) if part)

    def __str__(self) -> str:
        """Return where and what, on one line, without the hint."""
        return f"{self.where}: {self.what}" if self.where else self.what


class DefinitionError(NoxlockError):
    """A definition, or the request made of it, is not valid."""


class LockError(NoxlockError):
    """A lock file does not say what its format demands."""


class StaleLockError(NoxlockError):
    """A lock no longer belongs to the file that it was made from."""


class PlanError(NoxlockError):
    """A lock is sound, but no plan for this request can be made from it."""


class InterpreterError(NoxlockError):
    """The interpreter that an environment asks for is not on this machine."""


class FetchError(NoxlockError):
    """An artifact could not be had from where the lock or the user's settings say."""


class HashMismatchError(FetchError):
    """The bytes of an artifact are not those that were locked."""


class StoreError(NoxlockError):
    """The store cannot be written, or holds what it should not."""


class BuildError(NoxlockError):
    """A source distribution or the project itself did not build."""


class EnvError(NoxlockError):
    """An environment cannot be made, or was altered."""


class SolveError(NoxlockError):
    """A lock tool failed, or could not satisfy the requirements."""


class CompareError(NoxlockError):
    """An output cannot be read or compared."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that *name* may be meant for; None: none is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - rare, and slow to import

    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the hint `did you mean ...?` for the known name closest to *name*."""
    found = closest(name, known)
    return f"did you mean `{found}`?" if found is not None else None

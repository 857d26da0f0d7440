"""Content-addressed, on disk, shared by all projects; environments link out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from platformdirs import user_cache_path

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from noxlock.model import Interpreter, Sha256
    from noxlock.store._place import LinkMode
    from noxlock.store._recipe import Recipe
    from noxlock.store.wheels import BuiltWheel, LinkedWheel, Recycled

__all__ = [
    "BASELINES",
    "BuiltWheel",
    "LinkMode",
    "LinkedWheel",
    "Recycled",
    "StoreProtocol",
    "default_root",
]

BASELINES: Final = "baselines-v1"
"""Beneath the root: outputs of baselines that were downloaded, and views of them."""


def default_root(environ: Mapping[str, str]) -> Path:
    """Return the user's store: `NOXLOCK_CACHE_DIR`, else in the user's cache folder."""
    if folder := environ.get("NOXLOCK_CACHE_DIR"):
        return Path(folder).expanduser().absolute()
    return user_cache_path("noxlock", appauthor=False)


class StoreProtocol(Protocol):
    """What the workflows need of a store.

    Any method may raise `StoreError`. Entries appear whole or not at all: concurrent
    runs, a killed run and a full disk leave no half entry.
    """

    root: Path
    """Its folder. What can be made anew is kept there too, beside the entries."""

    def hold(self) -> AbstractContextManager[object]:
        """Keep cleaners away while several steps belong together."""
        ...

    def downloads(self) -> Path:
        """Return the folder for files on their way in; it is made."""
        ...

    def has_wheel(self, sha256: Sha256, /) -> bool:
        """Return whether the wheel with this digest is stored, unpacked."""
        ...

    def add_wheel(self, wheel: Path, sha256: Sha256, /) -> None:
        """Unpack *wheel* into the store; its digest is checked (HashMismatchError)."""
        ...

    def metadata(self, sha256: Sha256, /) -> bytes | None:
        """Return METADATA of the stored wheel with this digest, or None."""
        ...

    def archive(self, sha256: Sha256, /) -> Path | None:
        """Return the stored sdist with this digest, or None; its digest is checked."""
        ...

    def add_archive(self, path: Path, sha256: Sha256, /) -> Path:
        """Keep an sdist whole, for building; its digest is checked."""
        ...

    def built(self, key: str, /) -> BuiltWheel | None:
        """Return the wheel that was built for *key*, or None."""
        ...

    def add_built(
        self, key: str, wheel: Path, /, *, notes: Mapping[str, str]
    ) -> BuiltWheel:
        """Put a wheel that was built for *key*; a key names all that reaches it."""
        ...

    def uncompiled(
        self, wheels: Sequence[Sha256], interpreter: Interpreter, /
    ) -> tuple[Sha256, ...]:
        """Return which of the wheels have no bytecode for *interpreter* yet."""
        ...

    def compile(self, wheels: Sequence[Sha256], interpreter: Interpreter, /) -> None:
        """Compile the wheels' bytecode, once an interpreter; skips what is done."""
        ...

    def compile_later(
        self, wheels: Sequence[Sha256], interpreter: Interpreter, /
    ) -> None:
        """Start to compile them without waiting for it, if that can be done."""
        ...

    def sources_size(self, wheels: Sequence[Sha256], /) -> int:
        """Return how many bytes of modules the wheels hold."""
        ...

    def link(
        self,
        wheels: Sequence[LinkedWheel],
        prefix: Path,
        interpreter: Interpreter,
        /,
        *,
        recycled: Recycled | None = None,
    ) -> Mapping[str, tuple[int, int]]:
        """Install stored wheels into the virtual environment at *prefix*.

        Of *recycled*, which an older environment left, nothing else stays. Returns size
        and mtime in nanoseconds of all that it put there but bytecode, by its path
        relative to *prefix*; nothing where that has to be looked at.
        """
        ...

    def recipe(
        self, wheels: Sequence[LinkedWheel], interpreter: Interpreter, /
    ) -> Recipe:
        """Return what `link` did with *wheels*."""
        ...


if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {"_place": "LinkMode", "wheels": "BuiltWheel LinkedWheel Recycled"},
    )

"""The part of the store that holds source distributions, and what was built."""

from __future__ import annotations

import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from noxlock.model import Sha256
from noxlock.store import BuiltWheel
from noxlock.store._checking import blake3_of
from noxlock.store._groups import check_entries
from noxlock.store._manifest import (
    MTIME,
    BuiltEntry,
    Checking,
    Entry,
    StoredFile,
    absent,
    read_entry,
    touch_entry,
    write_entry,
    wrong_digest,
)
from noxlock.store._places import FILES, Places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedReader
    from pathlib import Path

__all__ = ["Sources", "require_digest"]


class Sources(ABC):
    """What a store does with sources; wheels are for the whole store to know."""

    places: Places
    _checking: Checking

    @abstractmethod
    def has_wheel(self, sha256: Sha256, /) -> bool:
        """Return whether the wheel with this digest is stored, unpacked."""

    @abstractmethod
    def add_wheel(self, wheel: Path, sha256: Sha256, /) -> None:
        """Unpack *wheel* into the store."""

    def archive(self, sha256: Sha256, /) -> Path | None:
        """Return the stored sdist with this digest, or None; its digest is checked."""
        folder = self.places.archive(sha256)
        entry = read_entry(folder, Entry)
        if entry is None:
            return None
        check_entries([(folder, entry)], self._checking)
        touch_entry(folder)
        return folder / FILES / entry.filename

    def add_archive(self, path: Path, sha256: Sha256, /) -> Path:
        """Keep an sdist whole, for building; its digest is checked.

        Raises:
            HashMismatchError: Its bytes are not those of *sha256*.
            StoreError: The store cannot be written.
        """
        folder = self.places.archive(sha256)
        with self.places.using(f"store `{path.name}`"), self.places.staging() as staged:
            entry = staged / sha256
            (entry / FILES).mkdir(parents=True)
            copy = entry / FILES / path.name
            shutil.copyfile(path, copy)
            with copy.open("rb") as stream:
                require_digest(stream, path, sha256)
            copy.chmod(0o444)
            os.utime(copy, (MTIME, MTIME))
            file = StoredFile(path.name, blake3_of(str(copy)), copy.stat().st_size)
            write_entry(entry, Entry(files=(file,), filename=path.name))
            self.places.publish(entry, folder)
        stored = self.archive(sha256)
        if stored is None:
            raise absent(sha256)
        return stored

    def built(self, key: str, /) -> BuiltWheel | None:
        """Return the wheel that was built for *key*, or None."""
        folder = self.places.built(key)
        entry = read_entry(folder, BuiltEntry)
        if entry is None or not self.has_wheel(Sha256(entry.sha256)):
            return None
        touch_entry(folder)
        return BuiltWheel(
            filename=entry.filename, sha256=Sha256(entry.sha256), notes=entry.notes
        )

    def add_built(
        self, key: str, wheel: Path, /, *, notes: Mapping[str, str]
    ) -> BuiltWheel:
        """Put a wheel that was built for *key*; a key names all that reaches it.

        Where another run was first, its wheel stands and is returned.
        """
        with self.places.using(f"store `{wheel.name}`"):
            with wheel.open("rb") as stream:
                sha256 = Sha256(hashlib.file_digest(stream, "sha256").hexdigest())
            self.add_wheel(wheel, sha256)
            entry = BuiltEntry(
                filename=wheel.name, key=key, sha256=sha256, notes=dict(notes)
            )
            folder = self.places.built(key)
            if self.built(key) is None and folder.exists():
                self.places.remove(folder)  # its wheel is gone
            with self.places.staging() as staged:
                made = staged / folder.name
                made.mkdir()
                write_entry(made, entry)
                self.places.publish(made, folder)
        built = self.built(key)
        if built is None:
            raise absent(sha256)
        return built


def require_digest(stream: BufferedReader, path: Path, sha256: Sha256) -> None:
    """Check that the whole of *stream* has the digest *sha256*, and rewind it."""
    found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise wrong_digest(path, "sha256", found, sha256)
    stream.seek(0)

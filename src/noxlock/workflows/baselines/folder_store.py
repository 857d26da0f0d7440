"""A store that is a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.errors import CompareError
from noxlock.workflows.baselines.objects import appearing, copy_digested, file_digest
from noxlock.workflows.baselines.stores import object_key

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FolderStore"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderStore:
    """Objects in a folder: of this machine, or one that several share."""

    url: str
    folder: Path

    def put(self, path: Path, sha256: str, size: int, /) -> None:
        """Keep the file at *path*; what is there already is looked at, and stays."""
        target = self.folder / object_key(sha256)
        if target.exists():
            self.get(sha256, size)
            return
        try:
            with appearing(target) as part:
                if copy_digested(path, part) != sha256:
                    raise CompareError("it was changed while it was recorded")
        except OSError as error:
            what = f"the store {self.url} cannot be written: {error.strerror or error}"
            raise CompareError(what) from error

    def prove(self, sha256: str, size: int, /) -> None:
        """Check the object's digest."""
        self.get(sha256, size)

    def get(self, sha256: str, size: int, /) -> Path:
        """Return the object itself, its digest checked."""
        path = self.folder / object_key(sha256)
        try:
            found = path.stat().st_size
            same = found == size and file_digest(path) == sha256
        except FileNotFoundError as error:
            raise CompareError(
                f"it is not in the store {self.url}: there is no {object_key(sha256)}",
                hint="bring it back, or record the baseline anew with --accept",
            ) from error
        except OSError as error:
            what = f"the store {self.url} cannot be read: {error.strerror or error}"
            raise CompareError(what) from error
        if not same:
            raise CompareError(
                f"{object_key(sha256)} in the store {self.url} is not what was kept:"
                " its sha256 differs",
                hint="restore that object, or remove it and record the baseline anew",
            )
        return path

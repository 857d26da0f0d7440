"""Files by their sha256, in a folder: appear whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["appearing", "copy_digested", "file_digest"]

_BLOCK: Final = 1 << 20


def file_digest(path: Path) -> str:
    """Return the sha256 of the file at *path*, as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_digested(source: Path, target: Path) -> str:
    """Copy a file and return the sha256 of what was written."""
    found = hashlib.sha256()
    with source.open("rb") as stream, target.open("wb") as sink:
        while block := stream.read(_BLOCK):
            found.update(block)
            sink.write(block)
    return found.hexdigest()


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Yield where to write what then appears at *path*, if the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".noxlock-", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o444)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

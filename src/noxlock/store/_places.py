"""Where things lie in the store, and how they appear there: whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.errors import StoreError
from noxlock.store import BASELINES, _lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Interpreter, Sha256

__all__ = ["ENTRY", "FILES", "Bucket", "Places", "disk_errors"]

ENTRY = "entry.json"
"""In each entry: what it holds, under its own digest. Its mtime is the last use."""
FILES = "files"
"""In each entry: the folder of what it holds."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONDA_KEY = re.compile(r"[0-9a-f]{64}|md5-[0-9a-f]{32}")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY}


class Bucket(StrEnum):
    """A kind of entry, with the version of its form.

    The version goes up when what is written changes, so that an older and a newer
    noxlock can share one store.
    """

    WHEELS = "wheels-v2"
    """`<sha256>/`: a wheel, unpacked."""
    BYTECODE = "bytecode-v2"
    """`<interpreter>/<entry>/`: the bytecode of a wheel or a conda package."""
    ARCHIVES = "archives-v2"
    """`<sha256>/`: a source distribution, whole."""
    BUILT = "built-v1"
    """`<sha256 of the key>/`: which wheel was built for a key."""
    CONDA = "conda-v2"
    """`<sha256>/` or `md5-<md5>/`, as the lock has it: a conda package, unpacked."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one store; making this object touches no disk."""

    root: Path

    @contextmanager
    def using(self, doing: str, *, hint: str | None = None) -> Iterator[None]:
        """Make the store, and keep `gc` away; say what *doing* could not be done.

        Raises:
            StoreError: As `disk_errors` has it.
        """
        with disk_errors(doing, hint):
            self.root.mkdir(parents=True, exist_ok=True)
            with _lock.shared(self.lock):
                yield

    def wheel(self, sha256: Sha256) -> Path:
        """Return the entry of a wheel."""
        return self.root / Bucket.WHEELS / _checked(sha256)

    def conda(self, key: str) -> Path:
        """Return the entry of a conda package; *key*: the digest that the lock has."""
        if not _CONDA_KEY.fullmatch(key):
            raise StoreError(f"`{key}` is no digest of a conda package")
        return self.root / Bucket.CONDA / key

    def bytecode(self, sha256: Sha256, interpreter: Interpreter) -> Path:
        """Return the entry of a wheel's bytecode for *interpreter*."""
        return self._bytecode(interpreter) / _checked(sha256)

    def conda_bytecode(self, key: str, interpreter: Interpreter) -> Path:
        """Return the entry of a conda package's bytecode for *interpreter*."""
        return self._bytecode(interpreter) / self.conda(key).name

    def _bytecode(self, interpreter: Interpreter) -> Path:
        # The full version too: compilers of one magic number differ in fixes.
        name = f"{interpreter.cache_tag}-{interpreter.magic}-{interpreter.version}"
        return self.root / Bucket.BYTECODE / name

    def archive(self, sha256: Sha256) -> Path:
        """Return the entry of a source distribution."""
        return self.root / Bucket.ARCHIVES / _checked(sha256)

    def built(self, key: str) -> Path:
        """Return the entry of what was built for *key*."""
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.root / Bucket.BUILT / name

    @property
    def temporary(self) -> Path:
        """The folder of what is not finished."""
        return self.root / "tmp"

    @property
    def downloads(self) -> Path:
        """The folder of files on their way in."""
        return self.root / "downloads"

    @property
    def baselines(self) -> Path:
        """The folder of outputs of baselines that were downloaded."""
        return self.root / BASELINES

    @property
    def lock(self) -> Path:
        """The file that users and cleaners of the store lock."""
        return self.root / ".lock"

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield a new folder on the store's own file system, removed at the end."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self.temporary))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, staged: Path, entry: Path) -> bool:
        """Rename a finished entry into its place; False where another was first."""
        entry.parent.mkdir(parents=True, exist_ok=True)
        if _renamed(staged, entry):
            return True
        if (entry / ENTRY).exists():
            return False
        self.remove(entry)  # someone took the entry's own file away
        return _renamed(staged, entry)

    def remove(self, path: Path) -> None:
        """Take *path* out of its place at once, then delete it at leisure."""
        with self.staging() as aside:
            path.rename(aside / path.name)


def _renamed(staged: Path, entry: Path) -> bool:
    try:
        staged.rename(entry)
    except OSError as error:
        if error.errno in _TAKEN and entry.is_dir():
            return False
        raise
    return True


def _checked(sha256: Sha256) -> str:
    if not _SHA256.fullmatch(sha256):
        raise StoreError(f"`{sha256}` is no SHA-256 digest")
    return sha256


@contextmanager
def disk_errors(doing: str, hint: str | None = None) -> Iterator[None]:
    """Say as a `StoreError` why the disk refused what was being done.

    Args:
        doing: What follows `cannot`.
        hint: What to do; None: what helps where the store is written; "": none.
    """
    try:
        yield
    except OSError as error:
        advice = None
        if error.errno in _FULL:
            reason = "the disk is full"
            advice = "free some space (`noxlock store gc`), or set NOXLOCK_CACHE_DIR"
        elif error.errno in _UNWRITABLE:
            reason = "it cannot be written"
            advice = "make it writable, or set NOXLOCK_CACHE_DIR to a folder that is"
        else:
            reason = error.strerror or str(error)
        file = error.filename if isinstance(error.filename, str) else None
        raise StoreError(
            f"cannot {doing}: {reason}",
            file=file,
            hint=advice if hint is None else hint or None,
        ) from error

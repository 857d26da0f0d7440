"""One lock for the whole store: any number of users, or one cleaner."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from noxlock.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["exclusive", "shared"]

_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_UNWRITABLE = {errno.EACCES, errno.EROFS, errno.EPERM}
_PAUSE = 0.1


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock as one of many; where files cannot be locked, do without."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        # Nobody can clean a store that cannot be written.
        if error.errno not in _UNWRITABLE:
            raise
        yield
        return
    try:
        _lock(handle, exclusively=False, patience=None)
        yield
    finally:
        os.close(handle)


@contextmanager
def exclusive(path: Path, *, patience: float) -> Iterator[None]:
    """Hold the lock alone.

    Raises:
        StoreError: Others still used the store after *patience* seconds.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _lock(handle, exclusively=True, patience=patience):
            raise StoreError(
                "the store is in use by another run",
                file=str(path.parent),
                hint="wait for it to end, then try again",
            )
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover

    def _lock(
        handle: int,  # noqa: ARG001
        *,
        exclusively: bool,  # noqa: ARG001
        patience: float | None,  # noqa: ARG001
    ) -> bool:
        """Windows refuses to remove what is open, so it needs no lock for that."""
        return True

else:
    import fcntl

    def _lock(handle: int, *, exclusively: bool, patience: float | None) -> bool:
        """Return whether the lock was had within *patience* seconds; None: wait."""
        if patience is None:
            return _flock(handle, fcntl.LOCK_SH)
        kind = fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH
        end = time.monotonic() + patience
        while not _flock(handle, kind | fcntl.LOCK_NB):
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE)
        return True

    def _flock(handle: int, operation: int) -> bool:
        try:
            fcntl.flock(handle, operation)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
        return True

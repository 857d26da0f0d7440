"""One maker of an environment at a time."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from noxlock.errors import EnvError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["locked"]


@contextmanager
def locked(prefix: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of the environment at *prefix*, by a file beside it.

    Args:
        prefix: The environment; need not exist.
        on_wait: Called once, where another process holds the lock.

    Raises:
        EnvError: The lock file cannot be written.
    """
    file = prefix.with_name(f".{prefix.name}.lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("ab")
    except OSError as error:
        raise EnvError(f"cannot write to {file.parent}: {error.strerror}") from error
    with stream:
        _take(stream.fileno(), on_wait)
        yield


if sys.platform == "win32":  # pragma: no cover - the tests run elsewhere
    import msvcrt
    import time

    def _take(handle: int, on_wait: Callable[[], None]) -> None:
        told = False
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            except OSError:
                if not told:
                    on_wait()
                told = True
                time.sleep(0.2)
            else:
                return

else:
    import fcntl

    def _take(handle: int, on_wait: Callable[[], None]) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # pragma: no cover - a file system without locks
            return

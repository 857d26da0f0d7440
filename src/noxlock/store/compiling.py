"""Compile what is stored, in a process of its own that nobody waits for.

What a user waits for is the first test, and it imports a third of what was installed.
Compiling all of numpy, scipy, scikit-learn and pandas was measured at 20 s of processor
time, four times what the first import takes without bytecode. So a session whose wheels
are new goes on at once, and this gives the next one its bytecode: at the lowest
priority, wheel by wheel, each whole or not at all. It ends by itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, json

from noxlock.errors import NoxlockError, StoreError
from noxlock.model import Interpreter, Sha256, Subdir, Target
from noxlock.store import _lock

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["compile_later", "main"]

_LOCK: Final = ".compiling"
"""Held by the one process that compiles; a second one leaves it the work."""


class _Job(Struct, frozen=True, kw_only=True):
    root: str
    executable: str
    version: str
    subdir: Subdir
    cache_tag: str
    magic: str
    wheels: tuple[str, ...]
    """The ones that take least first."""


def compile_later(
    root: Path, wheels: Sequence[Sha256], interpreter: Interpreter
) -> None:
    """Start to compile stored *wheels* in the background, if that can be done.

    Args:
        root: Folder of the store.
        wheels: Their digests.
        interpreter: What compiles.
    """
    job = _Job(
        root=str(root),
        executable=str(interpreter.executable),
        version=interpreter.version,
        subdir=interpreter.target.subdir,
        cache_tag=interpreter.cache_tag,
        magic=interpreter.magic,
        wheels=tuple(wheels),
    )
    with suppress(OSError), tempfile.TemporaryFile() as stream:
        stream.write(json.encode(job))
        stream.flush()
        stream.seek(0)
        _start([sys.executable, "-m", "noxlock.store.compiling"], stream.fileno())


if sys.platform == "win32":  # pragma: no cover

    def _start(command: list[str], stdin: int) -> None:
        import subprocess  # noqa: PLC0415 - there alone

        null = subprocess.DEVNULL
        subprocess.Popen(command, stdin=stdin, stdout=null, stderr=null)  # noqa: S603

else:

    def _start(command: list[str], stdin: int) -> None:
        """Start a process that nobody looks after; Ctrl-C is not meant for it."""
        os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )


def main() -> None:
    """Do the job that stands on stdin."""
    from noxlock.store.store import Store  # noqa: PLC0415 - it imports this module

    job = json.decode(sys.stdin.buffer.read(), type=_Job)
    if hasattr(os, "nice"):
        os.nice(19)
    interpreter = Interpreter(
        executable=Path(job.executable),
        version=job.version,
        target=Target(subdir=job.subdir, python=job.version),
        cache_tag=job.cache_tag,
        magic=job.magic,
    )
    store = Store(Path(job.root))
    # Without the lock another one is at it, or the store was removed.
    with (
        suppress(StoreError, OSError),
        _lock.exclusive(store.root / _LOCK, patience=0),
    ):
        for sha256 in job.wheels:
            with suppress(NoxlockError):  # the next build says what is wrong with it
                store.compile([Sha256(sha256)], interpreter)


if __name__ == "__main__":
    main()

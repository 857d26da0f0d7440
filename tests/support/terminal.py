"""A program on a real terminal, to type to."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Terminal"]

# What makes the terminal its own, so that Ctrl-C reaches it.
_START = (
    "import fcntl, os, sys, termios;"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """Runs *command* on a terminal of its own until the `with` block ends."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self._ours, theirs = pty.openpty()
        self._child = subprocess.Popen(
            [sys.executable, "-c", _START, *command],
            cwd=cwd,
            # Aborted, it shows where every thread is.
            env={"TERM": "xterm", "PYTHONFAULTHANDLER": "1", **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def __enter__(self) -> Self:
        """Return it, started."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program, however far it is."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        os.close(self._ours)

    def wait_for(self, text: str, *, seconds: float = 60) -> str:
        """Return all that was shown once *text* is there; a test fails without it."""
        deadline = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < deadline:
            if not self._read(deadline):
                break
        assert text in self.shown, self.shown
        return self.shown

    def write(self, text: str) -> None:
        """Type *text*; ASCII's ETX is Ctrl-C."""
        os.write(self._ours, text.encode())

    def end(self, *, seconds: float = 60) -> int:
        """Return the program's exit status; a test fails where it does not end."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        try:
            return self._child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._child.send_signal(signal.SIGABRT)
            while self._read(time.monotonic() + 5):
                pass
            raise AssertionError(f"it does not end:\n{self.shown}") from None

    def _read(self, deadline: float) -> bool:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._ours], [], [], left)[0]:
            return False
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:  # Linux: nobody has the other end open any more
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

"""Start one command, wait for it, say what it took; run as a script of its own.

What the kernel says of a child's memory begins at what its parent held when it forked:
Linux carries the mark over exec. So the parent is this small process, and not one
that has compared gigabytes. It also ends the command when noxlock itself is gone.

It reads from fd 0, ended by its end: folder, number of words, words, then `NAME=VALUE`
variables, each ended by a zero byte. To the first descriptor that its arguments name it
writes lines: `pid N`, or `error N`, where the command did not start, with its errno;
then `end STATUS SECONDS MEMORY`. The second reaches its end when noxlock is gone.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

__all__ = ["main"]

GRACE = 5.0
"""Seconds that a command has after SIGTERM."""


def _request() -> tuple[bytes, list[bytes], dict[bytes, bytes]]:
    data = b""
    while block := os.read(0, 1 << 16):
        data += block
    folder, count, *rest = data.split(b"\0")[:-1]
    words, variables = rest[: int(count)], rest[int(count) :]
    pairs = (variable.partition(b"=") for variable in variables)
    return folder, words, {name: value for name, _, value in pairs}


def _become(  # pragma: no cover - nothing that measures coverage outlives it
    folder: bytes, words: list[bytes], env: dict[bytes, bytes]
) -> None:
    """Turn this process, a new child, into the command."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    # What Python ignores would stay ignored in the command.
    for name in ("SIGPIPE", "SIGXFSZ", "SIGINT"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.chdir(folder)
    os.execvpe(words[0], words, env)  # noqa: S606 - running what it is given is its job


def _start(folder: bytes, words: list[bytes], env: dict[bytes, bytes]) -> int:
    """Return the pid of the command, or minus the errno of its failure."""
    failed, tell = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - likewise
        try:
            _become(folder, words, env)
        except OSError as error:
            os.write(tell, str(error.errno or 1).encode())
        os._exit(127)
    os.close(tell)
    number = os.read(failed, 16)  # its end comes with exec
    os.close(failed)
    if number:
        os.waitpid(child, 0)
        return -int(number)
    return child


def _signal(group: int, number: int) -> None:
    with suppress(OSError):
        os.killpg(group, number)


def _wait(child: int, woken: int, lifeline: int) -> tuple[int, float, int]:
    """Return status, time of the end and memory of *child*, once it has ended."""
    orphaned = False
    limit = 0.0
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            # getrusage(2): kilobytes; bytes on macOS.
            unit = 1 if sys.platform == "darwin" else 1024
            return status, time.monotonic(), usage.ru_maxrss * unit
        if orphaned:
            left = limit - time.monotonic()
            if left <= 0:
                _signal(child, signal.SIGKILL)
            select.select([woken], [], [], max(left, 0.1))
        else:
            ready, _, _ = select.select([woken, lifeline], [], [])
            orphaned = lifeline in ready
            if orphaned:
                limit = time.monotonic() + GRACE
                _signal(child, signal.SIGTERM)
        with suppress(BlockingIOError):
            os.read(woken, 64)


def main() -> None:
    """Run what is asked for."""
    say, lifeline = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in (say, lifeline):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - positional only
    # A terminal's Ctrl-C is for noxlock to pass on: this must live to tell the end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    request = _request()
    started = time.monotonic()
    child = _start(*request)
    if child < 0:
        os.write(say, b"error %d\n" % -child)
        return
    os.write(say, b"pid %d\n" % child)
    # The command alone holds the log now: its end is the end of what is written.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    status, ended, memory = _wait(child, woken, lifeline)
    os.write(say, b"end %d %f %d\n" % (status, ended - started, memory))


if __name__ == "__main__":
    main()

"""Run a command, keep what it prints, and measure what it takes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from noxlock.errors import EnvError
from noxlock.process import _launch
from noxlock.process._echo import Echo
from noxlock.process._follow import Followed
from noxlock.process._plain import run_plainly
from noxlock.process._run import cannot_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    _Request = tuple[tuple[str, ...], Path, Mapping[str, str]]
    """Command, folder, variables."""

__all__ = ["Measured", "end_all", "measure"]

# Without site and the user's variables it starts in a hundredth of a second.
LAUNCHER: Final = ("-I", "-S", _launch.__file__)
ATTEMPTS: Final = 4
"""Of starting the launcher."""
_running: Final[set[Followed]] = set()


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A command that has ended, and what it took."""

    command: tuple[str, ...]
    returncode: int
    """Negative: the signal that ended it."""
    seconds: float
    """Wall time, by the monotonic clock."""
    peak_memory: int | None
    """Bytes: the largest resident set of any one of its processes.

    As wait4(2) says: of itself and of each descendant that was waited for, not their
    sum; never less than some 10 MiB, those of its launcher. None: not known.
    """
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it exited with 0, in time."""
        return self.returncode == 0 and not self.timed_out


def measure(  # noqa: PLR0913 - what a run is given: place, variables, log, screen, time
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    echo: TextIO | None = None,
    timeout: float | None = None,
) -> Measured:
    """Run *command* to its end; a failure is the caller's to judge.

    It has a process group of its own, which is ended as a whole: when the time is
    over, on Ctrl-C, when noxlock dies; and what it leaves behind when it has ended. On
    Windows the command alone is ended, and its memory is not known.

    Args:
        command: Program and arguments; the program is looked up on *env*'s PATH.
        cwd: Where to run.
        env: Its whole environment.
        log: Gets every byte that it prints, at once, after what is there.
        echo: Shows the same as text, line by line; None: nothing is shown.
        timeout: Seconds that it may take; None: any.

    Raises:
        EnvError: There is no such program or folder, it cannot be executed, or the log
            cannot be written.
    """
    try:
        stream = log.open("ab", buffering=0)
    except OSError as error:
        what = f"the log cannot be written: {error.strerror or error}"
        raise EnvError(what, file=str(log)) from error
    shown = Echo(echo)
    request = (tuple(command), cwd, env)
    with stream:
        try:
            if hasattr(os, "killpg"):
                return _in_group(request, stream, shown, timeout)
            return _alone(request, stream, shown, timeout)
        finally:
            shown.close()


def end_all() -> None:
    """End every command that is being measured, by whichever thread."""
    for followed in tuple(_running):
        followed.stop()


def _alone(
    request: _Request, log: BinaryIO, echo: Echo, timeout: float | None
) -> Measured:
    status, seconds, late = run_plainly(request, log, echo, timeout)
    return Measured(
        command=request[0],
        returncode=status,
        seconds=seconds,
        peak_memory=None,
        timed_out=late,
    )


def _in_group(
    request: _Request, log: BinaryIO, echo: Echo, timeout: float | None
) -> Measured:
    with ExitStack() as stack:
        followed = _launched(stack, request, log, echo)
        try:
            followed.follow(None if timeout is None else time.monotonic() + timeout)
        except BaseException:
            # It is not in the terminal's foreground group: Ctrl-C is passed on.
            followed.end(signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
            followed.follow(None)
            raise
    return _measured(followed, request[0], request[1])


def _launched(
    stack: ExitStack, request: _Request, log: BinaryIO, echo: Echo
) -> Followed:
    """Start the launcher; what is open in *stack* keeps it going."""
    out, say, life, wake = (os.pipe() for _ in range(4))
    for descriptor in (out[0], say[0], *wake):
        stack.callback(os.close, descriptor)
    followed = Followed(
        out=out[0], say=say[0], woken=wake[0], wake=wake[1], log=log, echo=echo
    )
    stack.callback(followed.close)
    stack.callback(_running.discard, followed)
    _running.add(followed)  # before it runs: who ends all ends this too
    try:
        launcher = _launcher(out[1], say[1], life[0])
    except OSError as error:
        os.close(life[1])
        raise cannot_start(sys.executable, None, error) from error
    finally:
        for descriptor in (out[1], say[1], life[0]):
            os.close(descriptor)
    stack.enter_context(launcher)
    # The first to go: then the launcher ends, and is waited for.
    stack.callback(os.close, life[1])
    if launcher.stdin is not None:
        with suppress(BrokenPipeError), launcher.stdin as stdin:
            stdin.write(_encoded(*request))
    return followed


def _launcher(out: int, say: int, life: int) -> subprocess.Popen[bytes]:
    """Start the launcher; try again where the system says EFAULT.

    Seen about once in ten thousand starts under load (Linux 6.18): exec fails although
    what it is given is sound, and the caller is left as it was.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return subprocess.Popen(  # noqa: S603 - this interpreter, a fixed script
                [sys.executable, *LAUNCHER, str(say), str(life)],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                pass_fds=(say, life),
                # A copy: what another thread does to the variables does not reach it.
                env=dict(os.environ),
            )
        except OSError as error:
            if error.errno != errno.EFAULT or not left:
                raise
            time.sleep(0.1)
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _encoded(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> bytes:
    variables = (f"{name}={value}" for name, value in env.items())
    fields = (str(cwd), str(len(command)), *command, *variables)
    return b"".join(os.fsencode(part) + b"\0" for part in fields)


def _measured(followed: Followed, command: tuple[str, ...], cwd: Path) -> Measured:
    """Read what the launcher answered."""
    *_, last = followed.answer.splitlines() or [b""]
    word, *numbers = last.split() or [b""]
    if word == b"end":
        return Measured(
            command=command,
            returncode=os.waitstatus_to_exitcode(int(numbers[0])),
            seconds=float(numbers[1]),
            peak_memory=int(numbers[2]),
            timed_out=followed.timed_out,
        )
    number = int(numbers[0]) if word == b"error" else errno.ECHILD
    # OSError(ENOENT) is a FileNotFoundError, and so on.
    raise cannot_start(command[0], cwd, OSError(number, os.strerror(number)))

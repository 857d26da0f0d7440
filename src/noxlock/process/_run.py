"""Run one command and wait for it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.errors import EnvError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Completed", "cannot_start", "run"]

GRACE: Final = 5.0
"""Seconds that an interrupted command has to end by itself, and again when asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completed:
    """A command that has ended."""

    command: tuple[str, ...]
    returncode: int
    """Negative: the signal that ended it."""
    stdout: str = ""
    """What it printed, stderr mixed in; "" where it was streamed."""

    @property
    def succeeded(self) -> bool:
        """Whether it exited with 0."""
        return self.returncode == 0

    def tail(self, lines: int = 20) -> str:
        """Return the last *lines* lines of what it printed."""
        return "\n".join(self.stdout.rstrip().splitlines()[-lines:])


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stream: bool = False,
) -> Completed:
    """Run *command* to its end; a failure is the caller's to judge.

    Args:
        command: Program and arguments; the program is looked up on *env*'s PATH.
        cwd: Where to run; None: here.
        env: Its whole environment; None: this process's own.
        stream: Let it write to this process's stdout and stderr, not captured.

    Raises:
        EnvError: There is no such program or folder, or it cannot be executed.
    """
    output = None if stream else subprocess.PIPE
    try:
        child = subprocess.Popen(  # noqa: S603 - running what it is given is its job
            command,
            cwd=cwd,
            env=env,
            stdin=None if stream else subprocess.DEVNULL,
            stdout=output,
            stderr=None if stream else subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError as error:
        raise cannot_start(command[0], cwd, error) from error
    with child:
        try:
            printed, _ = child.communicate()
        except BaseException:
            _end(child)
            raise
    return Completed(
        command=tuple(command), returncode=child.returncode, stdout=printed or ""
    )


def _end(child: subprocess.Popen[str]) -> None:
    # A terminal sends Ctrl-C to the child too: it may be tidying up already.
    for ask in (None, child.terminate, child.kill):
        if ask is not None:
            ask()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
        return


def cannot_start(program: str, cwd: Path | None, error: OSError) -> EnvError:
    """Return why *program* did not start, in one sentence."""
    if cwd is not None and not Path(cwd).is_dir():
        return EnvError(f"cannot run `{program}` in {cwd}: there is no such folder")
    if isinstance(error, FileNotFoundError):
        return EnvError(
            f"`{program}` was not found",
            hint="install it, or put its folder on PATH",
        )
    return EnvError(f"cannot run `{program}`: {error.strerror or error}")

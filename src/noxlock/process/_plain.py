"""Measure a command where processes have no groups: on Windows."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, BinaryIO, Final

from noxlock.process._run import cannot_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from noxlock.process._echo import Echo

__all__ = ["run_plainly"]

_BLOCK: Final = 1 << 16
_INTERVAL: Final = 0.05
"""Seconds between two looks at the command."""


def run_plainly(
    request: tuple[Sequence[str], Path, Mapping[str, str]],
    log: BinaryIO,
    echo: Echo,
    timeout: float | None,
) -> tuple[int, float, bool]:
    """Run a command; what it started itself is not ended with it.

    Returns:
        Its exit status, the seconds that it took, and whether its time was over.

    Raises:
        EnvError: It cannot be started.
    """
    command, cwd, env = request
    began, end = time.monotonic(), log.seek(0, 2)
    try:
        child = subprocess.Popen(  # noqa: S603 - running what it is given is its job
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise cannot_start(command[0], cwd, error) from error
    late = False
    with child, open(log.name, "rb") as shown:  # noqa: PTH123 - what the stream has
        shown.seek(end)
        try:
            while child.poll() is None:
                _show(shown, echo)
                if timeout is not None and time.monotonic() - began > timeout:
                    late = True
                    child.kill()
                time.sleep(_INTERVAL)
        except BaseException:
            child.kill()
            raise
        finally:
            child.wait()
            _show(shown, echo)
    return child.returncode, time.monotonic() - began, late


def _show(shown: BinaryIO, echo: Echo) -> None:
    while data := shown.read(_BLOCK):
        echo.feed(data)
    echo.tick()

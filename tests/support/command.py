"""The command `noxlock` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple

__all__ = ["COMMAND", "Ended", "in_a_process"]

COMMAND = (sys.executable, "-m", "noxlock")


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def in_a_process(*arguments: str, **variables: str) -> Ended:
    """Run one command line in the working directory, with *variables* set."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)

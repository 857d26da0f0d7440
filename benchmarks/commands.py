"""Run a command and say what it took: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["BenchmarkError", "Command", "Sample", "measure", "output", "total"]

_TAIL = 3000
_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


class BenchmarkError(Exception):
    """What was to be measured cannot be; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What one run took."""

    seconds: float
    cpu: float
    """User and system seconds, of children that were waited for too."""
    mib: float
    """Peak memory of its largest process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One process: what is run, where, with which variables."""

    args: Sequence[str | Path]
    cwd: Path
    environ: Mapping[str, str]


def measure(*commands: Command) -> Sample:
    """Run *commands* one after the other; returns what all of them took.

    A child's peak starts from its parent's, so this process must stay small.

    Raises:
        BenchmarkError: One of them failed; says what it wrote last.
    """
    begin = time.perf_counter()
    used = [_run(command) for command in commands]
    seconds = time.perf_counter() - begin
    return Sample(
        seconds=seconds,
        cpu=sum(cpu for cpu, _ in used),
        mib=max(mib for _, mib in used),
    )


def total(samples: Sequence[Sample]) -> Sample:
    """Return what several runs, one after the other, took together."""
    return Sample(
        seconds=sum(one.seconds for one in samples),
        cpu=sum(one.cpu for one in samples),
        mib=max(one.mib for one in samples),
    )


def output(command: Command) -> str:
    """Return what *command* writes to stdout; not for the clock.

    Raises:
        BenchmarkError: It failed; says what it wrote to stderr.
    """
    done = subprocess.run(
        _strings(command),
        cwd=command.cwd,
        env=dict(command.environ),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise _failed(command, done.returncode, done.stderr or done.stdout)
    return done.stdout


def _run(command: Command) -> tuple[float, float]:
    # A file takes whatever comes: a pipe would need someone who reads it meanwhile.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            _strings(command),
            cwd=command.cwd,
            env=dict(command.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise _failed(command, process.returncode, log.read())
    return used.ru_utime + used.ru_stime, used.ru_maxrss / _UNIT


def _strings(command: Command) -> list[str]:
    return [str(each) for each in command.args]


def _failed(command: Command, status: int, said: str) -> BenchmarkError:
    shown = " ".join(_strings(command))
    return BenchmarkError(
        f"`{shown}` in {command.cwd} ended with {status}:\n{said[-_TAIL:].rstrip()}"
    )

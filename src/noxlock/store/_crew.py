"""Many files checked and placed at once, by as many processes as there are processors.

Threads were measured to win little: most of the time goes into short system calls, and
between them every thread wants the interpreter's lock. Two processes halve it.
"""

from __future__ import annotations

import heapq
import marshal
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from noxlock.errors import StoreError
from noxlock.store import _worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.store._worker import Group, Job, Result

__all__ = ["processors", "run_crew"]

# Microseconds, as measured; for the division only their proportions matter.
_FOLDER: Final = 40.0
_FILE: Final = 30.0
_BYTE: Final = 1 / 1400
_START: Final = 30_000.0
_WORTH: Final = 60_000.0
"""So much work is worth a process."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_crew(
    mode: str, groups: Sequence[Group], *, quick: bool, prefix: Path | None = None
) -> Result:
    """Check and place what *groups* say; returns what is damaged, in a fixed order.

    Args:
        mode: A `LinkMode`, never `auto`.
        groups: Their targets are relative to *prefix*.
        quick: Whether to look at sizes and times only.
        prefix: Folder of the environment; None: there are no targets.

    Raises:
        OSError: A file cannot be placed.
        StoreError: A process of its own failed.
    """
    shares = _shares(groups, 0.0 if quick else _BYTE)
    with ExitStack() as stack:
        hired = [
            stack.enter_context(_Hired((str(mode), quick, share), prefix))
            for share in shares[1:]
        ]
        own: Job = (mode, quick, [_absolute(group, prefix) for group in shares[0]])
        damage = _worker.work(own)
        for worker in hired:
            damage += worker.result()
    return sorted(damage)


class _Hired:
    """A process that does one job; ended with the block, whatever happens."""

    def __init__(self, job: Job, prefix: Path | None) -> None:
        # Not a pipe: that holds less than a job, and there is other work to do.
        with tempfile.TemporaryFile() as stream:
            marshal.dump(job, stream)
            stream.flush()
            stream.seek(0)
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter
                [sys.executable, "-I", "-S", _worker.__file__, str(os.getpid())],
                stdin=stream,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=prefix,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def result(self) -> Result:
        """Wait for its end and return what it found."""
        output, complaint = self._process.communicate()
        if self._process.returncode:
            lines = complaint.decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"status {self._process.returncode}"
            raise StoreError(f"a process that links files failed: {why}")
        found = marshal.loads(output)  # noqa: S302 - written by this very file
        if isinstance(found, tuple):
            raise OSError(*found)
        return list(found)


def _absolute(group: Group, prefix: Path | None) -> Group:
    number, source, target, files = group
    return number, source, target if target is None else f"{prefix}/{target}", files


def _shares(groups: Sequence[Group], byte: float) -> list[list[Group]]:
    """Divide *groups* into shares that take as long as each other.

    What goes to one folder stays together, for two processes that write to one wait for
    each other. So does its bytecode, after its modules: where a module takes the place
    of one that lies there, the bytecode beside it goes.
    """
    units: dict[str, list[Group]] = {}
    for group in groups:
        _, source, target, _ = group
        place = source if target is None else target.removesuffix("__pycache__/")
        units.setdefault(place, []).append(group)
    weighed = sorted(((_weight(unit, byte), place) for place, unit in units.items()))
    count = max(1, min(processors(), int(sum(w for w, _ in weighed) // _WORTH)))
    # The first share is this process's own, which needs no start.
    heap = [(_START if number else 0.0, number) for number in range(count)]
    shares: list[list[str]] = [[] for _ in heap]
    for weight, place in reversed(weighed):
        load, number = heap[0]
        heapq.heapreplace(heap, (load + weight, number))
        shares[number].append(place)
    return [
        [
            group
            for place in sorted(share)
            for group in sorted(units[place], key=lambda group: group[2] or "")
        ]
        for share in shares
    ]


def _weight(unit: Sequence[Group], byte: float) -> float:
    return sum(
        _FOLDER + sum(_FILE + file[2] * byte for file in files) for *_, files in unit
    )

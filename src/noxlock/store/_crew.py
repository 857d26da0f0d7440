"""Many files checked and placed at once, by as many processes as there are processors.

Threads were measured to win little: most of the time goes into short system calls, and
between them every thread wants the interpreter's lock. Two processes halve it.
"""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

import blake3

from noxlock.errors import StoreError
from noxlock.store import _worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from noxlock.store._remains import Older
    from noxlock.store._worker import Damage, Group, Job

__all__ = ["processors", "run_crew"]

# Microseconds, as measured; for the division only their proportions matter.
_FOLDER: Final = 40.0
_FILE: Final = 30.0
_BYTE: Final = 1 / 2500
_WORTH: Final = 60_000.0
"""So much work is worth a process."""
_CHUNKS: Final = 12
"""To each process, so that all end at nearly one time."""
_MOST: Final = 256
"""A chunk's number is a byte."""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_crew(
    mode: str,
    groups: list[Group],
    *,
    quick: bool,
    prefix: Path | None = None,
    older: Older | None = None,
) -> Damage:
    """Check and place what *groups* say.

    Args:
        mode: A `LinkMode`, never `auto`.
        groups: Their targets are relative to *prefix*.
        quick: Whether to look at sizes and times only.
        prefix: Folder of the environment; None: there are no targets.
        older: What is there already (see `_recycling`); None: nothing.

    Returns:
        What is damaged, in a fixed order.

    Raises:
        OSError: A file cannot be placed.
        StoreError: A process of its own failed.
    """
    count, chunks = _divided(groups, 0.0 if quick else _BYTE)
    base = "" if prefix is None else f"{prefix}/"
    own: Job = (mode, quick, base, groups, chunks, older)
    job: Job = (str(mode), quick, "", groups, chunks, older)
    with ExitStack() as stack:
        shares = _shares(count, len(chunks), stack)
        hired = [
            stack.enter_context(_Hired(job, prefix, share)) for share in shares[1:]
        ]
        damage = _worker.work(own, shares[0].chunks())
        for worker in hired:
            damage += worker.result()
    return sorted(damage)


class _Share:
    """The chunks of one process: the next that nobody has taken, or fixed ones."""

    def __init__(self, *, tokens: int | None = None, fixed: Sequence[int] = ()) -> None:
        self.tokens = tokens
        self.fixed = fixed

    def chunks(self) -> Iterable[int]:
        return self.fixed if self.tokens is None else _worker.taken(self.tokens)

    def __str__(self) -> str:
        if self.tokens is not None:
            return f"pipe:{self.tokens}"
        return ",".join(map(str, self.fixed))


def _shares(count: int, chunks: int, stack: ExitStack) -> list[_Share]:
    """Return the share of each of *count* processes."""
    if count == 1:
        return [_Share(fixed=range(chunks))]
    if os.name == "nt":  # pragma: no cover - a child inherits no pipe there
        return [_Share(fixed=range(first, chunks, count)) for first in range(count)]
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    # As many bytes as chunks: a pipe holds all of them at once.
    os.write(writer, bytes(range(chunks)))
    os.close(writer)
    return [_Share(tokens=reader) for _ in range(count)]


class _Hired:
    """A process that does a share of a job; ended with the block, whatever happens."""

    def __init__(self, job: Job, prefix: Path | None, share: _Share) -> None:
        libraries = os.path.dirname(os.path.dirname(blake3.__file__))  # noqa: PTH120
        # Not a pipe: that holds less than a job, and there is other work to do.
        with tempfile.TemporaryFile() as stream:
            marshal.dump(job, stream)
            stream.flush()
            stream.seek(0)
            script = (_worker.__file__, str(os.getpid()), libraries, str(share))
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter
                [sys.executable, "-I", "-S", *script],
                stdin=stream,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=prefix,
                pass_fds=() if share.tokens is None else (share.tokens,),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def result(self) -> Damage:
        """Wait for its end and return what it found."""
        output, complaint = self._process.communicate()
        if self._process.returncode:
            lines = complaint.decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"status {self._process.returncode}"
            raise StoreError(f"a process that links files failed: {why}")
        found = marshal.loads(output)  # noqa: S302 - written by this very file
        if isinstance(found, tuple):  # number, words and file
            raise OSError(*found)
        damage: Damage = found
        return damage


def _divided(groups: Sequence[Group], byte: float) -> tuple[int, list[list[int]]]:
    """Return how many processes are worth it, and the work in chunks, large ones first.

    What goes to one folder stays together, for two processes that write to one wait for
    each other. So does its bytecode, after its modules: where a module takes the place
    of one that lies there, the bytecode beside it goes.
    """
    units: dict[str, list[int]] = {}
    for index, (_, source, target, _) in enumerate(groups):
        place = source if target is None else target.removesuffix("__pycache__/")
        units.setdefault(place, []).append(index)
    weighed = sorted(
        (
            (sum(_weight(groups[index], byte) for index in unit), place)
            for place, unit in units.items()
        ),
        reverse=True,
    )
    total = sum(weight for weight, _ in weighed)
    count = max(1, min(processors(), int(total // _WORTH)))
    most = min(count * _CHUNKS, _MOST)
    chunks: list[list[int]] = []
    held = most * total  # the first one begins a chunk
    for weight, place in weighed:
        if held + weight > total / most and len(chunks) < _MOST:
            chunks.append([])
            held = 0.0
        held += weight
        unit = sorted(units[place], key=lambda index: groups[index][2] or "")
        chunks[-1] += unit
    return count, chunks


def _weight(group: Group, byte: float) -> float:
    return _FOLDER + sum(_FILE + file[2] * byte for file in group[3])

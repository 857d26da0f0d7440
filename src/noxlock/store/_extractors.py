"""Processes that take members out of archives, one for each processor."""

from __future__ import annotations

import marshal
import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import blake3

from noxlock.errors import StoreError
from noxlock.store import _extractor
from noxlock.store._crew import processors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.store._extractor import Digests, Job, Member, Result

__all__ = ["Extractors"]

_WORTH: Final = 2_000_000
"""Bytes of members, with `_EACH` for every one, that are worth another process."""
_EACH: Final = 10_000
_CHUNK: Final = 8_000_000


class Extractors:
    """A pool of processes; each is started when there is work, and ended by `close`.

    Safe for many threads at once, which wait for a process to be free.
    """

    def __init__(self) -> None:
        self._free: queue.SimpleQueue[subprocess.Popen[bytes] | None]
        self._free = queue.SimpleQueue()
        for _ in range(processors()):
            self._free.put(None)  # room for one that is not started yet
        self._started: list[subprocess.Popen[bytes]] = []
        self._guard = threading.Lock()

    def extract(
        self, archive: str, base: str, mtime: int, members: Sequence[Member]
    ) -> list[Digests]:
        """Write *members* of *archive*, whose folders exist; returns their digests.

        Raises:
            Broken: A member is broken.
            OSError: One cannot be written.
            StoreError: A process failed.
        """
        chunks = _chunks(members)
        jobs = [(archive, base, mtime, list(chunk)) for chunk in chunks]
        if len(jobs) == 1 and _weight(members) < _WORTH:
            return _extractor.extract(jobs[0])
        with ThreadPoolExecutor(len(jobs)) as pool:
            return [digests for done in pool.map(self._run, jobs) for digests in done]

    def _run(self, job: Job) -> list[Digests]:
        process = self._free.get()
        try:
            if process is None:
                process = self._start()
            result = _ask(process, job)
        finally:
            self._free.put(process)
        match result:
            case [*_] if isinstance(result, list):
                return result
            case (str(path), what):
                raise _extractor.Broken(path, what)
            case (number, words, name):
                raise OSError(number, words, name)
        raise AssertionError(result)  # pragma: no cover

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-I", "-S", _extractor.__file__, *_libraries()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with self._guard:
            self._started.append(process)
        return process

    def close(self) -> None:
        """End the processes; whatever they are doing is not finished."""
        with self._guard:
            started, self._started = self._started, []
        for process in started:
            process.kill()
            process.communicate()


def _libraries() -> list[str]:
    """Return the folders of the packages that the process imports."""
    files = (blake3.__file__, _extractor.inflating.__file__ or "")
    return list(dict.fromkeys(os.path.dirname(os.path.dirname(f)) for f in files))  # noqa: PTH120


def _ask(process: subprocess.Popen[bytes], job: Job) -> Result:
    assert process.stdin is not None  # noqa: S101 - a pipe
    assert process.stdout is not None  # noqa: S101 - likewise
    try:
        marshal.dump(job, process.stdin)
        process.stdin.flush()
        result: Result = marshal.load(process.stdout)  # noqa: S302 - from `_extractor`
    except (EOFError, BrokenPipeError) as error:
        raise StoreError(
            "a process that unpacks wheels was ended",
            hint="by the system perhaps, for want of memory; run again",
        ) from error
    return result


def _chunks(members: Sequence[Member]) -> list[list[Member]]:
    """Divide *members*, in their order, into parts of about one weight."""
    chunks: list[list[Member]] = [[]]
    held = 0
    for member in members:
        if held >= _CHUNK:
            chunks.append([])
            held = 0
        chunks[-1].append(member)
        held += member[3] + _EACH
    return chunks


def _weight(members: Sequence[Member]) -> int:
    return sum(member[3] + _EACH for member in members)

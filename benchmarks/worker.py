"""One warm process of noxlock's library that is asked for something turn by turn."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.commands import BenchmarkError, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.surroundings import Bench

__all__ = ["Worker", "open_worker"]

_PROGRAMS = Path(__file__).parent / "programs"
_PATIENCE = 10.0


class Worker:
    """The process: a line asks, a line of JSON answers."""

    def __init__(self, process: subprocess.Popen[str], log: IO[str]) -> None:
        self._process = process
        self._log = log
        self.whole: list[float] = []
        """Of each turn: the seconds of all that was done, where it says them."""

    def ask(self, line: str | Path) -> Sample:
        """Return what it took to do what *line* says.

        Raises:
            BenchmarkError: The process broke off.
        """
        asked, answers = self._process.stdin, self._process.stdout
        answer = ""
        if asked and answers and self._process.poll() is None:
            asked.write(f"{line}\n")
            asked.flush()
            answer = answers.readline()
        if not answer:
            self._process.wait(_PATIENCE)
            self._log.seek(0)
            raise BenchmarkError(f"a worker broke off:\n{self._log.read()[-3000:]}")
        found = json.loads(answer)
        self.whole.append(found.pop("whole", found["seconds"]))
        return Sample(**found)


@contextmanager
def open_worker(
    bench: Bench, name: str, *arguments: str | Path, environ: Mapping[str, str]
) -> Iterator[Worker]:
    """Start the program of this name, and end it with the block."""
    program = _PROGRAMS / f"{name}.py"
    command = [str(each) for each in (bench.python, program, *arguments)]
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Worker(process, log)

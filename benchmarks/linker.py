"""noxlock's own linking, in one warm process that is asked for it turn by turn."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands import BenchmarkError, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.surroundings import Bench

__all__ = ["Linker", "open_linker"]

_PROGRAM = Path(__file__).parent / "programs" / "link.py"


class Linker:
    """The process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.whole: list[float] = []
        """Of each turn: the seconds of the whole build, its plan included."""

    def link(self, prefix: Path) -> Sample:
        """Make the environment at *prefix*, which is absent; returns its linking.

        Raises:
            BenchmarkError: The process broke off.
        """
        asked, answers = self._process.stdin, self._process.stdout
        line = ""
        if asked and answers:
            asked.write(f"{prefix}\n")
            asked.flush()
            line = answers.readline()
        if not line:
            raise BenchmarkError(f"{_PROGRAM} broke off; see above")
        answer = json.loads(line)
        self.whole.append(answer.pop("whole"))
        return Sample(**answer)


@contextmanager
def open_linker(
    bench: Bench, project: Path, environment: str, environ: Mapping[str, str]
) -> Iterator[Linker]:
    """Start it for an environment of *project*, and end it with the block."""
    command = [str(bench.python), str(_PROGRAM), str(project), environment]
    with subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Linker(process)

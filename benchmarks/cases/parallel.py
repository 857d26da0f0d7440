"""Eight sessions at once, two at a time, out of one store."""

from __future__ import annotations

import statistics
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.arena import SESSION, open_arena
from benchmarks.cases.fresh import IMPORTS
from benchmarks.commands import BenchmarkError
from benchmarks.harness import Case, Figures, Setup, Target, fact, timed
from benchmarks.projects import SCIENCE, copy_project
from benchmarks.surroundings import put_aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.commands import Command
    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

SESSIONS: Final = 8
JOBS: Final = 2
_AT_ONCE = f"nox -j {JOBS}, {SESSIONS} sessions"
_ALONE = f"the sum of {SESSIONS} runs of one session"
_AGAIN = ", again"
"""Where the environments of the last runs are there, as for most runs."""
_WAITS = "lines that say `waiting`"
_IDLE = f"nox -j {JOBS} / (its processor time / {JOBS})"
"""One session uses more than one processor, for which its double waits: this says what
is lost to waiting alone, on a machine of as many processors."""


def _names() -> list[str]:
    return [f"part-{number}" for number in range(SESSIONS)]


def _project(folder: Path) -> Path:
    copy_project(SCIENCE, folder)
    file = folder / "sessions" / "all.yml"
    run = f"python -c '{IMPORTS}'"
    lines = "".join(
        f'  {name}: {{environment: science, run: "{run}"}}\n' for name in _names()
    )
    file.write_text(file.read_text("utf-8") + lines, "utf-8")
    return folder


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    with open_arena(bench, "parallel", _project, IMPORTS) as arena:
        nox, project = bench.program("nox"), arena.project
        args = ("-j", str(JOBS), "-s", *_names())
        at_once = arena.command(nox, *args, cwd=project)
        alone = [arena.command(nox, "-s", name, cwd=project) for name in _names()]

        def nothing_there() -> None:
            for name in (*_names(), SESSION):
                put_aside(project / ".nox" / name, arena.root)

        def facts(figures: Figures) -> Mapping[str, Fact]:
            nothing_there()
            idle = {
                f"{_IDLE}{kind}": statistics.median(
                    one.seconds * JOBS / one.cpu
                    for one in figures.samples[_AT_ONCE + kind]
                )
                for kind in ("", _AGAIN)
                if figures.samples.get(_AT_ONCE + kind)
            }
            return {_WAITS: _said(at_once).count("waiting"), **idle}

        yield Setup(
            contestants=[
                timed(_AT_ONCE, at_once, before=nothing_there),
                timed(_ALONE, *alone, before=nothing_there),
                timed(_AT_ONCE + _AGAIN, at_once),
                timed(_ALONE + _AGAIN, *alone),
            ],
            targets=(
                _target(""),
                _target(_AGAIN),
                fact(_IDLE, 1.1, "x"),
                fact(_IDLE + _AGAIN, 1.1, "x"),
                fact(_WAITS, 0),
            ),
            facts=facts,
        )


def _target(kind: str) -> Target:
    at_once, alone = _AT_ONCE + kind, _ALONE + kind
    return Target(
        text=f"{at_once} / ({alone} / {JOBS})",
        bound=1.1,
        value=lambda figures: figures.median(at_once) / (figures.median(alone) / JOBS),
        unit="x",
    )


def _said(command: Command) -> str:
    done = subprocess.run(
        [str(each) for each in command.args],
        cwd=command.cwd,
        env=dict(command.environ),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BenchmarkError(f"{_AT_ONCE} failed:\n{done.stdout[-2000:]}")
    return done.stdout


CASE = Case(
    name="parallel",
    summary=f"{SESSIONS} sessions with `nox -j {JOBS}` from one store",
    open=_open,
)

"""`noxlock plan`, the whole process: a made-up lock, and real ones where they are."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.commands import BenchmarkError, Command, output
from benchmarks.harness import Case, Setup, seconds, timed
from benchmarks.locks import made_up, write_locked
from benchmarks.surroundings import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.harness import Contestant, Fact, Figures
    from benchmarks.surroundings import Bench

__all__ = ["CASE", "NOXFILE", "SESSIONS"]

PACKAGES: Final = 300
CORPUS: Final = "NOXLOCK_BENCHMARK_LOCKS"
"""Names a folder with real poetry.lock files, at any depth; the three largest count."""
NOXFILE: Final = 'import noxlock\n\nnoxlock.load("sessions")\n'
SESSIONS: Final = """\
locks:
  poetry.lock: {{from: pyproject.toml}}
environments:
  many: {{pypi: poetry.lock, groups: [{groups}], project: none}}
"""
_REAL: Final = 3


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("plan")
    project = write_locked(root / "many", made_up(PACKAGES), noxfile_py=NOXFILE)
    (project / "sessions").mkdir()
    (project / "sessions" / "all.yml").write_text(
        SESSIONS.format(groups="main, test"), "utf-8"
    )
    environ = bench.local()

    def command(*args: str | Path) -> Command:
        program = bench.program("noxlock")
        return Command(args=(program, *args), cwd=project, environ=environ)

    plan = command("plan", "many")
    name = f"noxlock plan, {PACKAGES} packages"
    contestants = [timed(name, plan), timed("noxlock --version", command("--version"))]
    planned = len(output(plan).splitlines()) - 1

    def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
        size = (project / "poetry.lock").stat().st_size
        return {"packages planned": planned, "bytes of the lock": size}

    try:
        yield Setup(
            contestants=[*contestants, *_real(bench, command)],
            targets=(seconds(name, 0.3),),
            facts=facts,
        )
    finally:
        remove(root)


def _real(bench: Bench, command: Callable[..., Command]) -> list[Contestant]:
    """Return the plans of the largest real locks that have an artifact for all."""
    folder = os.environ.get(CORPUS)
    if not folder:
        return []
    found = sorted(Path(folder).rglob("poetry.lock"), key=lambda p: -p.stat().st_size)
    chosen: list[Contestant] = []
    for lock in found:
        plan = command("plan", "--lock", lock, "--groups", "all")
        try:
            output(plan)
        except BenchmarkError:
            bench.say(f"  {lock}: cannot be planned whole here; passed over")
            continue
        name = f"{lock.parent.name}, {lock.stat().st_size >> 10} KiB"
        chosen.append(timed(name, plan))
        if len(chosen) == _REAL:
            break
    return chosen


CASE = Case(
    name="plan",
    summary=f"`noxlock plan` of a lock of {PACKAGES} packages, the whole process",
    open=_open,
)

"""A conda prefix from a lock, warm: noxlock against rattler.install alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.commands import BenchmarkError, Command, measure, output
from benchmarks.harness import Case, Contestant, Figures, Setup, quotient, timed
from benchmarks.indexes import serve_wheels
from benchmarks.projects import write_project
from benchmarks.surroundings import ROOT, put_aside, remove
from benchmarks.worker import open_worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench
    from benchmarks.worker import Worker

__all__ = ["CASE"]

_STATEMENT: Final = "import numpy, pytest"
_NOXFILE: Final = 'import noxlock\n\nnoxlock.load("sessions")\n'
_SESSIONS: Final = """\
locks:
  conda-lock.yml: {{from: environment.yml, targets: [{target}]}}
environments:
  many: {{conda: conda-lock.yml}}
sessions:
  many: {{environment: many, run: "python -c '{statement}'"}}
"""
_SOURCE: Final = "channels: [{channel}]\ndependencies: [python, numpy, pytest]\n"
_CHANNEL: Final = """\
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from support.conda_channel import HOST, conda_channels
print(HOST, conda_channels(Path(sys.argv[1])).root)
"""
_OWN: Final = "noxlock, in process"
_AGAIN: Final = "noxlock, in process, again"
_ALONE: Final = "rattler.install, in process"
_OWN_WHOLE: Final = "nox -s many --install-only"
_AGAIN_WHOLE: Final = "nox -s many --install-only, again"
_ALONE_WHOLE: Final = "a script of rattler.install"
_WITH: Final = "first import, noxlock's prefix"
_WITHOUT: Final = "first import, rattler's prefix"
_SECOND: Final = "second import, rattler's prefix"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("conda")
    target, _, channels = _channels(bench).partition(" ")
    (root / "wheels").mkdir()
    static = Path(channels)
    try:
        with serve_wheels(root / "wheels", bench.python, static) as index:
            environ = bench.local(index)
            channel = f"{index.removesuffix('simple/')}static/main"
            project = _project(root / "many", channel, target)
            for args in (("lock",), ("many",)):
                nox = (bench.program("nox"), "-s", *args)
                output(Command(args=nox, cwd=project, environ=environ))
            lock, cache = project / "conda-lock.yml", root / "rattler"
            with (
                open_worker(bench, "link", project, "many", environ=environ) as own,
                open_worker(
                    bench, "conda_install", lock, cache, environ=environ
                ) as alone,
            ):
                ring = _Ring(
                    bench=bench, project=project, environ=environ, own=own, alone=alone
                )
                yield ring.setup()
    finally:
        remove(root)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ring:
    """What the contestants share."""

    bench: Bench
    project: Path
    environ: Mapping[str, str]
    own: Worker
    alone: Worker

    @property
    def root(self) -> Path:
        return self.project.parent

    def setup(self) -> Setup:
        """Return the contestants, two by two, and their targets."""
        return Setup(
            contestants=[
                self.in_process(_OWN, self.own),
                # Nothing is removed first: it lies there from the round before.
                Contestant(
                    name=_AGAIN, measure=lambda: self.own.ask(self.root / _AGAIN)
                ),
                self.in_process(_ALONE, self.alone),
                *self.whole(),
                self.imports(_WITH, self.own),
                self.imports(_WITHOUT, self.alone),
                self.imports(_SECOND, self.alone, at=2),
            ],
            targets=(
                quotient(_OWN, _ALONE, 1.2),
                quotient(_AGAIN, _ALONE, 1.2),
                quotient(_OWN_WHOLE, _ALONE_WHOLE, 1.2),
                quotient(_AGAIN_WHOLE, _ALONE_WHOLE, 1.2),
                quotient(_WITH, _WITHOUT, 0.4),
                quotient(_WITH, _SECOND, 1.1),
            ),
            facts=self.facts,
        )

    def command(self, *args: str | Path) -> Command:
        return Command(args=args, cwd=self.project, environ=self.environ)

    def in_process(self, name: str, worker: Worker) -> Contestant:
        prefix = self.root / name
        return Contestant(
            name=name,
            measure=partial(worker.ask, prefix),
            before=partial(put_aside, prefix, self.root),
        )

    def whole(self) -> Iterator[Contestant]:
        """Yield both as processes, from start to exit."""
        install = (self.bench.program("nox"), "-s", "many", "--install-only")
        made = self.project / ".nox" / "many"
        yield timed(
            _OWN_WHOLE,
            self.command(*install),
            before=partial(put_aside, made, self.root),
        )
        yield timed(_AGAIN_WHOLE, self.command(*install))
        program = ROOT / "benchmarks" / "programs" / "conda_install.py"
        lock, cache = self.project / "conda-lock.yml", self.root / "rattler"
        prefix = self.root / _ALONE_WHOLE
        script = self.command(self.bench.python, program, lock, cache, prefix)
        yield timed(_ALONE_WHOLE, script, before=partial(put_aside, prefix, self.root))

    def imports(self, name: str, worker: Worker, *, at: int = 1) -> Contestant:
        prefix = self.root / name
        command = self.command(prefix / "bin" / "python", "-c", _STATEMENT)

        def before() -> None:
            put_aside(prefix, self.root)
            worker.ask(prefix)
            for _ in range(1, at):
                measure(command)

        return timed(name, command, before=before)

    def facts(self, figures: Figures) -> Mapping[str, Fact]:
        prefixes = {name: self.root / name for name in (_OWN, _ALONE)}
        held = {name: _packages(path) for name, path in prefixes.items()}
        if set(prefixes) <= set(figures.samples) and held[_OWN] != held[_ALONE]:
            raise BenchmarkError(f"they installed different packages: {held}")
        return {
            f"files: {name}": sum(map(Path.is_file, path.rglob("*")))
            for name, path in prefixes.items()
        }


def _packages(prefix: Path) -> list[str]:
    return sorted(path.stem for path in prefix.glob("conda-meta/*.json"))


def _project(folder: Path, channel: str, target: str) -> Path:
    write_project(
        folder,
        noxfile_py=_NOXFILE,
        environment_yml=_SOURCE.format(channel=channel),
    )
    text = _SESSIONS.format(target=target, statement=_STATEMENT)
    write_project(folder / "sessions", all_yml=text)
    return folder


def _channels(bench: Bench) -> str:
    """Return the subdir and the folder of the tests' channel, made where it is not."""
    bench.say("making the tests' environment and their conda channel")
    nox, envs = bench.program("nox"), bench.folder / "tests"
    make = (nox, "-R", "-s", "test-cpu", "--install-only", "--envdir", envs)
    output(Command(args=make, cwd=ROOT, environ=bench.own()))
    python = envs / "test-cpu" / "bin" / "python"
    args = (python, "-c", _CHANNEL, bench.caches / "channels")
    return output(Command(args=args, cwd=ROOT, environ=bench.own())).strip()


CASE = Case(
    name="conda",
    summary="a conda prefix from a lock, warm, and its first import",
    open=_open,
)

"""A project whose environment several tools make: pins, wheels, index, tree."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.commands import BenchmarkError, Command, measure, output
from benchmarks.indexes import serve_wheels
from benchmarks.projects import fetch, pins, write_uv_project
from benchmarks.surroundings import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.projects import Pin
    from benchmarks.surroundings import Bench

__all__ = ["ENVIRONMENT", "SESSION", "Arena", "open_arena"]

SESSION = "first"
"""The session that makes the environment and imports its main packages."""
ENVIRONMENT = "science"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arena:
    """What the contestants of one project share."""

    bench: Bench
    root: Path
    project: Path
    """With noxlock's definitions and lock."""
    statement: str
    """The first import."""
    wanted: Sequence[Pin]
    index: str
    """The simple page of the index on loopback, which has the wheels."""
    environ: Mapping[str, str]
    """Of all contestants: caches and stores are warm."""
    base: Path
    """The interpreter that environments are made of."""
    tree: Path
    """noxlock's own environment, finished and compiled, kept aside."""

    @property
    def noxlock_prefix(self) -> Path:
        """Where noxlock makes the environment."""
        return self.project / ".nox" / SESSION

    def command(self, *args: str | Path, cwd: Path, **variables: str | Path) -> Command:
        """Return a command with the variables of all, and PATH before them."""
        more = {name: str(value) for name, value in variables.items()}
        if path := more.pop("programs", ""):
            more["PATH"] = f"{path}{os.pathsep}{self.environ['PATH']}"
        return Command(args=args, cwd=cwd, environ={**self.environ, **more})

    def imports(self, prefix: Path) -> Command:
        """Return the first import, in the environment at *prefix*."""
        return self.command(
            prefix / "bin" / "python", "-c", self.statement, cwd=self.root
        )

    def noxlock(self, *options: str) -> Command:
        """Return `nox -s first`, with more options."""
        nox = self.bench.program("nox")
        return self.command(nox, "-s", SESSION, *options, cwd=self.project)

    def uv_project(self, name: str, uv: Path) -> Path:
        """Return a project with the same pins, locked by uv."""
        return write_uv_project(self.root / name, self.wanted, uv, self.environ)


@contextmanager
def open_arena(
    bench: Bench, name: str, make: Callable[[Path], Path], statement: str
) -> Iterator[Arena]:
    """Make a project with *make*, warm noxlock's store, keep a finished tree."""
    root = bench.scratch(name)
    project = make(root / "noxlock")
    wanted = pins(bench, project, ENVIRONMENT)
    wheels = fetch(bench, wanted, root / "wheels")
    try:
        with serve_wheels(wheels, bench.python) as index:
            environ = bench.local(index, caches=None)
            # Which waits for bytecode: the floor has it too.
            nox = (bench.program("nox"), "-s", SESSION, "--install-only")
            output(Command(args=nox, cwd=project, environ=environ))
            prefix = project / ".nox" / SESSION
            tree = root / "tree"
            measure(
                Command(args=("cp", "-al", prefix, tree), cwd=root, environ=environ)
            )
            base = _base(prefix)
            yield Arena(
                bench=bench,
                root=root,
                project=project,
                statement=statement,
                wanted=wanted,
                index=index,
                environ={**environ, "UV_PYTHON": str(base)},
                base=base,
                tree=tree,
            )
    finally:
        remove(root)


def _base(prefix: Path) -> Path:
    text = (prefix / "pyvenv.cfg").read_text("utf-8")
    found = re.search(r"^executable = (.+)$", text, re.MULTILINE)
    if not found:
        raise BenchmarkError(f"{prefix} does not say what it was made of")
    return type(prefix)(found[1])

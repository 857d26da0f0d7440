"""A fresh environment with PyTorch from a warm store, to the end of `import torch`."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.arena import ENVIRONMENT, SESSION, open_arena
from benchmarks.commands import Command, output
from benchmarks.contestants import (
    contestants,
    floor,
    floor_under_nox,
    nox_with_uv,
    noxlock,
    noxlock_again,
    uv_sync,
)
from benchmarks.harness import Case, Figures, Setup, quotient
from benchmarks.locks import Package, write_locked
from benchmarks.peers import Peers
from benchmarks.projects import require_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

TORCH: Final = "torch==2.13.0"
_NOXFILE: Final = 'import noxlock\n\nnoxlock.load("sessions")\n'
_SESSIONS: Final = f"""\
environments:
  {ENVIRONMENT}: {{pypi: poetry.lock, project: none}}
sessions:
  {SESSION}: {{environment: {ENVIRONMENT}, run: python -c "import torch"}}
"""


def _project(bench: Bench, folder: Path) -> Path:
    """Lock the wheels that the user's pip chooses: no index and no path is named."""
    wheels = bench.caches / "wheels"
    listed = wheels / f"{TORCH}.txt"
    if not listed.is_file():
        bench.say(f"fetching {TORCH} and what it needs")
        chosen = bench.scratch("torch-wheels")
        options = ("-q", "--only-binary", ":all:", "-d", chosen)
        pip = (bench.python, "-m", "pip", "download", *options, TORCH)
        output(Command(args=pip, cwd=bench.folder, environ=bench.own()))
        wheels.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in chosen.iterdir())
        for name in names:
            (chosen / name).replace(wheels / name)
        listed.write_text("\n".join(names), "utf-8")
    names = listed.read_text("utf-8").split()
    write_locked(folder, [_package(wheels / name) for name in names])
    (folder / "noxfile.py").write_text(_NOXFILE, "utf-8")
    (folder / "sessions").mkdir()
    (folder / "sessions" / "all.yml").write_text(_SESSIONS, "utf-8")
    return folder


def _package(wheel: Path) -> Package:
    name, version, _ = wheel.name.split("-", 2)
    with wheel.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Package(
        name=name.replace("_", "-").lower(),
        version=version,
        files=[(wheel.name, digest)],
        options="",
    )


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    peers = Peers(bench, ["uv"])
    make = partial(_project, bench)
    with open_arena(bench, "torch", make, "import torch") as arena:
        makers = (noxlock, noxlock_again, floor, floor_under_nox, uv_sync, nox_with_uv)
        made = contestants(arena, peers, *makers)

        def facts(figures: Figures) -> Mapping[str, Fact]:
            ran = {one.name: one.prefix for one in made if one.name in figures.samples}
            require_same(arena.wanted, ran)
            files = sum(1 for path in arena.tree.rglob("*") if path.is_file())
            version = next(p.version for p in arena.wanted if p.name == "torch")
            return {"torch": version, "files of the tree": files}

        yield Setup(
            contestants=[one.contestant for one in made],
            targets=(
                quotient("noxlock", "uv sync", 0.5),
                quotient("noxlock", "nox + uv", 0.5),
                quotient("noxlock, again", "uv sync", 0.5),
                quotient("noxlock", "floor", 1.15),
                quotient("noxlock, again", "floor", 1.15),
                quotient("noxlock", "floor under nox", 1.15),
            ),
            facts=facts,
            left_out=peers.left_out,
        )


CASE = Case(
    name="torch",
    summary="the same with torch: warm store, to the end of `import torch`",
    open=_open,
)

"""The linking alone: noxlock's, `cp -al` of the same tree, uv's."""

from __future__ import annotations

import statistics
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.arena import ENVIRONMENT, open_arena
from benchmarks.cases.fresh import IMPORTS
from benchmarks.harness import Case, Contestant, Figures, Setup, fact, quotient, timed
from benchmarks.peers import Peers
from benchmarks.projects import SCIENCE, copy_project
from benchmarks.surroundings import put_aside
from benchmarks.worker import open_worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.arena import Arena
    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

_AGAIN = "noxlock, again"
_PER_FILE = "noxlock / uv sync, per file"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    peers = Peers(bench, ["uv"])
    science = partial(copy_project, SCIENCE)
    with (
        open_arena(bench, "linking", science, IMPORTS) as arena,
        open_worker(
            bench, "link", arena.project, ENVIRONMENT, environ=arena.environ
        ) as linker,
    ):
        own, copy, again = (arena.root / name for name in ("env", "copy", "again"))
        links = arena.command("cp", "-al", arena.tree, copy, cwd=arena.root)
        contestants = [
            Contestant(
                name="noxlock",
                measure=lambda: linker.ask(own),
                before=partial(put_aside, own, arena.root),
            ),
            # Nothing is removed first: it lies there from the round before.
            Contestant(name=_AGAIN, measure=lambda: linker.ask(again)),
            timed("cp -al", links, before=partial(put_aside, copy, arena.root)),
        ]
        prefixes = {"noxlock": own, _AGAIN: again, "cp -al": copy}
        if "uv" in peers:
            folder = arena.uv_project("uv", peers.program("uv"))
            prefixes["uv sync"] = folder / ".venv"
            contestants.append(_uv(arena, peers, folder))

        def facts(figures: Figures) -> Mapping[str, Fact]:
            ran = {name: _files(prefixes[name]) for name in figures.samples}
            found: dict[str, Fact] = {f"files: {name}": n for name, n in ran.items()}
            for name, count in ran.items():
                found[f"us a file: {name}"] = figures.median(name) / count * 1e6
            if linker.whole[1:]:
                found["s, noxlock's whole build"] = statistics.median(linker.whole[1:])
            each = [found.get(f"us a file: {name}") for name in ("noxlock", "uv sync")]
            if isinstance(each[0], float) and isinstance(each[1], float):
                found[_PER_FILE] = each[0] / each[1]
            return found

        yield Setup(
            contestants=contestants,
            targets=(
                quotient("noxlock", "cp -al", 1.25),
                quotient(_AGAIN, "cp -al", 1.25),
                fact(_PER_FILE, 1.5, "x"),
            ),
            facts=facts,
            left_out=peers.left_out,
        )


def _uv(arena: Arena, peers: Peers, folder: Path) -> Contestant:
    sync = arena.command(peers.program("uv"), "sync", "--frozen", cwd=folder)
    return timed(
        "uv sync", sync, before=partial(put_aside, folder / ".venv", arena.root)
    )


def _files(prefix: Path) -> int:
    return sum(1 for path in prefix.rglob("*") if path.is_file())


CASE = Case(name="linking", summary="the linking alone, from a warm store", open=_open)

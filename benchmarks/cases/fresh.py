"""A fresh environment from a warm store, to the end of its first import."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.arena import open_arena
from benchmarks.contestants import NEEDS, contestants
from benchmarks.harness import Case, Figures, Setup, quotient
from benchmarks.peers import Peers
from benchmarks.projects import SCIENCE, copy_project, require_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE", "IMPORTS"]

IMPORTS = "import numpy, scipy.stats, sklearn.linear_model, pandas, pytest"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    peers = Peers(bench, NEEDS)
    science = partial(copy_project, SCIENCE)
    with open_arena(bench, "fresh", science, IMPORTS) as arena:
        made = contestants(arena, peers)

        def facts(figures: Figures) -> Mapping[str, Fact]:
            ran = {one.name: one.prefix for one in made if one.name in figures.samples}
            require_same(arena.wanted, ran)
            files = sum(1 for path in arena.tree.rglob("*") if path.is_file())
            return {"packages": len(arena.wanted), "files of the tree": files}

        yield Setup(
            contestants=[one.contestant for one in made],
            targets=(
                quotient("noxlock", "uv sync", 0.45),
                quotient("noxlock", "nox + uv", 0.45),
                quotient("noxlock, again", "uv sync", 0.45),
                quotient("noxlock", "floor", 1.15),
                quotient("noxlock, again", "floor", 1.15),
                quotient("noxlock", "floor under nox", 1.15),
                quotient("noxlock", "nox + poetry install", 0.15),
            ),
            facts=facts,
            left_out=peers.left_out,
        )


CASE = Case(
    name="fresh",
    summary="fresh environment, warm store, to the end of the first import",
    open=_open,
)

"""From nothing: an empty store, empty caches, the artifacts on loopback."""

from __future__ import annotations

import os
import statistics
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.arena import open_arena
from benchmarks.cases.fresh import IMPORTS
from benchmarks.contestants import Made, nox_with_uv
from benchmarks.harness import Case, Figures, Setup, quotient
from benchmarks.peers import Peers
from benchmarks.projects import SCIENCE, copy_project, require_same
from benchmarks.surroundings import put_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.arena import Arena
    from benchmarks.commands import Sample
    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

READY: Final = "ready"
"""The session that runs next to nothing: `noxlock` is timed to its end."""
_COMPILED: Final = "noxlock --install-only"
_UV_COMPILED: Final = "uv sync --compile-bytecode"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    peers = Peers(bench, ["uv"])
    science = partial(copy_project, SCIENCE)
    with open_arena(bench, "cold", science, IMPORTS) as arena:
        makers = [_noxlock, _noxlock_compiled]
        if "uv" in peers:
            makers += [
                partial(_uv, peers=peers, name="uv sync"),
                partial(_uv, peers=peers, name=_UV_COMPILED),
                partial(nox_with_uv, peers=peers),
            ]
        made = [_cold(arena, number, make) for number, make in enumerate(makers)]

        def facts(figures: Figures) -> Mapping[str, Fact]:
            ran = {one.name: one.prefix for one in made if one.name in figures.samples}
            require_same(arena.wanted, ran)
            wheels = (arena.root / "wheels").iterdir()
            size = sum(wheel.stat().st_size for wheel in wheels)
            busy = {
                f"processors busy: {name}": statistics.median(
                    one.cpu / one.seconds for one in samples
                )
                for name, samples in figures.samples.items()
                if samples
            }
            return {"MiB served": size / (1 << 20), "processors": _processors(), **busy}

        yield Setup(
            contestants=[one.contestant for one in made],
            targets=(
                quotient("noxlock", "uv sync", 1.3),
                quotient("noxlock", "nox + uv", 1.3),
                quotient(_COMPILED, _UV_COMPILED, 1.3),
            ),
            facts=facts,
            left_out=peers.left_out,
        )


def _noxlock(arena: Arena) -> Made:
    command = arena.command(arena.bench.program("nox"), "-s", READY, cwd=arena.project)
    return Made(arena, "noxlock", arena.noxlock_prefix.with_name(READY), command)


def _noxlock_compiled(arena: Arena) -> Made:
    return Made(arena, _COMPILED, arena.noxlock_prefix, arena.noxlock("--install-only"))


def _uv(arena: Arena, peers: Peers, name: str) -> Made:
    folder = arena.uv_project(name, peers.program("uv"))
    args = (*name.split()[1:], "--frozen")
    sync = arena.command(peers.program("uv"), *args, cwd=folder)
    return Made(arena, name, folder / ".venv", sync)


def _cold(arena: Arena, number: int, make: Callable[[Arena], Made]) -> Made:
    """Return the contestant that *make* makes, with neither environment nor caches."""
    caches = arena.root / f"caches-{number}"
    environ = arena.bench.local(arena.index, caches, UV_PYTHON=arena.base)
    made = make(replace(arena, environ=environ, statement="pass"))
    run = made.contestant.measure

    def measure() -> Sample:
        sample = run()
        # What noxlock compiles in the background is not to disturb the next one: it
        # ends without its store.
        put_aside(caches, arena.root)
        return sample

    made.contestant = replace(made.contestant, measure=measure)
    return made


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CASE = Case(
    name="cold",
    summary="empty store and caches, artifacts served on loopback; no import",
    open=_open,
)

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
from benchmarks.harness import Case, Contestant, Figures, Setup, quotient
from benchmarks.peers import Peers
from benchmarks.projects import SCIENCE, copy_project, require_same
from benchmarks.surroundings import put_aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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
                partial(_uv, peers=peers),
                partial(_uv_compiled, peers=peers),
                partial(nox_with_uv, peers=peers),
            ]
        made = [make(_Cold.arena(arena, number)) for number, make in enumerate(makers)]
        colds = [_Cold(arena, number, one) for number, one in enumerate(made)]

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
            contestants=[one.contestant() for one in colds],
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


def _uv(arena: Arena, peers: Peers, name: str = "uv sync") -> Made:
    folder = arena.uv_project(name, peers.program("uv"))
    args = (*name.split()[1:], "--frozen")
    sync = arena.command(peers.program("uv"), *args, cwd=folder)
    return Made(arena, name, folder / ".venv", sync)


def _uv_compiled(arena: Arena, peers: Peers) -> Made:
    return _uv(arena, peers, _UV_COMPILED)


class _Cold:
    """A contestant that has neither an environment nor any cache."""

    def __init__(self, arena: Arena, number: int, made: Made) -> None:
        self._made = made
        self._root = arena.root
        self._caches = _caches(arena, number)

    @staticmethod
    def arena(arena: Arena, number: int) -> Arena:
        """Return *arena* for the contestant of that number."""
        caches = _caches(arena, number)
        environ = arena.bench.local(arena.index, caches, UV_PYTHON=arena.base)
        return replace(arena, environ=environ, statement="pass")

    def contestant(self) -> Contestant:
        return replace(self._made.contestant, measure=self._measure)

    def _measure(self) -> Sample:
        sample = self._made.contestant.measure()
        # What noxlock compiles in the background is not to disturb the next one: it
        # ends without its store.
        put_aside(self._caches, self._root)
        return sample


def _caches(arena: Arena, number: int) -> Path:
    return arena.root / f"caches-{number}"


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CASE = Case(
    name="cold",
    summary="empty store and caches, artifacts served on loopback; no import",
    open=_open,
)

"""From nothing: an empty store, empty caches, the artifacts on loopback."""

from __future__ import annotations

import os
import statistics
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.arena import SESSION, open_arena
from benchmarks.cases.fresh import IMPORTS
from benchmarks.commands import measure
from benchmarks.harness import Case, Contestant, Figures, Setup, quotient
from benchmarks.peers import Peers
from benchmarks.projects import SCIENCE, copy_project, require_same
from benchmarks.surroundings import remove

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


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    peers = Peers(bench, ["uv"])
    science = partial(copy_project, SCIENCE)
    with open_arena(bench, "cold", science, IMPORTS) as arena:
        compiled = "noxlock --install-only"
        ready = arena.noxlock_prefix.with_name(READY)
        prefixes = {"noxlock": ready, compiled: arena.noxlock_prefix}
        nox = bench.program("nox")
        install = (nox, "-s", SESSION, "--install-only")
        contestants = [
            _cold(arena, "noxlock", ready, nox, "-s", READY),
            _cold(arena, compiled, arena.noxlock_prefix, *install),
        ]
        for name in ("uv sync", "uv sync --compile-bytecode"):
            if "uv" in peers:
                folder = arena.uv_project(name, peers.program("uv"))
                prefixes[name] = folder / ".venv"
                sync = [*name.split()[1:], "--frozen"]
                uv = peers.program("uv")
                contestants.append(_cold(arena, name, folder / ".venv", uv, *sync))

        def facts(figures: Figures) -> Mapping[str, Fact]:
            ran = {name: prefixes[name] for name in figures.samples}
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
            contestants=contestants,
            targets=(
                quotient("noxlock", "uv sync", 1.3),
                quotient(compiled, "uv sync --compile-bytecode", 1.3),
            ),
            facts=facts,
            left_out=peers.left_out,
        )


def _cold(arena: Arena, name: str, prefix: Path, *args: str | Path) -> Contestant:
    """Return a contestant that has neither an environment nor any cache."""
    caches = arena.root / f"caches of {name}"
    environ = arena.bench.local(arena.index, caches, UV_PYTHON=arena.base)
    # Its project lies where its environment does: `.venv`, or `.nox/first`.
    cwd = next(path for path in prefix.parents if (path / "pyproject.toml").is_file())

    command = arena.command(*args, cwd=cwd, **environ)

    def run() -> Sample:
        sample = measure(command)
        # What noxlock compiles in the background is not to disturb the next one: it
        # ends without its store.
        while caches.exists():
            with suppress(OSError):  # it wrote there meanwhile
                remove(caches)
        return sample

    return Contestant(name=name, measure=run, before=partial(remove, prefix))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CASE = Case(
    name="cold",
    summary="empty store and caches, artifacts served on loopback; no import",
    open=_open,
)

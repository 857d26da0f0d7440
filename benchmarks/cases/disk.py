"""What disk a fresh environment takes when the store is warm."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.arena import open_arena
from benchmarks.commands import output
from benchmarks.harness import Case, Figures, Setup, fact
from benchmarks.projects import SCIENCE, copy_project
from benchmarks.surroundings import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.arena import Arena
    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

_SHARE: Final = "KiB of its own, as a share of all that it shows"
_GROWN: Final = "KiB that the store grew"


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    science = partial(copy_project, SCIENCE)
    with open_arena(bench, "disk", science, "") as arena:

        def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
            return _facts(arena)

        yield Setup(targets=(fact(_SHARE, 0.05), fact(_GROWN, 64)), facts=facts)


def _facts(arena: Arena) -> dict[str, Fact]:
    prefix = arena.noxlock_prefix
    store = Path(arena.environ["NOXLOCK_CACHE_DIR"])
    remove(prefix)
    remove(arena.tree)  # its links would count where the environment's do
    before = _du(arena, store)[0]
    output(arena.noxlock("--install-only"))
    # du counts a file with several names once, where it meets it first: in the store.
    after, more = _du(arena, store, prefix)
    (shown,) = _du(arena, prefix)
    own = [
        path.stat()
        for folder, _, names in os.walk(prefix)
        for path in (Path(folder, name) for name in names)
        if not path.is_symlink() and path.stat().st_nlink == 1
    ]
    folders = sum(1 for _ in os.walk(prefix))
    return {
        "KiB, the store before": before,
        "KiB, the store after": after,
        _GROWN: after - before,
        "KiB, the environment alone": shown,
        "KiB, the environment beside the store": more,
        _SHARE: more / shown,
        "folders": folders,
        "files of its own": len(own),
        "bytes in files of its own": sum(each.st_size for each in own),
    }


def _du(arena: Arena, *paths: Path) -> list[int]:
    said = output(arena.command("du", "-sk", *paths, cwd=arena.root))
    return [int(line.split()[0]) for line in said.splitlines()]


CASE = Case(
    name="disk", summary="what disk a fresh environment takes, warm store", open=_open
)

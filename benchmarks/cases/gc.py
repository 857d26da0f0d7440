"""`noxlock store gc` after 100 environments, alone and beside running builds."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.cases.growth import small_packages, write_small
from benchmarks.commands import BenchmarkError, Command, Sample, measure, output
from benchmarks.harness import Case, Contestant, Figures, Setup, seconds
from benchmarks.indexes import serve_wheels
from benchmarks.surroundings import remove
from benchmarks.worker import open_worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

ENVIRONMENTS: Final = 100
LEFTOVERS: Final = 100
KEPT: Final = 40
OLD: Final = 100
"""Wheels that were used by environments which are gone, two months ago."""
_OLD_AGE: Final = 60 * 24 * 60 * 60
_ALONE: Final = "gc"
_BESIDE: Final = "gc beside builds"


class _Yard:
    """A store of its own, with what 100 environments leave behind."""

    def __init__(self, bench: Bench, root: Path, index: str) -> None:
        self.bench = bench
        self.environ = bench.local(index, root / "caches")
        self.store = root / "caches" / "noxlock"
        self.kept = root / "kept"
        """A project whose environment is made all the time."""
        self.old = root / "old"
        """One whose environment was made two months ago."""
        self.builds = 0
        self.removed = ""

    def build(self, project: Path) -> Command:
        """Return what makes the environment of *project* anew."""
        args = (self.bench.program("nox"), "-s", "many")
        return Command(args=args, cwd=project, environ=self.environ)

    def litter(self) -> None:
        """Have old entries, and what killed runs left while they wrote new ones."""
        output(self.build(self.old))
        output(self.build(self.kept))
        remove(self.old / ".nox")
        when = time.time() - _OLD_AGE
        for entry in self.store.glob("wheels-v*/*/entry.json"):
            if "old_" in entry.read_text("utf-8"):
                os.utime(entry, (when, when))
        for number in range(LEFTOVERS):
            folder = self.store / "tmp" / f"1-left{number:03}"
            folder.mkdir(parents=True, exist_ok=True)
            for part in range(20):
                (folder / f"part-{part}").write_bytes(b"x" * 1000)

    def collect(self) -> Sample:
        """Clean the store, alone."""
        args = (self.bench.program("noxlock"), "store", "gc")
        sample = measure(Command(args=args, cwd=self.kept, environ=self.environ))
        left = [path.name for path in (self.store / "tmp").iterdir()]
        old = [entry for entry in self._entries() if "old_" in entry]
        if any(name.startswith("1-left") for name in left) or old:
            raise BenchmarkError(f"gc left {len(old)} old entries, {left[:3]} in tmp")
        return sample

    def collect_beside(self) -> Sample:
        """Clean the store while environments are made out of it."""
        build = self.build(self.kept)
        args = [str(each) for each in build.args]
        script = 'while [ ! -e stop ]; do "$@" || exit 1; echo built; done'
        (self.kept / "stop").unlink(missing_ok=True)
        with subprocess.Popen(
            ["sh", "-c", script, "loop", *args],
            cwd=self.kept,
            env=dict(build.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as loop:
            time.sleep(1)
            try:
                sample = self.collect()
            finally:
                (self.kept / "stop").touch()
            said, _ = loop.communicate()
        if loop.returncode:
            raise BenchmarkError("a build beside gc failed")
        self.builds += said.count("built")
        return sample

    def _entries(self) -> list[str]:
        found = self.store.glob("wheels-v*/*/entry.json")
        return [path.read_text("utf-8") for path in found]


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("gc")
    try:
        kept = small_packages(root / "wheels", KEPT, "kept")
        old = small_packages(root / "wheels", OLD, "old")
        with serve_wheels(root / "wheels", bench.python) as index:
            yard = _Yard(bench, root, index)
            write_small(yard.kept, kept)
            write_small(yard.old, old)
            output(yard.build(yard.kept))
            _make_and_remove(bench, yard, root)

            def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
                verify = (bench.program("noxlock"), "store", "verify")
                output(Command(args=verify, cwd=root, environ=yard.environ))
                return {
                    "environments made and removed before": ENVIRONMENTS,
                    "leftovers, each time": LEFTOVERS,
                    "old wheels, each time": OLD,
                    "builds that succeeded beside gc": yard.builds,
                    "`noxlock store verify` after all": "sound",
                }

            yield Setup(
                contestants=[
                    Contestant(name=_ALONE, measure=yard.collect, before=yard.litter),
                    Contestant(
                        name=_BESIDE, measure=yard.collect_beside, before=yard.litter
                    ),
                ],
                targets=(seconds(_ALONE, 2), seconds(_BESIDE, 10)),
                facts=facts,
            )
    finally:
        remove(root)


def _make_and_remove(bench: Bench, yard: _Yard, root: Path) -> None:
    with open_worker(bench, "link", yard.kept, "many", environ=yard.environ) as worker:
        for number in range(ENVIRONMENTS):
            prefix = root / f"env-{number}"
            worker.ask(prefix)
            remove(prefix)


CASE = Case(
    name="gc",
    summary=f"`noxlock store gc` after {ENVIRONMENTS} environments, alone and beside"
    " builds",
    open=_open,
)

"""How linking grows with files, plan and check with packages."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.cases.planning import NOXFILE, SESSIONS
from benchmarks.commands import Command, output
from benchmarks.harness import Case, Contestant, Figures, Setup, fact
from benchmarks.indexes import serve_wheels
from benchmarks.locks import Package, made_up, write_locked
from benchmarks.surroundings import remove
from benchmarks.worker import open_worker

from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE", "small_packages", "write_small"]

SIZES: Final = (50, 100, 200, 400)
MODULES: Final = 24
"""Of each small package: as many files again are bytecode."""
_LINEAR: Final = 1.25
_SESSION: Final = "sessions:\n  many: {environment: many, run: python -c pass}\n"


def small_packages(folder: Path, count: int, name: str = "small") -> list[Package]:
    """Write wheels of a few modules each to *folder*; returns their rows of a lock."""
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(count):
        project = f"{name}-{number:04}"
        module = project.replace("-", "_")
        files = {
            f"{module}/part_{n:02}.py": f"def value():\n    return {n}\n"
            for n in range(MODULES - 1)
        }
        files[f"{module}/__init__.py"] = ""
        wheel, data = make_wheel(project, "1.0", files)
        (folder / wheel).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        made.append(Package(name=project, version="1.0", files=[(wheel, digest)]))
    return made


def write_small(folder: Path, packages: Sequence[Package]) -> Path:
    """Write a project with the session and the environment `many` of *packages*."""
    write_locked(folder, packages, noxfile_py=NOXFILE)
    (folder / "sessions").mkdir()
    groups = sorted({group for each in packages for group in each.groups})
    text = SESSIONS.format(groups=", ".join(groups)) + _SESSION
    (folder / "sessions" / "all.yml").write_text(text, "utf-8")
    return folder


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("growth")
    try:
        packages = small_packages(root / "wheels", max(SIZES))
        with (
            serve_wheels(root / "wheels", bench.python) as index,
            ExitStack() as stack,
        ):
            environ = bench.local(index, root / "caches")
            contestants: list[Contestant] = []
            pure = stack.enter_context(open_worker(bench, "pure", environ=environ))
            for size in SIZES:
                project = write_small(root / f"link-{size}", packages[:size])
                nox = (bench.program("nox"), "-s", "many", "--install-only")
                output(Command(args=nox, cwd=project, environ=environ))
                worker = open_worker(bench, "link", project, "many", environ=environ)
                link = stack.enter_context(worker).ask
                prefix = root / f"env-{size}"
                contestants.append(
                    Contestant(
                        name=f"link {size}",
                        measure=partial(link, prefix),
                        before=partial(remove, prefix),
                    )
                )
                planned = write_small(root / f"plan-{size}", made_up(size))
                contestants += [
                    Contestant(
                        name=f"{what} {size}",
                        measure=partial(pure.ask, f"{what} {planned}"),
                    )
                    for what in ("plan", "check")
                ]
            yield Setup(
                contestants=contestants,
                targets=[fact(_name(what), _LINEAR, "x") for what in _COUNTED],
                facts=partial(_facts, root),
            )
    finally:
        remove(root)


_COUNTED: Final = {"link": "file", "plan": "package", "check": "package"}
"""What is counted for each."""


def _name(what: str) -> str:
    per = _COUNTED[what]
    return f"{what}: one {per} among {SIZES[-1]} packages / among {SIZES[0]}"


def _facts(root: Path, figures: Figures) -> Mapping[str, Fact]:
    found: dict[str, Fact] = {}
    for what, per in _COUNTED.items():
        each = {}
        for size in SIZES:
            if not figures.samples.get(f"{what} {size}"):
                continue
            count = _files(root / f"env-{size}") if what == "link" else size
            each[size] = figures.median(f"{what} {size}") / count * 1e6
            found[f"us a {per}, {what} of {size} packages ({count:,})"] = each[size]
        if len(each) == len(SIZES):
            found[_name(what)] = each[SIZES[-1]] / each[SIZES[0]]
            spread = f"{what}: largest / smallest cost of one {per}"
            found[spread] = max(each.values()) / min(each.values())
    return found


def _files(prefix: Path) -> int:
    return sum(1 for path in prefix.rglob("*") if path.is_file())


CASE = Case(
    name="growth",
    summary=f"linking, plan and check of {', '.join(map(str, SIZES))} packages",
    open=_open,
)

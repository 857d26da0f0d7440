"""`nox -l` with noxlock loaded, and what that imports."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.commands import BenchmarkError, Command
from benchmarks.harness import (
    Case,
    Figures,
    Setup,
    difference,
    fact,
    quotient,
    timed,
)
from benchmarks.projects import SCIENCE, copy_project, write_project
from benchmarks.surroundings import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

SESSIONS = 20
_SLOW = ("numpy", "rattler", "typer", "rich")
_IMPORTED = "modules of numpy, rattler, typer, rich"
_PLAIN = """
@nox.session(venv_backend="none")
def test_{n}(session: nox.Session) -> None:
    \"\"\"Run part {n} of the tests\"\"\"
    session.run("python", "-m", "pytest", *session.posargs)

"""
_DECLARED = """
  test_{n}:
    description: Run part {n} of the tests
    environment: science
    run: "python -m pytest {{posargs}}"
"""


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    root = bench.scratch("list")
    declared = copy_project(SCIENCE, root / "declared")
    text = (declared / "sessions" / "all.yml").read_text("utf-8")
    sessions = "".join(_DECLARED.format(n=n) for n in range(SESSIONS - 1))
    (declared / "sessions" / "all.yml").write_text(text + sessions, "utf-8")
    # `lock` is the last of them: noxlock registers it by itself.
    functions = "".join(_PLAIN.format(n=n) for n in range(SESSIONS + 1))
    plain = write_project(root / "plain", noxfile_py=f"import nox\n{functions}")
    environ = bench.local()
    commands = {
        name: Command(args=(bench.program("nox"), "-l"), cwd=folder, environ=environ)
        for name, folder in (("noxlock", declared), ("without", plain))
    }

    def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
        modules = _imported(bench, commands["noxlock"])
        slow = sorted(modules & set(_SLOW))
        own = sum(1 for name in modules if name.startswith("noxlock"))
        return {
            _IMPORTED: len(slow),
            "which": ", ".join(slow) or "none",
            "modules imported": len(modules),
            "of them noxlock's": own,
            "more than without": len(modules - _imported(bench, commands["without"])),
        }

    try:
        yield Setup(
            contestants=[timed(name, command) for name, command in commands.items()],
            targets=(
                quotient("noxlock", "without", 1.15),
                difference("noxlock", "without", 0.06),
                fact(_IMPORTED, 0),
            ),
            facts=facts,
        )
    finally:
        remove(root)


def _imported(bench: Bench, command: Command) -> set[str]:
    args = [str(bench.python), "-X", "importtime", "-m", "nox", "-l"]
    done = subprocess.run(
        args,
        cwd=command.cwd,
        env=dict(command.environ),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchmarkError(f"`{' '.join(args)}` failed:\n{done.stderr[-2000:]}")
    found = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    return set(found)


CASE = Case(
    name="list",
    summary=f"`nox -l` of {SESSIONS} sessions, with noxlock loaded and without",
    open=_open,
)

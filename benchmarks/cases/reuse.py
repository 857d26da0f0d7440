"""`nox -R` of an unchanged environment, verified file by file, against nox itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.arena import SESSION, open_arena
from benchmarks.harness import Case, Figures, Setup, difference, timed
from benchmarks.projects import SCIENCE, copy_project, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from benchmarks.harness import Fact
    from benchmarks.surroundings import Bench

__all__ = ["CASE"]

_PLAIN = f"""\
import nox


@nox.session(venv_backend="none")
def {SESSION}(session: nox.Session) -> None:
    session.run("true", external=True)
"""


def _project(folder: Path) -> Path:
    copy_project(SCIENCE, folder)
    sessions = folder / "sessions" / "all.yml"
    head = sessions.read_text("utf-8").partition("sessions:\n")[0]
    text = f'{head}sessions:\n  {SESSION}: {{environment: science, run: "true"}}\n'
    sessions.write_text(text, "utf-8")
    return folder


@contextmanager
def _open(bench: Bench) -> Iterator[Setup]:
    with open_arena(bench, "reuse", _project, "") as arena:
        plain = write_project(arena.root / "plain", noxfile_py=_PLAIN)
        nox = bench.program("nox")
        without = arena.command(nox, "-R", "-s", SESSION, cwd=plain)

        def facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
            prefix = arena.noxlock_prefix
            return {"files": sum(1 for path in prefix.rglob("*") if path.is_file())}

        yield Setup(
            contestants=[
                timed("noxlock", arena.noxlock("-R")),
                timed("nox itself", without),
            ],
            targets=(difference("noxlock", "nox itself", 0.15),),
            facts=facts,
        )


CASE = Case(
    name="reuse",
    summary="`nox -R` of an unchanged environment, with verification",
    open=_open,
)

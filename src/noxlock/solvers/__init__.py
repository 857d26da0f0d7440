"""Run the tools that regenerate locks: one module each, and a line in `SOLVERS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from noxlock.solvers import poetry
from noxlock.solvers._request import Finished, Run, SolveRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet

__all__ = ["SOLVERS", "Finished", "Run", "SolveRequest", "Solver", "Tool", "solver_of"]


class Tool(Protocol):
    """What a module says of the tool that it runs."""

    @property
    def TOOL(self) -> str:  # noqa: N802
        """Package that is the tool."""

    @property
    def SUPPORTED(self) -> SpecifierSet:  # noqa: N802
        """Versions of the tool that can be run."""

    @property
    def LOCK(self) -> str:  # noqa: N802
        """Name of the lock files that it regenerates; of the one that pins it."""

    @property
    def VARIABLES(self) -> tuple[str, ...]:  # noqa: N802
        """How those of the user's variables begin that are meant for the tool."""

    def pins(self) -> Mapping[str, bytes]:
        """Return the files of the lock that noxlock itself pins the tool with."""


class Solver(Tool, Protocol):
    """What a module that regenerates a lock of its own provides."""

    @property
    def SOURCE(self) -> str:  # noqa: N802
        """Name of the file that they are made from, in the same folder."""

    def solve(self, request: SolveRequest, run: Run, /) -> bytes:
        """Return the lock as the tool makes it; the one in the folder stays.

        Raises:
            SolveError: The tool failed; says why in its own words.
        """


SOLVERS: tuple[Solver, ...] = (poetry,)


def solver_of(filename: str) -> Solver | None:
    """Return the tool that regenerates locks of this name, or None."""
    return next((solver for solver in SOLVERS if filename == solver.LOCK), None)

"""The environment of a lock tool: made from a lock itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from noxlock.envs import apply_variables, hermetic_variables
from noxlock.locks import parse_lock
from noxlock.model import ByWalk, Environment, GroupName, ProjectInstall
from noxlock.workflows.environments import BuildRequest

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Lock
    from noxlock.solvers import Solver
    from noxlock.workflows.parts import Parts

__all__ = ["GROUP", "make_tool", "pins_tool"]

GROUP: Final = GroupName("lock")
"""The group of a project that pins its own lock tool."""


def make_tool(
    solver: Solver, file: Path, project: Lock | None, parts: Parts, folder: Path
) -> tuple[Path, dict[str, str]]:
    """Make the environment of a lock tool, or reuse it.

    Args:
        solver: The tool.
        file: The project's lock; its folder is the project's.
        project: What that lock says; where it pins the tool itself, in the group
            `lock`, those pins are used instead of noxlock's.
        parts: The builder, the user's variables.
        folder: Where the environments of the tools go.

    Returns:
        The tool's executable, and the variables to run it with.
    """
    if project is not None and pins_tool(project, solver.TOOL):
        lock, group = project, str(GROUP)
    else:
        pins = solver.pins()
        lock, group = (
            parse_lock(solver.LOCK, pins[solver.LOCK], beside=pins.get),
            "main",
        )
    # Its own base: an environment of an environment would see the outer packages.
    python = getattr(sys, "_base_executable", sys.executable)
    environment = Environment(
        pypi=lock.file,
        python=python,
        groups=(group,),
        project=ProjectInstall.NONE,
    )
    built = parts.builder.build(
        BuildRequest(
            root=file.parent,
            name=solver.TOOL,
            environment=environment,
            python=python,
            prefix=folder / "tools" / solver.TOOL,
            project=ProjectInstall.NONE,
            lock=lock,
            lock_file=file,
            reuse=True,
        )
    )
    user = parts.environ
    environ = apply_variables(user, hermetic_variables(built.prefix, user))
    meant = {n: v for n, v in user.items() if n.startswith(solver.VARIABLES)}
    return built.bin / solver.TOOL, environ | meant


def pins_tool(lock: Lock, tool: str) -> bool:
    """Return whether the project's own lock pins its lock tool."""
    match lock.selection:
        case ByWalk(roots=roots):
            return any(root.name == tool for root in roots.get(GROUP, ()))
        case _:
            return any(p.name == tool and GROUP in p.wanted_by for p in lock.packages)

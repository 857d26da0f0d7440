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
    from noxlock.solvers import Tool
    from noxlock.workflows.parts import Parts

__all__ = ["GROUP", "make_tool", "pinned"]

GROUP: Final = GroupName("lock")
"""The group of a project that pins its own lock tool."""


def make_tool(
    solver: Tool, file: Path, project: Lock | None, parts: Parts, folder: Path
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
    lock, group = _pins(solver, project, parts)
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


def pinned(lock: Lock, tool: str) -> str | None:
    """Return the version of its lock tool that a project's lock pins, if it does."""
    asked = isinstance(lock.selection, ByWalk) and any(
        root.name == tool for root in lock.selection.roots.get(GROUP, ())
    )
    for package in lock.packages:
        if package.name == tool and (asked or GROUP in package.wanted_by):
            return package.version
    return None


def _pins(solver: Tool, project: Lock | None, parts: Parts) -> tuple[Lock, str]:
    """Return the lock, and the group of it, that the tool is made from."""
    version = pinned(project, solver.TOOL) if project else None
    if project and version and solver.SUPPORTED.contains(version, prereleases=True):
        return project, GROUP
    if version:
        parts.progress.warn(
            f"group `{GROUP}` pins {solver.TOOL} {version}, which is too old"
            f" ({solver.TOOL}{solver.SUPPORTED} is not): noxlock's own is used"
        )
    pins = solver.pins()
    return parse_lock(solver.LOCK, pins[solver.LOCK], beside=pins.get), "main"

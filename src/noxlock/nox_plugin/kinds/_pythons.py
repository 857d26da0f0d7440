"""Which checks nox skips for want of a python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from noxlock.envs import find_interpreter
from noxlock.errors import InterpreterError
from noxlock.workflows.parts import default_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Check
    from noxlock.workflows.project import Project

__all__ = ["missing_pythons"]


def missing_pythons(project: Project, checks: Mapping[str, Check]) -> dict[str, str]:
    """Return the names of *checks* that have no python on this machine, and why.

    It is looked for again: what ran in another process, as with `nox -j`, left no word.
    A conda environment brings its own.
    """
    parts = default_parts(project.root, offline=True)
    found: dict[str, str] = {}
    for name, check in checks.items():
        environment = project.environment(check.environment)
        if environment.conda is not None:
            continue
        pythons = environment.python
        for spec in (pythons,) if isinstance(pythons, str) else pythons:
            try:
                find_interpreter(
                    spec, cache=parts.cache, environ=os.environ, root=project.root
                )
            except InterpreterError as error:
                found[name] = error.what
    return found

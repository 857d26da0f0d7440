"""The baselines that a command is about, by the names of their checks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from noxlock.errors import CompareError, DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.workflows.baselines import Baseline
    from noxlock.workflows.project import Project

__all__ = ["baselines", "missing"]


def baselines(project: Project, names: Sequence[str]) -> dict[str, Baseline]:
    """Return the baselines of the checks *names*; of none: all that are recorded.

    Raises:
        DefinitionError: There is no such check, or no baseline at all.
    """
    from noxlock.workflows.baselines import baseline_of  # noqa: PLC0415 - slow

    checks = project.definitions.checks
    for name in names:
        if name not in checks:
            listed = ", ".join(sorted(checks)) or "none"
            what = f"unknown check `{name}`; known: {listed}"
            raise DefinitionError(what, hint=nearest(name, checks))
    found = {
        name: baseline_of(checks[name], name, project.root, os.environ)
        for name in names or checks
    }
    for baseline in found.values():
        baseline.check()
    if names:
        return found
    recorded = {name: one for name, one in found.items() if one.path.exists()}
    if not recorded:
        raise DefinitionError(
            "no check has a baseline",
            hint="record the first ones with `nox -s repro -- --accept`",
        )
    return recorded


def missing(baseline: Baseline, name: str) -> CompareError:
    """Return the error that the check *name* has no baseline yet."""
    return CompareError(
        "there is no baseline",
        file=baseline.folder,
        hint=f'record one with `nox -s "repro({name})" -- --accept`',
    )

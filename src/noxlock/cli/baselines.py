"""The baselines that a command is about, by the names of their checks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from noxlock.cli.projects import NOXFILE
from noxlock.errors import CompareError, DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.workflows.baselines import Baseline
    from noxlock.workflows.project import Project

__all__ = ["baselines", "elsewhere", "missing"]

_OTHER: Final = "-C names the project's folder"


def baselines(project: Project, names: Sequence[str]) -> dict[str, Baseline]:
    """Return the baselines of the checks *names*; of none: all that are recorded.

    Raises:
        DefinitionError: There is no such check, or no baseline at all.
    """
    from noxlock.workflows.baselines import baseline_of  # noqa: PLC0415 - slow

    checks = project.definitions.checks
    if not checks:
        what = f"no check is declared in {project.root}"
        raise DefinitionError(what, hint=elsewhere(project.root))
    for name in names:
        if name not in checks:
            what = f"unknown check `{name}`; known: {', '.join(sorted(checks))}"
            hint = nearest(name, checks) or f"{project.root} was looked in; {_OTHER}"
            raise DefinitionError(what, hint=hint)
    found = {
        name: baseline_of(checks[name], name, project.root, os.environ)
        for name in names or checks
    }
    for name, baseline in found.items():
        try:
            baseline.check()
        except DefinitionError as error:
            raise error.inside(key=f"checks.{name}" if error.key else "") from None
    if names:
        return found
    recorded = {name: one for name, one in found.items() if one.path.exists()}
    if not recorded:
        raise DefinitionError(
            "no check has a baseline",
            hint="record the first ones with `nox -s repro -- --accept`",
        )
    return recorded


def elsewhere(root: Path) -> str:
    """Return the hint where else than in *root* the project may be."""
    root = root.resolve()
    for depth, folder in enumerate(root.parents, 1):
        if any((folder / name).exists() for name in (NOXFILE, "sessions")):
            above = "/".join([".."] * depth)
            return f"the project is {folder}: `noxlock -C {above} ...`, or go there"
    return _OTHER


def missing(baseline: Baseline, name: str) -> CompareError:
    """Return the error that the check *name* has no baseline yet."""
    return CompareError(
        "there is no baseline",
        file=baseline.folder,
        hint=f'record one with `nox -s "repro({name})" -- --accept`',
    )

"""Which target an environment is made for, and which ones a project declares."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from packaging.version import Version

from noxlock.definitions import subdir_of
from noxlock.envs.gpu import OVERRIDE, cuda_version
from noxlock.envs.probing import SUBDIRS
from noxlock.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from noxlock.model import Environment, Subdir
    from noxlock.workflows.project import Project

__all__ = [
    "AUTO",
    "declared_targets",
    "machine_subdir",
    "needs_cuda",
    "on_this_machine",
    "pick_target",
]

AUTO: Final = "auto"
"""The target that is this machine."""

_CUDA: Final = re.compile(r"(?:cuda|cu|gpu)[-_]?(?P<digits>[\d.]*)(?:[-_.].*)?")
_METAL: Final = re.compile(r"(?:mps|metal)\b.*")


def machine_subdir() -> Subdir:
    """Return the platform that this process runs on.

    Raises:
        PlanError: It is none that locks are made for.
    """
    here = (sys.platform, platform.machine().lower())
    if here not in SUBDIRS:
        known = ", ".join(SUBDIRS.values())
        raise PlanError(f"{'-'.join(here)} is no known platform; known: {known}")
    return SUBDIRS[here]


def declared_targets(project: Project, file: str) -> tuple[str, ...]:
    """Return the targets that the conda lock *file* is for.

    As its definition has them; of one that says none, or is not declared, what stands
    in the lock itself.

    Raises:
        LockError: It cannot be read.
    """
    declared = project.definitions.locks.get(file)
    if declared is not None and declared.targets:
        return declared.targets
    return tuple(one.name for one in project.read_conda_lock(file).platforms)


def on_this_machine(
    project: Project, environment: Environment, environ: Mapping[str, str] | None = None
) -> Environment:
    """Return *environment* with its target `auto` replaced by what this machine is.

    Without conda packages there are no variants, and nothing to be replaced.

    Raises:
        PlanError: Its lock has nothing for this machine.
    """
    if environment.conda is None or environment.target != AUTO:
        return environment
    environ = os.environ if environ is None else environ
    targets = declared_targets(project, environment.conda)
    try:
        picked = pick_target(machine_subdir(), targets, lambda: cuda_version(environ))
    except PlanError as error:
        raise error.inside(file=environment.conda) from None
    return replace(environment, target=picked)


def pick_target(
    subdir: Subdir, targets: Sequence[str], cuda: Callable[[], str | None]
) -> str:
    """Return the one of *targets* that is a machine's own.

    A machine with `__cuda` takes the CUDA variant of its platform where there is one,
    the newest that its driver runs; a Mac the one for Metal; others the plain one.

    Args:
        subdir: The machine's platform.
        targets: As a lock declares them: `linux-64`, `linux-64-cuda`.
        cuda: Returns the version of `__cuda`, None for none; asked where it matters.

    Raises:
        PlanError: None of them is for the machine.
    """
    mine = {
        target.removeprefix(subdir).removeprefix("-"): target
        for target in targets
        if subdir_of(target) is subdir
    }
    for_cuda = {name: digits for name in mine if (digits := _needed(name)) is not None}
    if for_cuda and (version := cuda()) is not None:
        fitting = [
            (needed, mine[name])
            for name, needed in for_cuda.items()
            if needed <= Version(version)
        ]
        if fitting:
            return max(fitting)[1]
    for variant, target in mine.items():
        if subdir.startswith("osx") and _METAL.fullmatch(variant):
            return target
    if "" in mine:
        return mine[""]
    listed = ", ".join(targets)
    if not mine:
        raise PlanError(
            f"the lock is not for {subdir}, only for {listed}",
            hint="lock again for this one: add it to the lock's `targets`",
        )
    first = next(iter(mine.values()))
    raise PlanError(
        f"the lock is for {', '.join(mine.values())}, and this machine is {subdir}"
        + (" without CUDA" if for_cuda else ""),
        hint=f"`target: {first}` makes it all the same, or {OVERRIDE}=12.4 says that"
        " there is CUDA",
    )


def needs_cuda(target: str) -> bool:
    """Return whether a target is a CUDA variant: `linux-64-cuda`, `linux-64-cuda12`."""
    subdir = subdir_of(target)
    if subdir is None:
        return False
    return _needed(target.removeprefix(subdir).removeprefix("-")) is not None


def _needed(variant: str) -> Version | None:
    """Return the CUDA that a variant's name asks for: `cuda124` is 12.4; `cuda`: 0."""
    found = _CUDA.fullmatch(variant)
    if found is None:
        return None
    digits = found["digits"].strip(".")
    if digits.isdigit() and len(digits) > len("12"):
        digits = f"{digits[:2]}.{digits[2:]}"
    return Version(digits or "0")

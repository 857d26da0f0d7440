"""The plan that `noxlock plan` prints: for which machine, for which python."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.cli.projects import user_memo
from noxlock.errors import InterpreterError, PlanError

if TYPE_CHECKING:
    from noxlock.model import CondaLock, Lock, Plan, Target
    from noxlock.workflows.lock_files import LockFile

__all__ = ["AUTO", "Wanted", "is_version", "planned"]

AUTO: Final = "auto"
"""The target that is this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is to be planned, from a lock or from the definitions."""

    conda: LockFile[CondaLock] | None
    pypi: LockFile[Lock] | None
    python: str | None
    """None: the conda lock's, or else this command's."""
    target: str
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    only_binary: bool


def planned(wanted: Wanted, *, keep_going: bool) -> Plan:
    """Return the plan of *wanted*, remembered where nothing of it has changed.

    Args:
        wanted: What is to be planned.
        keep_going: Whether what has no artifact is listed in the plan, not raised.

    Raises:
        NoxlockError: The locks have nothing for the target, or not what is asked.
    """
    from noxlock.workflows.lock_files import remembered_plan  # noqa: PLC0415 - slow

    python = wanted.python or platform.python_version()
    here = _machine("3" if wanted.pypi is None else python)
    facts = [here, python, wanted.target, wanted.groups, wanted.extras]
    made = remembered_plan(
        user_memo(),
        [wanted.conda, wanted.pypi],
        [*facts, wanted.only_binary, keep_going, "listing"],
        lambda: _anew(wanted, python, keep_going=keep_going),
    )
    if wanted.conda and wanted.python:
        _check_python(wanted.conda, wanted.python, made.target.python)
    return made


def _anew(wanted: Wanted, python: str, *, keep_going: bool) -> Plan:
    from noxlock.plan import LayersRequest, plan_layers  # noqa: PLC0415 - slow

    pypi = wanted.pypi.lock if wanted.pypi else None
    if wanted.conda or pypi is None:
        target = _platform(wanted.target)
    else:
        target = _target(wanted.target, python, pypi)
    return plan_layers(
        wanted.conda.lock if wanted.conda else None,
        pypi,
        LayersRequest(
            target=target,
            groups=wanted.groups,
            extras=wanted.extras,
            only_binary=wanted.only_binary,
            keep_going=keep_going,
            listing=True,
        ),
    )


def _machine(python: str) -> Target:
    """Return what this machine is to that python, or else to any."""
    from noxlock.envs import find_interpreter  # noqa: PLC0415 - slow

    try:
        return find_interpreter(python).target
    except InterpreterError:
        return find_interpreter("3").target


def _check_python(lock: LockFile[CondaLock], asked: str, found: str) -> None:
    if found != asked and not found.startswith(f"{asked}.") and asked != "3":
        raise PlanError(
            f"its python is {found}, not {asked}"
            if found
            else f"it has no python, but {asked} is asked for",
            file=lock.file,
            hint="leave the python out: the lock says which it is",
        )


def _platform(name: str) -> Target:
    """Return the target, its python being for the lock to say."""
    from noxlock.plan import parse_platform  # noqa: PLC0415

    if name != AUTO:
        return parse_platform(name)
    from msgspec import structs  # noqa: PLC0415 - not for `--version`

    from noxlock.envs import find_interpreter  # noqa: PLC0415

    return structs.replace(find_interpreter("3").target, python="")


def is_version(python: str | None) -> bool:
    """Return whether *python* is `3.11` or `3.11.7`, neither `3` nor a path."""
    return bool(python and "." in python and python.replace(".", "").isdigit())


def _target(name: str, python: str, lock: Lock) -> Target:
    """Return the target; `auto` is this machine, with whatever python is asked for."""
    from msgspec import structs  # noqa: PLC0415 - as above

    from noxlock.envs import find_interpreter  # noqa: PLC0415
    from noxlock.plan import parse_target  # noqa: PLC0415
    from noxlock.plan.select import python_for  # noqa: PLC0415

    if not is_version(python):
        # `3`, or the path of an interpreter: which version that is, only it can say.
        found = find_interpreter(python).target
        return found if name == AUTO else parse_target(name, python=found.python)
    full = python_for(lock, python)
    if name != AUTO:
        return parse_target(name, python=full)
    try:
        return find_interpreter(python).target
    except InterpreterError:
        return structs.replace(find_interpreter("3").target, python=full)

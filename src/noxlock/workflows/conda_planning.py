"""What an environment with conda packages is to hold on this machine."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from msgspec.structs import replace

from noxlock.envs import find_interpreter
from noxlock.errors import PlanError
from noxlock.model import ProjectInstall
from noxlock.workflows.lock_files import LockFile, lock_of, remembered_plan

if TYPE_CHECKING:
    from noxlock.model import CondaLock, Plan, Target
    from noxlock.store.memo import Memo
    from noxlock.workflows.requests import BuildRequest

__all__ = ["plan_conda_environment"]

_AUTO = "auto"


def plan_conda_environment(
    lock: CondaLock | LockFile[CondaLock], request: BuildRequest, memo: Memo
) -> Plan:
    """Return the plan of the environment of *request*, for this machine.

    Raises:
        PlanError: The locks have nothing for this machine, or not what is asked for.
    """
    environment = request.environment
    target = _target(environment.target)

    def plan() -> Plan:
        from noxlock.plan import (  # noqa: PLC0415 - slow to import
            LayersRequest,
            plan_layers,
        )

        pypi = None if request.lock is None else lock_of(request.lock)
        wanted = LayersRequest(
            target=target,
            groups=environment.groups,
            extras=environment.extras,
            only_binary=environment.only_binary,
            allow_md5=environment.allow_md5,
        )
        return plan_layers(lock_of(lock), pypi, wanted)

    facts = (target, environment)
    planned = remembered_plan(memo, [lock, request.lock], facts, plan)
    _check_python(planned, request, lock.file)
    return planned


def _target(wanted: str) -> Target:
    """Return the target to plan for: this machine's floors, the wanted variant."""
    here = find_interpreter(platform.python_version()).target
    if wanted == _AUTO:
        return replace(here, python="")
    from noxlock.plan import parse_platform  # noqa: PLC0415 - slow to import

    target = parse_platform(wanted)
    if target.subdir is not here.subdir:
        raise PlanError(
            f"an environment for {target.name} cannot be made on {here.subdir}",
            key="target",
            hint=f"`noxlock plan --target {target.name}` shows what it would hold",
        )
    return replace(here, python="", variant=target.variant)


def _check_python(planned: Plan, request: BuildRequest, file: str) -> None:
    found, wanted = planned.target.python, request.python
    if not found and request.project is not ProjectInstall.NONE:
        raise PlanError(
            "no python is locked that the project could be installed for",
            file=file,
            hint="add python to what the lock is made from, or set `project: none`",
        )
    if found and not f"{found}.".startswith(f"{wanted.removeprefix('python')}."):
        raise PlanError(
            f"the lock brings python {found}, and {wanted} is asked for",
            file=file,
            hint="leave `python` out, or lock another one",
        )

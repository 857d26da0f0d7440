"""Make an environment from a lock: plan, fetch, build, link, and leave a receipt."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from noxlock.envs import (
    find_interpreter,
    venv_scripts,
)
from noxlock.envs.locking import locked
from noxlock.envs.receipts import (
    Receipt,
    read_receipt,
    write_receipt,
)
from noxlock.errors import PlanError
from noxlock.report.counts import counted
from noxlock.store.memo import Memo
from noxlock.workflows._venv_making import VenvMaking
from noxlock.workflows.artifacts import Gathering, Wanted
from noxlock.workflows.lock_files import LockFile, lock_of, remembered_plan
from noxlock.workflows.requests import BuildRequest, BuiltEnvironment
from noxlock.workflows.reuse import NEW, interpreter_facts, why_rebuild
from noxlock.workflows.supply import Supplies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.index import Index
    from noxlock.model import CondaLock, Interpreter, Lock, Plan, Target
    from noxlock.report.progress import Progress
    from noxlock.store import StoreProtocol
    from noxlock.workflows.conda_environments import CondaMaking

__all__ = ["BuildRequest", "Builder", "BuiltEnvironment"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """Makes environments out of the store; what it lacks comes from the index."""

    store: StoreProtocol
    index: Index
    progress: Progress
    offline: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The user's variables: PATH, proxies, SOURCE_DATE_EPOCH."""

    @property
    def supplies(self) -> Supplies:
        """Where it takes artifacts from."""
        return Supplies(
            store=self.store,
            index=self.index,
            progress=self.progress,
            offline=self.offline,
            environ=self.environ,
        )

    def plan(self, request: BuildRequest) -> tuple[Plan, str]:
        """Return what the environment of *request* would hold; nothing is made.

        Returns:
            The plan, and the exact version of the interpreter: that which conda brings,
            or the one that was found; empty: there is none.

        Raises:
            NoxlockError: The locks have nothing for this machine, or not what is asked.
        """
        if request.conda is not None:
            from noxlock.workflows.conda_planning import (  # noqa: PLC0415 - for conda
                plan_conda_environment,
            )

            memo = Memo(self.store.root)
            planned = plan_conda_environment(request.conda, request, memo)
            return planned, planned.target.python
        making = _Making(
            builder=self, request=request, lock=_required(request.lock), started=0.0
        )
        interpreter = making.interpreter()
        return making.planned(interpreter), interpreter.version

    def build(self, request: BuildRequest) -> BuiltEnvironment:
        """Make the environment of *request*, or keep the one that is there.

        Nothing at the prefix is touched before all artifacts are in the store. A build
        that is killed leaves no receipt, so the next one starts anew.

        Raises:
            NoxlockError: What is wrong: interpreter, plan, an artifact, a build, disk.
        """
        root, prefix = _absolute(request.root), _absolute(request.prefix)
        request = replace(request, root=root, prefix=prefix)
        making: _Making | CondaMaking
        if request.conda is None:
            lock = _required(request.lock)
            started = time.perf_counter()
            making = _Making(builder=self, request=request, lock=lock, started=started)
        else:
            making = _conda_making(self, request, request.conda)
        waiting = f"{request.name}: waiting for another run that makes it"
        on_wait = self.progress.say
        with locked(prefix, on_wait=lambda: on_wait(waiting)), self.store.hold():
            return making.run()


def _required(lock: Lock | LockFile[Lock] | None) -> Lock | LockFile[Lock]:
    if lock is None:
        raise PlanError("no lock is given")
    return lock


def _conda_making(
    builder: Builder, request: BuildRequest, lock: CondaLock | LockFile[CondaLock]
) -> CondaMaking:
    from noxlock.workflows.conda_environments import (  # noqa: PLC0415 - where it is used
        CondaMaking,
    )

    return CondaMaking(
        supplies=builder.supplies,
        request=request,
        conda=lock,
        started=time.perf_counter(),
    )


def _absolute(path: Path) -> Path:
    # Not resolved: what a user calls a folder is what scripts and messages say.
    return Path(os.path.abspath(path))  # noqa: PTH100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Making:
    """One call of `Builder.build`."""

    builder: Builder
    request: BuildRequest
    lock: Lock | LockFile[Lock]
    started: float

    def run(self) -> BuiltEnvironment:
        """Plan, then keep what is there or make it."""
        request, prefix = self.request, self.request.prefix
        interpreter = self.interpreter()
        planned = request.plan or self.planned(interpreter)
        gathering = self._gathering(planned, interpreter)
        if request.reuse:
            receipt = read_receipt(prefix)
            why = why_rebuild(prefix, receipt, planned, interpreter, gathering.digest)
            if not why and receipt is not None:
                return self._built(planned, interpreter, receipt, "nothing changed")
            if why != NEW:
                self._say(f"made anew: {why}")
        else:
            why = "a fresh one was asked for" if prefix.exists() else NEW
        for warning in planned.warnings:
            self.builder.progress.warn(f"{request.name}: {warning}")
        wheels = gathering.gather()
        making = VenvMaking(
            store=self.builder.store, progress=self.builder.progress, request=request
        )
        files = making.make(interpreter, wheels)
        receipt = Receipt(
            plan=planned.key,
            interpreter=interpreter_facts(interpreter),
            project=gathering.digest,
            packages=tuple(one.record for one in wheels if one.record is not None),
            files=files,
        )
        write_receipt(prefix, receipt)
        held = counted(len(planned.packages), "package")
        took = time.perf_counter() - self.started
        self._say(f"CPython {interpreter.version}, {held}, made in {took:.1f} s")
        return self._built(planned, interpreter, receipt, why, reused=False)

    def interpreter(self) -> Interpreter:
        """Return the interpreter that is asked for."""
        return find_interpreter(
            self.request.python,
            cache=self.builder.store.root,
            environ=self.builder.environ,
            root=self.request.root,
        )

    def planned(self, interpreter: Interpreter) -> Plan:
        """Return what the lock gives for it."""
        wanted = self.request.environment
        target = _target(wanted.target, interpreter)
        facts = (wanted.groups, wanted.extras, target, wanted.only_binary)
        memo = Memo(self.builder.store.root)
        return remembered_plan(memo, [self.lock], facts, lambda: self._anew(target))

    def _anew(self, target: Target) -> Plan:
        from noxlock.plan import plan  # noqa: PLC0415 - slow to import

        environment = self.request.environment
        return plan(
            lock_of(self.lock),
            groups=environment.groups,
            extras=environment.extras,
            target=target,
            only_binary=environment.only_binary,
        )

    def _gathering(self, planned: Plan, interpreter: Interpreter) -> Gathering:
        request = self.request
        wanted = Wanted(
            name=request.name,
            plan=planned,
            lock=self.lock,
            base=(request.root / request.lock_file).parent,
            root=request.root,
            project=request.project,
            only_binary=request.environment.only_binary,
            interpreter=interpreter,
        )
        return Gathering(wanted, self.builder.supplies)

    def _built(
        self,
        planned: Plan,
        interpreter: Interpreter,
        receipt: Receipt,
        reason: str,
        *,
        reused: bool = True,
    ) -> BuiltEnvironment:
        prefix = self.request.prefix
        return BuiltEnvironment(
            prefix=prefix,
            bin=venv_scripts(prefix),
            interpreter=interpreter,
            plan=planned,
            packages=receipt.packages,
            reused=reused,
            reason=reason,
        )

    def _say(self, message: str) -> None:
        self.builder.progress.say(f"{self.request.name}: {message}")


def _target(wanted: str, interpreter: Interpreter) -> Target:
    """Return the target to plan for: this machine's floors, the wanted variant."""
    here = interpreter.target
    if wanted == "auto":
        return here
    from noxlock.plan import parse_target  # noqa: PLC0415 - slow to import

    target = parse_target(wanted, python=interpreter.version)
    if target.subdir is not here.subdir:
        raise PlanError(
            f"an environment for {target.name} cannot be made on {here.subdir}",
            key="target",
            hint=f"`noxlock plan --target {target.name}` shows what it would hold",
        )
    return structs.replace(here, variant=target.variant)

"""Make an environment of conda packages, with wheels on top of them."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import json, structs

from noxlock.envs import (
    apply_variables,
    hermetic_variables,
    replacing,
    venv_scripts,
    venv_site_packages,
)
from noxlock.envs.activation import Activation, activate, activation_script
from noxlock.envs.conda import (
    CondaLayer,
    brought,
    conda_interpreter,
    conda_python,
    link_packages,
)
from noxlock.envs.probing import interpreter_from
from noxlock.envs.receipts import Receipt, read_receipt, snapshot, write_receipt
from noxlock.model import ByGroup, Interpreter, Lock, Sha256
from noxlock.report.counts import counted
from noxlock.store._place import LinkMode
from noxlock.store.conda import CondaStore
from noxlock.store.memo import Memo, memo_key
from noxlock.workflows.artifacts import Gathering, Wanted
from noxlock.workflows.conda_planning import plan_conda_environment
from noxlock.workflows.conda_supply import CondaSupply
from noxlock.workflows.requests import BuildRequest, BuiltEnvironment
from noxlock.workflows.reuse import NEW, why_conda_rebuild
from noxlock.workflows.supply import is_wheel

if TYPE_CHECKING:
    from noxlock.model import CondaLock, PackageRecord, Plan, PlannedPackage
    from noxlock.workflows.artifacts import Installable
    from noxlock.workflows.lock_files import LockFile
    from noxlock.workflows.supply import Supplies

__all__ = ["CondaMaking"]


@dataclass(frozen=True, kw_only=True)
class CondaMaking:
    """One call of `Builder.build` for an environment with conda packages."""

    supplies: Supplies
    request: BuildRequest
    conda: CondaLock | LockFile[CondaLock]
    started: float

    def run(self) -> BuiltEnvironment:
        """Plan, then keep what is there or make it."""
        request, prefix = self.request, self.request.prefix
        memo = Memo(self.supplies.store.root)
        planned = request.plan or plan_conda_environment(self.conda, request, memo)
        receipt = read_receipt(prefix)
        if request.reuse:
            why = why_conda_rebuild(
                prefix, receipt, planned, self._options, self._digest(planned, receipt)
            )
            if not why and receipt is not None:
                return self._built(planned, receipt, "nothing changed", reused=True)
            if why != NEW:
                self._say(f"made anew: {why}")
        else:
            why = "a fresh one was asked for" if prefix.exists() else NEW
        for warning in planned.warnings:
            self.supplies.progress.warn(f"{request.name}: {warning}")
        self._gather(planned)
        receipt = self._make(planned)
        counts = [counted(len(planned.conda), "conda package")]
        wheels = len(receipt.packages) - len(planned.conda)
        if wheels:
            counts.append(f"{counted(wheels, 'package')} on top")
        took = time.perf_counter() - self.started
        self._say(f"{', '.join(counts)}, made in {took:.1f} s")
        return self._built(planned, receipt, why, reused=False)

    @property
    def _options(self) -> dict[str, str]:
        scripts = "run" if self.request.environment.link_scripts else "left out"
        return {"link scripts": scripts, "prefix": str(self.request.prefix)}

    @property
    def _base(self) -> Path:
        return (self.request.root / (self.request.lock_file or self.conda.file)).parent

    @cached_property
    def _store(self) -> CondaStore:
        return CondaStore(self.supplies.store.root, environ=self.supplies.environ)

    @cached_property
    def _supply(self) -> CondaSupply:
        return CondaSupply(supplies=self.supplies, store=self._store)

    def _digest(self, planned: Plan, receipt: Receipt | None) -> str:
        """Return the digest of the working trees that are installed."""
        if receipt is None or "executable" not in receipt.interpreter:
            return ""
        interpreter = interpreter_from(receipt.interpreter)
        return self._gathering(planned, interpreter).digest

    def _gathering(self, planned: Plan, interpreter: Interpreter) -> Gathering:
        request = self.request
        file = self.conda.file
        none = Lock(format="none", file=file, packages=(), selection=ByGroup())
        wanted = Wanted(
            name=request.name,
            plan=planned,
            lock=request.lock or none,
            base=self._base,
            root=request.root,
            project=request.project,
            only_binary=request.environment.only_binary,
            interpreter=interpreter,
        )
        return Gathering(wanted, self.supplies)

    def _gather(self, planned: Plan) -> None:
        """Get into the store, before anything is touched, what can be had already."""
        store, supplies = self._store, self.supplies
        lacking = sum(not store.has(package) for package in planned.conda)
        if lacking:
            stored = len(planned.conda) - lacking
            self._say(
                f"{counted(len(planned.conda), 'conda package')}: {stored} stored,"
                f" {lacking} to fetch"
            )
        self._supply.gather(planned.conda, planned.target, self._base)
        wheels = [supplies.decided(p, planned) for p in planned.packages]
        missing = [p for p in wheels if _is_fetched(p) and not supplies.is_stored(p)]
        supplies.fetch(planned, missing, self._base)

    def _make(self, planned: Plan) -> Receipt:
        prefix = self.request.prefix
        with replacing(prefix):
            self._link(planned)
            found = None
            if planned.target.python:
                found = self._python(planned)
            records = self._supply.records(planned.conda)
            facts: dict[str, str] = {}
            digest = ""
            if found is not None:
                interpreter, facts = found
                self._compile(planned, interpreter)
                digest, more = self._add_wheels(planned, interpreter)
                records += more
            receipt = Receipt(
                plan=planned.key,
                interpreter=facts,
                project=digest,
                packages=records,
                activation=activation_script(prefix),
                options=self._options,
                files=snapshot(prefix),
            )
            write_receipt(prefix, receipt)
        return receipt

    def _python(self, planned: Plan) -> tuple[Interpreter, dict[str, str]] | None:
        """Return the python that was just linked, and the facts of it.

        It is asked once: the same packages on the same machine give the same answer.
        """
        prefix, memo = self.request.prefix, Memo(self.supplies.store.root)
        target = planned.target
        key = memo_key("conda-python", planned.key, target.glibc, target.macos)
        top = os.path.realpath(prefix)
        if (kept := memo.get(key)) is not None:
            facts = json.decode(kept, type=dict[str, str])
            facts["executable"] = os.path.join(top, facts["executable"])  # noqa: PTH118
            if os.path.exists(facts["executable"]):  # noqa: PTH110
                return interpreter_from(facts), facts
        found = conda_interpreter(prefix, self.supplies.environ)
        if found is not None:
            inside = os.path.relpath(found[1]["executable"], top)
            memo.put(key, json.encode({**found[1], "executable": inside}))
        return found

    def _link(self, planned: Plan) -> None:
        store, prefix = self._store, self.request.prefix
        # Told to try clones where there are none, rattler tries with every file: ten
        # times as long.
        mode = store.mode_to(planned.conda, prefix.parent)
        packages = tuple(
            structs.replace(p, sha256=Sha256(store.sha256(p))) for p in planned.conda
        )
        layer = CondaLayer(
            prefix=prefix,
            subdir=planned.target.subdir,
            folders={p.name: store.folder(p) for p in planned.conda},
            packages=packages,
            link_scripts=self.request.environment.link_scripts,
            clones=mode is LinkMode.CLONE,
            hard_links=mode is LinkMode.HARDLINK,
        )
        # Links alone, which may lie anywhere: the store itself may be read only.
        with (
            TemporaryDirectory(prefix="noxlock-") as scratch,
            ThreadPoolExecutor(1) as pool,
        ):
            checking = pool.submit(store.check, planned.conda)
            if layer.link_scripts:  # they are run: what they are has to be known first
                checking.result()
            # rattler works outside of Python; what turns out damaged ends with the
            # prefix.
            link_packages(layer, Path(scratch).resolve())
            checking.result()

    def _compile(self, planned: Plan, interpreter: Interpreter) -> None:
        store, progress = self._store, self.supplies.progress
        if lacking := len(store.uncompiled(planned.conda, interpreter)):
            title = f"compile {counted(lacking, 'conda package')}"
            with progress.task(title, total=lacking, unit="packages") as step:
                store.compile(planned.conda, interpreter)
                step.advance(lacking)
        store.place_bytecode(planned.conda, self.request.prefix, interpreter)

    def _add_wheels(
        self, planned: Plan, interpreter: Interpreter
    ) -> tuple[str, tuple[PackageRecord, ...]]:
        prefix, store = self.request.prefix, self.supplies.store
        wheels_on_top = self._not_brought(planned, interpreter)
        on_top = structs.replace(planned, packages=wheels_on_top)
        gathering = self._gathering(on_top, interpreter)
        wheels: tuple[Installable, ...] = gathering.gather()
        store.compile([wheel.sha256 for wheel in wheels], interpreter)
        store.link([wheel.linked for wheel in wheels], prefix, interpreter)
        # Of the plan as a whole: a session that keeps the environment has that one.
        digest = self._gathering(planned, interpreter).digest
        records = tuple(one.record for one in wheels if one.record is not None)
        return digest, records

    def _not_brought(
        self, planned: Plan, interpreter: Interpreter
    ) -> tuple[PlannedPackage, ...]:
        """Return the wheels of which conda did not bring the distribution.

        The plan knows conda's packages by name; what they really hold counts.
        """
        found = brought(venv_site_packages(self.request.prefix, interpreter))
        for package in planned.packages:
            if package.name in found and found[package.name] != package.version:
                self.supplies.progress.warn(
                    f"{self.request.name}: {package.name} {package.version} is locked"
                    f" in {planned.lock}, but conda brings {found[package.name]}, which"
                    " stays"
                )
        return tuple(p for p in planned.packages if p.name not in found)

    def _built(
        self, planned: Plan, receipt: Receipt, reason: str, *, reused: bool
    ) -> BuiltEnvironment:
        prefix = self.request.prefix
        return BuiltEnvironment(
            prefix=prefix,
            bin=venv_scripts(prefix),
            interpreter=_interpreter(prefix, planned, receipt),
            plan=planned,
            packages=receipt.packages,
            reused=reused,
            reason=reason,
            activation=self._activation(receipt),
        )

    def _activation(self, receipt: Receipt) -> Activation:
        environ, prefix = self.supplies.environ, self.request.prefix
        hermetic = hermetic_variables(prefix, environ)
        hermetic |= {"PATH": environ.get("PATH", os.defpath), "VIRTUAL_ENV": None}
        found = activate(prefix, receipt.activation, apply_variables(environ, hermetic))
        return replace(found, variables={"VIRTUAL_ENV": None, **found.variables})

    def _say(self, message: str) -> None:
        self.supplies.progress.say(f"{self.request.name}: {message}")


def _is_fetched(package: PlannedPackage) -> bool:
    return package.kind is None or is_wheel(package)


def _interpreter(prefix: Path, planned: Plan, receipt: Receipt) -> Interpreter:
    if receipt.interpreter:
        return interpreter_from(receipt.interpreter)
    return Interpreter(
        executable=conda_python(prefix),
        version="",
        target=planned.target,
        cache_tag="",
        magic="",
    )

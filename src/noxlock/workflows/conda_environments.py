"""Make an environment of conda packages, with wheels on top of them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import structs

from noxlock.envs import (
    apply_variables,
    hermetic_variables,
    replacing,
    venv_scripts,
    venv_site_packages,
)
from noxlock.envs.activation import Activation, activate, activation_script
from noxlock.envs.conda import (
    brought,
    conda_python,
)
from noxlock.envs.probing import interpreter_from
from noxlock.envs.receipts import (
    Receipt,
    encode_receipt,
    read_receipt,
    snapshot,
    watched,
    write_receipt,
)
from noxlock.model import ByGroup, Interpreter, Lock
from noxlock.report.counts import counted
from noxlock.store.conda import CondaStore
from noxlock.store.imprints import Imprints
from noxlock.store.memo import Memo
from noxlock.workflows._conda_again import made_again
from noxlock.workflows._conda_layers import CondaLayers
from noxlock.workflows.artifacts import Gathering, Wanted
from noxlock.workflows.conda_planning import plan_conda_environment
from noxlock.workflows.conda_supply import CondaSupply
from noxlock.workflows.requests import BuildRequest, BuiltEnvironment
from noxlock.workflows.reuse import NEW, why_conda_rebuild, why_other_conda
from noxlock.workflows.supply import is_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import CondaLock, PackageRecord, Plan, PlannedPackage
    from noxlock.store._recipe import Recipe
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
        receipt = self._made_again(planned) or self._make(planned)
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
    def _imprints(self) -> Imprints:
        return Imprints(self.supplies.store.root, environ=self.supplies.environ)

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

    def _made_again(self, planned: Plan) -> Receipt | None:
        if self.request.environment.link_scripts:  # may have done anything, anywhere
            return None

        def fits(receipt: Receipt) -> bool:
            digest = self._digest(planned, receipt)
            return not why_other_conda(receipt, planned, self._options, digest)

        return made_again(self._imprints, self.request.prefix, fits=fits)

    def _make(self, planned: Plan) -> Receipt:
        prefix = self.request.prefix
        layers = CondaLayers(
            store=self._store, supplies=self.supplies, request=self.request
        )
        with replacing(prefix):
            layers.link(planned)
            found = None
            if planned.target.python:
                found = layers.python(planned)
            records = self._supply.records(planned.conda)
            facts: dict[str, str] = {}
            digest, recipe = "", None
            if found is not None:
                interpreter, facts = found
                layers.compile(planned, interpreter)
                digest, more, recipe = self._add_wheels(planned, interpreter)
                records += more
            imprint = self._imprints.take(
                prefix,
                self._store.mode_to(planned.conda, prefix),
                self._store.contents(planned.conda, found[0] if found else None),
                recipe,
            )
            receipt = Receipt(
                plan=planned.key,
                interpreter=facts,
                project=digest,
                packages=records,
                activation=activation_script(prefix),
                options=self._options,
                files=watched(imprint.files) if imprint else snapshot(prefix),
            )
            write_receipt(prefix, receipt)
        if imprint:
            self._imprints.keep(prefix, imprint, encode_receipt(receipt))
        return receipt

    def _add_wheels(
        self, planned: Plan, interpreter: Interpreter
    ) -> tuple[str, tuple[PackageRecord, ...], Recipe | None]:
        prefix, store = self.request.prefix, self.supplies.store
        wheels_on_top = self._not_brought(planned, interpreter)
        on_top = structs.replace(planned, packages=wheels_on_top)
        gathering = self._gathering(on_top, interpreter)
        wheels: tuple[Installable, ...] = gathering.gather()
        store.compile([wheel.sha256 for wheel in wheels], interpreter)
        linked = [wheel.linked for wheel in wheels]
        store.link(linked, prefix, interpreter)
        recipe = store.recipe(linked, interpreter) if linked else None
        # Of the plan as a whole: a session that keeps the environment has that one.
        digest = self._gathering(planned, interpreter).digest
        records = tuple(one.record for one in wheels if one.record is not None)
        return digest, records, recipe

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

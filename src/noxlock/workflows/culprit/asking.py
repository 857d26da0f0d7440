"""From the name of a check to what drifted it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from noxlock.errors import DefinitionError, nearest
from noxlock.model import ProjectInstall
from noxlock.report.progress import Quiet
from noxlock.workflows.baselines.baseline import baseline_of
from noxlock.workflows.culprit.code import code_of
from noxlock.workflows.culprit.evidence import evidence
from noxlock.workflows.culprit.metadata import fetch_all, read_metadata
from noxlock.workflows.culprit.mixes import Mixes
from noxlock.workflows.culprit.reference import Reference, recorded_reference
from noxlock.workflows.culprit.releases import listed_releases, satisfies
from noxlock.workflows.culprit.seen import Ledger
from noxlock.workflows.culprit.sides import RECORD, WORK_TREE, Planner
from noxlock.workflows.culprit.told import standing, told
from noxlock.workflows.culprit.trials import Trials
from noxlock.workflows.culprit.why import Limits, explain
from noxlock.workflows.inputs import read_inputs
from noxlock.workflows.outputs import check_names
from noxlock.workflows.records import record_digest
from noxlock.workflows.repro.alone import alone
from noxlock.workflows.repro.preparing import profile_of
from noxlock.workflows.repro.request import CheckRequest
from noxlock.workflows.requests import BuildRequest
from noxlock.workflows.targets import on_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from noxlock.model import Check, Environment, Record
    from noxlock.model.culprit import CulpritReport, Standing
    from noxlock.search import Metadata
    from noxlock.workflows.baselines.baseline import Baseline
    from noxlock.workflows.culprit.sides import Side
    from noxlock.workflows.environments import Builder, BuiltEnvironment
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project

__all__ = ["WhyRequest", "ask_why"]

FOLDER: Final = "why"


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyRequest:
    """What a user wants to know."""

    project: Project
    name: str
    """Of the check."""
    good: str = RECORD
    """`record`, or a git revision."""
    bad: str = WORK_TREE
    """`worktree`, or a git revision."""
    python: str | None = None
    """Of an environment with several; None: the first."""
    limits: Limits = field(default_factory=Limits)
    nox_folder: Path
    environ: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where its searches keep what they have seen."""
        return self.nox_folder / FOLDER / self.name


def ask_why(
    request: WhyRequest, parts: Parts, watch: Callable[[Standing], None]
) -> CulpritReport:
    """Return which package changes made the check drift.

    Args:
        request: The check and the two locks.
        parts: The store, the index, the builder.
        watch: Told where the search stands.

    Raises:
        DefinitionError: There is no such check, or its definition is no good.
        CompareError: There is no baseline, no such revision, no lock in it.
        NoxlockError: A lock cannot be read, or gives nothing here.
    """
    checks = request.project.definitions.checks
    if request.name not in checks:
        listed = ", ".join(sorted(checks)) or "none"
        what = f"unknown check `{request.name}`; known: {listed}"
        raise DefinitionError(what, hint=nearest(request.name, checks))
    with alone(request.folder, parts.progress.say):
        return _Asked(request, checks[request.name], parts).report(watch)


@dataclass(frozen=True, slots=True)
class _Asked:
    request: WhyRequest
    check: Check
    parts: Parts

    @property
    def baseline(self) -> Baseline:
        request = self.request
        return baseline_of(
            self.check, request.name, request.project.root, request.environ
        )

    @property
    def builder(self) -> Builder:
        return replace(self.parts.builder, progress=Quiet())

    def report(self, watch: Callable[[Standing], None]) -> CulpritReport:
        request = self.request
        old, new = self._sides()
        said: dict[tuple[str, str | None], Metadata] = {}
        for side in (old, new):
            fetch_all(side.plan, self.parts.builder.supplies, side.base)
            said |= read_metadata(side.plan, self.builder.supplies)
        mixes = Mixes.of(old, new, metadata=said, satisfies=satisfies)
        trials = self._trials(mixes)
        found = explain(
            trials,
            mixes,
            request.limits,
            releases=partial(
                listed_releases,
                new=new,
                supplies=self.builder.supplies,
                warn=self.parts.progress.warn,
            ),
            watch=lambda progress: watch(standing(progress, mixes.changes)),
        )
        record = self._record() if request.good == RECORD else None
        known = evidence(request.name, mixes, found, record, trials.inputs)
        return told(found.conclusion, known)

    def _sides(self) -> tuple[Side, Side]:
        request = self.request
        project = request.project
        environment = project.environment(self.check.environment)
        if environment.conda:
            environment = on_this_machine(project, environment, request.environ)
        python = self._python(environment)
        install = project.install(environment, default=ProjectInstall.WHEEL)
        wanted = BuildRequest(
            root=project.root,
            name=f"{FOLDER}({request.name})",
            environment=environment,
            python=python,
            prefix=request.folder / "env",
            project=install,
            lock=project.lock_file(environment.pypi) if environment.pypi else None,
            lock_file=environment.pypi or "",
            conda=project.conda_lock_file(environment.conda)
            if environment.conda
            else None,
        )
        planner = Planner(
            request=wanted,
            builder=self.builder,
            baseline=self.baseline,
            environ=request.environ,
            warn=self.parts.progress.warn,
        )
        return planner.side(request.good), planner.side(request.bad)

    def _python(self, environment: Environment) -> str:
        """Return which of the environment's interpreters is meant.

        Raises:
            DefinitionError: It has no such one.
        """
        python, pythons = self.request.python, environment.python
        declared = [pythons] if isinstance(pythons, str) else list(pythons)
        if python is None or python in declared:
            return python or declared[0]
        listed = ", ".join(declared)
        what = f"the environment has no python `{python}`; it has: {listed}"
        raise DefinitionError(what, key=f"checks.{self.request.name}.environment")

    def _trials(self, mixes: Mixes) -> Trials:
        request, check = self.request, self.check
        project = request.project
        check_names(check.outputs, request.name)
        self.baseline.check()
        profile = profile_of(request.name, check, project.definitions.profiles)
        inputs = read_inputs(
            project.root,
            check.inputs,
            check=request.name,
            leave_out=(request.nox_folder, self.baseline.path),
        )
        reference, identity = self._reference(mixes)
        facts = (
            msgspec.to_builtins(check),
            sorted(profile.changes(request.environ).items(), key=str),
            inputs.digests,
            code_of(request.project, check, request.environ),
            identity,
        )
        digest = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]
        seen = request.folder / "seen" / digest
        return Trials(
            check=check,
            mixes=mixes,
            builder=self.builder,
            folder=request.folder,
            ledger=Ledger(seen),
            kept=seen / "reference",
            request=self._check_request,
            profile=profile,
            inputs=inputs,
            reference=reference,
        )

    def _reference(self, mixes: Mixes) -> tuple[Reference | None, str]:
        """Return what outputs are held against, and what tells it from any other."""
        if self.request.good != RECORD:
            return None, mixes.old.plan.key
        record = self._record()
        reference = recorded_reference(self.baseline, record)
        return reference, record_digest(record)

    def _record(self) -> Record:
        record = self.baseline.read()
        assert record is not None  # noqa: S101 - else there was no such side
        return record

    def _check_request(self, built: BuiltEnvironment, folder: Path) -> CheckRequest:
        request = self.request
        return CheckRequest(
            root=request.project.root,
            name=request.name,
            check=self.check,
            built=built,
            environ=request.environ,
            nox_folder=folder,
            profiles=request.project.definitions.profiles,
            vary=False,
        )

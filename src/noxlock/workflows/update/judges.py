"""What a lock has to pass: declared checks that have a baseline, declared sessions."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.definitions import commands
from noxlock.envs import Profile
from noxlock.errors import DefinitionError, nearest
from noxlock.model import Check, Gpu, ProjectInstall
from noxlock.model.update import JudgeKind
from noxlock.workflows.baselines.baseline import baseline_of
from noxlock.workflows.culprit.reference import Reference, recorded_reference
from noxlock.workflows.inputs import Inputs, read_inputs
from noxlock.workflows.outputs import check_names
from noxlock.workflows.repro.preparing import profile_of
from noxlock.workflows.targets import on_this_machine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from noxlock.model import Environment, Session
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.options import UpdateOptions

__all__ = ["TAG", "Judge", "Judges", "find_judges"]

TAG: Final = "update"
"""Where a session has it, only those that have it are run; else the default ones."""


class _AsItIs(Profile):
    """The profile of sessions, which hold nothing still."""

    def changes(
        self,
        environ: Mapping[str, str],  # noqa: ARG002 - of a profile
        dispatch: Collection[str] = (),  # noqa: ARG002 - likewise
    ) -> dict[str, str | None]:
        """Change nothing."""
        return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """One check or session in one environment."""

    name: str
    kind: JudgeKind
    check: Check
    """Of a session: its commands, as a check without outputs."""
    environment: Environment
    python: str
    install: ProjectInstall
    root: Path
    """Where its commands run."""
    profile: Profile
    reference: Reference
    inputs: Inputs = field(
        default_factory=lambda: Inputs(files={}, digests={}, states={})
    )
    alone: bool = False
    """Whether it must not run beside itself."""

    @property
    def key(self) -> str:
        """What tells it from any other; the name of a folder too."""
        return f"{self.kind}-{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judges:
    """Those that have a say, and those that have none."""

    judges: tuple[Judge, ...]
    silent: tuple[tuple[str, JudgeKind, str], ...]
    """Name, kind, why."""


def find_judges(
    project: Project,
    options: UpdateOptions,
    nox_folder: Path,
    environ: Mapping[str, str],
) -> Judges:
    """Return the checks and sessions by which a lock is judged.

    Raises:
        DefinitionError: There is none, or one is asked for that is not declared.
        CompareError: A baseline is damaged.
    """
    checks, sessions = _asked(project, options)
    found: list[Judge] = []
    silent: list[tuple[str, JudgeKind, str]] = []
    for name, check in checks.items():
        kind = JudgeKind.CHECK
        if why := _no_gpu(check, environ) or _no_baseline(
            project, name, check, environ
        ):
            silent.append((name, kind, why))
        else:
            found += _of_check(project, name, check, nox_folder, environ)
    for name, session in sessions.items():
        if why := _no_gpu(session, environ):
            silent.append((name, JudgeKind.SESSION, why))
        else:
            found += _of_session(project, name, session, nox_folder)
    if not found:
        said = "; ".join(f"{name}: {why}" for name, _, why in silent)
        raise DefinitionError(
            "nothing says whether a lock is good" + (f": {said}" if said else ""),
            hint="record a baseline (`nox -s repro -- --accept`), or declare a session",
        )
    return Judges(judges=tuple(found), silent=tuple(silent))


def _asked(
    project: Project, options: UpdateOptions
) -> tuple[dict[str, Check], dict[str, Session]]:
    declared = project.definitions
    checks = dict(declared.checks) if options.checks else {}
    sessions = dict(declared.sessions) if options.sessions else {}
    for name in options.only:
        if name not in {*checks, *sessions}:
            known = sorted({*checks, *sessions})
            raise DefinitionError(
                f"there is no check or session `{name}`",
                key="update",
                hint=nearest(name, known) or f"there are: {', '.join(known)}",
            )
    if options.only:
        wanted = set(options.only)
        return (
            {name: each for name, each in checks.items() if name in wanted},
            {name: each for name, each in sessions.items() if name in wanted},
        )
    tagged = {name: each for name, each in sessions.items() if TAG in each.tags}
    default = {name: each for name, each in sessions.items() if each.default}
    return checks, tagged or default


def _no_gpu(declared: Check | Session, environ: Mapping[str, str]) -> str:
    if declared.gpu is None:
        return ""
    from noxlock.envs.gpu import why_no_gpu  # noqa: PLC0415 - starts a process

    why = why_no_gpu({**environ, **declared.env})
    if why is None:
        return ""
    if declared.gpu is Gpu.REQUIRE:
        return f"it requires a GPU: {why}"
    return f"no GPU: {why}"


def _no_baseline(
    project: Project, name: str, check: Check, environ: Mapping[str, str]
) -> str:
    baseline = baseline_of(check, name, project.root, environ)
    baseline.check()
    if baseline.read() is not None:
        return ""
    return f'it has no baseline: `nox -s "repro({name})" -- --accept` records one'


def _of_check(
    project: Project,
    name: str,
    check: Check,
    nox_folder: Path,
    environ: Mapping[str, str],
) -> Iterator[Judge]:
    check_names(check.outputs, name)
    baseline = baseline_of(check, name, project.root, environ)
    record = baseline.read()
    assert record is not None  # noqa: S101 - it was looked for
    reference = recorded_reference(baseline, record)
    profile = profile_of(name, check, project.definitions.profiles)
    leave_out = (nox_folder, baseline.path)
    inputs = read_inputs(project.root, check.inputs, check=name, leave_out=leave_out)
    for title, environment, python in _environments(project, name, check, environ):
        yield Judge(
            name=title,
            kind=JudgeKind.CHECK,
            check=check,
            environment=environment,
            python=python,
            install=project.install(environment, default=ProjectInstall.WHEEL),
            root=project.root,
            profile=profile,
            reference=reference,
            inputs=inputs,
        )


def _of_session(
    project: Project, name: str, session: Session, nox_folder: Path
) -> Iterator[Judge]:
    texts = tuple(_fixed(command.words()) for command in commands(session))
    as_check = Check(
        environment=session.environment, run=texts, outputs={}, env=session.env
    )
    found = _environments(project, name, session, os.environ)
    for title, environment, python in found:
        yield Judge(
            name=title,
            kind=JudgeKind.SESSION,
            check=as_check,
            environment=environment,
            python=python,
            install=project.install(environment, default=ProjectInstall.EDITABLE),
            root=project.root / session.directory,
            profile=_AsItIs(name="session"),
            reference=Reference(said="", folder=nox_folder),
            alone=not session.allow_parallel,
        )


def _environments(
    project: Project,
    name: str,
    declared: Check | Session,
    environ: Mapping[str, str],
) -> Iterator[tuple[str, Environment, str]]:
    """Yield a title, the environment and the python of each run that nox makes."""
    environment = project.environment(declared.environment)
    if environment.conda:
        environment = on_this_machine(project, environment, environ)
    pythons = environment.python
    if isinstance(pythons, str):
        yield name, environment, pythons
        return
    for python in pythons:
        yield f"{name}-{python}", environment, python


def _fixed(words: tuple[str, ...]) -> str:
    """Return a command whose braces stand for themselves."""
    return shlex.join(words).replace("{", "{{").replace("}", "}}")

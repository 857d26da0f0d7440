"""Whether all that a project declares can be made from its locks. Nothing is solved.

Three proofs: each lock belongs to what it was made from; locks that are used together
agree; every locked package has an artifact for every target that is declared. None of
them asks an index or a channel: that an artifact is still there is not proved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.envs import find_interpreter
from noxlock.errors import (
    DefinitionError,
    InterpreterError,
    LockError,
    NoxlockError,
    PlanError,
)
from noxlock.store.memo import memo_key
from noxlock.workflows.agreement import disagreeing
from noxlock.workflows.lock_files import remembered_plan
from noxlock.workflows.staleness import lock_facts
from noxlock.workflows.targets import AUTO, declared_targets, machine_subdir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Environment, Lock, Plan, Target
    from noxlock.workflows.project import Project

__all__ = ["Finding", "check_project", "used_environments"]

_DEFAULT: Final = "poetry.lock"
_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+)?")
_ANY: Final = "3"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was found of one lock, or of one environment."""

    subject: str
    """A lock, or an environment: `cuda`, `cuda (linux-64-cuda)`."""
    what: str
    lines: tuple[str, ...] = ()
    """More of it, a line each."""
    wrong: bool = False
    """It keeps the project from being made as it is declared."""
    error: NoxlockError | None = None
    """Nothing can be said: a file cannot be read, say."""


def check_project(project: Project) -> tuple[Finding, ...]:
    """Return what is found of each lock, then of each environment.

    Raises:
        DefinitionError: There is no lock to be checked.
    """
    locks = _locks(project)
    findings = [_of_lock(project, lock) for lock in locks]
    unreadable = {one.subject for one in findings if one.error}
    for name, environment in used_environments(project).items():
        # What is wrong with a lock is said once, of the lock.
        if unreadable.isdisjoint(environment.locks):
            findings += _of_environment(project, name, environment)
    return tuple(findings)


def used_environments(project: Project) -> dict[str, Environment]:
    """Return the environments that are declared, by name, and those in place."""
    found = dict(project.definitions.environments)
    for path, used in project.definitions.used():
        if not isinstance(used, str):
            found[path.removesuffix(".environment")] = used
    return found


def _locks(project: Project) -> list[str]:
    """Return every lock that is declared, or that an environment is made from."""
    environments = used_environments(project).values()
    used = {lock for environment in environments for lock in environment.locks}
    locks = sorted({*project.definitions.locks, *used})
    if not locks and (project.root / _DEFAULT).is_file():
        return [_DEFAULT]
    if not locks:
        raise DefinitionError(
            "no lock is declared, and there is no poetry.lock",
            file=str(project.root),
            hint="`noxlock init` writes a first noxfile; -C names another folder",
        )
    return locks


def _of_lock(project: Project, lock: str) -> Finding:
    """Return what is found of a lock; that nothing is wrong with it is remembered."""
    memo = project.memo
    try:
        key = memo_key("finding", *lock_facts(project, lock))
    except NoxlockError:
        memo = None  # it is said below
    if memo is not None and (known := memo.get(key)) is not None:
        return Finding(subject=lock, what=known.decode())
    found = _anew(project, lock)
    if memo is not None and not found.wrong:
        memo.put(key, found.what.encode())
    return found


def _anew(project: Project, lock: str) -> Finding:
    try:
        conda = project.is_conda(lock)
        form = (
            project.read_conda_lock(lock).format
            if conda
            else project.read_lock(lock).format
        )
        declared = lock in project.definitions.locks
        if conda and not (declared and kind_of_lock(lock) is LockKind.CONDA):
            what = "readable; no definition says what it is from"
            return Finding(subject=lock, what=what)
        if not conda and form != "poetry":
            what = "readable; its format does not say what it is from"
            return Finding(subject=lock, what=what)
        stale = project.staleness(lock)
        if not conda and stale is None:
            _require_source(project, lock)
    except NoxlockError as error:
        return Finding(subject=lock, what=str(error), wrong=True, error=error)
    if stale:
        return Finding(subject=lock, what=f"stale: {stale}", wrong=True)
    return Finding(subject=lock, what="fresh")


def _require_source(project: Project, lock: str) -> None:
    if not ((project.root / lock).parent / "pyproject.toml").is_file():
        what = "there is no pyproject.toml beside it to compare with"
        raise LockError(what, file=lock)


def _of_environment(
    project: Project, name: str, environment: Environment
) -> Iterator[Finding]:
    proved: list[str] = []
    try:
        targets = _targets(project, environment)
    except NoxlockError as error:
        yield _failed(name, error)
        return
    for target in targets:
        clashes: tuple[str, ...] = ()
        for python in _pythons(environment):
            subject = _subject(name, target, python if environment.pypi else None)
            try:
                plan = _plan(project, environment, target, python)
                found = disagreeing(project, environment, target)
                clashes = tuple(line for one in found for line in one.lines)
            except InterpreterError as error:
                yield Finding(subject=subject, what=f"not proved: {error}")
                continue
            except NoxlockError as error:
                yield _failed(subject, error)
                continue
            if plan.missing:
                yield _missing(subject, plan)
            else:
                proved.append(plan.target.name)
        if clashes:
            what = f"{environment.conda} and {environment.pypi} disagree"
            subject = f"{name} ({target})"
            yield Finding(subject=subject, what=what, lines=clashes, wrong=True)
    if proved:
        listed = ", ".join(dict.fromkeys(proved))
        what = f"every package has an artifact for {listed}"
        yield Finding(subject=name, what=what)


def _subject(name: str, target: str, python: str | None) -> str:
    where = machine_subdir() if target == AUTO else target
    plain = python is None or python == _ANY
    return f"{name} ({where})" if plain else f"{name} ({where}, python {python})"


def _failed(subject: str, error: NoxlockError) -> Finding:
    advice = (f"hint: {error.hint}",) if error.hint else ()
    return Finding(subject=subject, what=str(error), lines=advice, wrong=True)


def _missing(subject: str, plan: Plan) -> Finding:
    count = len(plan.missing)
    what = "one package has no artifact" if count == 1 else f"{count} have no artifact"
    return Finding(subject=subject, what=what, lines=plan.missing, wrong=True)


def _targets(project: Project, environment: Environment) -> tuple[str, ...]:
    """Return the targets that are declared for an environment; `auto`: this machine."""
    if environment.target != AUTO or environment.conda is None:
        return (environment.target,)
    return declared_targets(project, environment.conda)


def _pythons(environment: Environment) -> tuple[str, ...]:
    pythons = environment.python
    return (pythons,) if isinstance(pythons, str) else pythons


def _plan(project: Project, environment: Environment, target: str, python: str) -> Plan:
    conda = project.conda_lock_file(environment.conda) if environment.conda else None
    pypi = project.lock_file(environment.pypi) if environment.pypi else None
    name = machine_subdir() if target == AUTO else target
    version = python
    if conda is None and not _VERSION.fullmatch(python):
        # `3`, or the path of an interpreter: which version that is, only it can say.
        version = find_interpreter(python).version

    def make() -> Plan:
        from noxlock.plan import (  # noqa: PLC0415 - where nothing is remembered
            LayersRequest,
            parse_platform,
            plan_layers,
        )

        of_python = _target(pypi.lock, name, version) if pypi and not conda else None
        request = LayersRequest(
            target=of_python or parse_platform(name),
            groups=environment.groups,
            extras=environment.extras,
            only_binary=environment.only_binary,
            keep_going=True,
            allow_md5=environment.allow_md5,
        )
        return plan_layers(
            conda.lock if conda else None, pypi.lock if pypi else None, request
        )

    if project.memo is None:
        plan = make()
    else:
        facts = (environment, name, version, "check")
        plan = remembered_plan(project.memo, [conda, pypi], facts, make)
    if conda is not None:
        _require_python(plan, python)
    return plan


def _target(lock: Lock, name: str, python: str) -> Target:
    from noxlock.plan import parse_target  # noqa: PLC0415 - as above
    from noxlock.plan.select import python_for  # noqa: PLC0415 - as above

    return parse_target(name, python=python_for(lock, python))


def _require_python(plan: Plan, asked: str) -> None:
    found = plan.target.python
    if asked in {_ANY, found} or found.startswith(f"{asked}."):
        return
    raise PlanError(
        f"its python is {found}, not {asked}"
        if found
        else f"it has no python, but {asked} is asked for",
        file=plan.conda_lock,
        hint="leave the python out: the lock says which it is",
    )

"""`noxlock plan`."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from noxlock.cli.output import print_json, print_table, say, warn
from noxlock.cli.projects import open_project, read_lock, user_memo
from noxlock.errors import InterpreterError, PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import CondaLock, Lock, Plan, Target
    from noxlock.workflows.lock_files import LockFile

__all__ = ["COMMAND"]

AUTO: Final = "auto"
"""The target that is this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """What is to be planned, from a lock or from the definitions."""

    conda: LockFile[CondaLock] | None
    pypi: LockFile[Lock] | None
    python: str | None
    """None: the conda lock's, or else this command's."""
    target: str
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    only_binary: bool


_Environment = Annotated[
    str | None, typer.Argument(metavar="ENV", help="An environment of the definitions.")
]
_Lock = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Plan from this lock instead.")
]
_Groups = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="With --lock: dependency groups, by commas; `all`: every one."
        "  [default: main]",
    ),
]
_Extras = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="With --lock: extras, by commas."),
]
_Python = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION", help="As `3.11` or `3.11.7`.  [default: ENV's, or mine]"
    ),
]
_Target = Annotated[
    str | None,
    typer.Option(
        metavar="TARGET",
        help="As `linux-64`, `osx-arm64`.  [default: ENV's, or this machine]",
    ),
]
_OnlyBinary = Annotated[
    bool, typer.Option("--only-binary", help="Refuse what would have to be built.")
]
_KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="List what has no artifact, and exit 1.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def plan(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    environment: _Environment = None,
    *,
    lock: _Lock = None,
    groups: _Groups = None,
    extras: _Extras = None,
    python: _Python = None,
    target: _Target = None,
    only_binary: _OnlyBinary = False,
    keep_going: _KeepGoing = False,
    as_json: _Json = False,
) -> None:
    """Print the exact artifacts of an environment, without making it.

    noxlock plan cpu --target osx-arm64

    noxlock plan --lock poetry.lock --groups main,test --python 3.11 --target linux-64
    """
    if environment is not None and lock is None and groups is None and extras is None:
        wanted = _of_environment(context.obj, environment, python, target)
    elif environment is None and lock is not None:
        wanted = _of_lock(lock, _names(groups) or ("main",), _names(extras), python)
    else:
        raise typer.BadParameter(
            "give an environment, or --lock FILE with its --groups and --extras",
            param_hint="ENV",
        )
    wanted = replace(
        wanted,
        target=target or wanted.target,
        only_binary=only_binary or wanted.only_binary,
    )
    made = _plan(wanted, keep_going=keep_going)
    asked = wanted.python if not wanted.conda and _is_version(wanted.python) else None
    _show(made, asked, as_json=as_json)
    if made.missing:
        raise typer.Exit(1)


COMMAND = plan


def _of_lock(
    path: Path, groups: tuple[str, ...], extras: tuple[str, ...], python: str | None
) -> _Wanted:
    conda, pypi = read_lock(path)
    if conda and extras:
        raise PlanError("a lock of conda packages has no extras", file=conda.file)
    return _Wanted(
        conda=conda,
        pypi=pypi,
        python=python,
        target=AUTO,
        groups=groups,
        extras=extras,
        only_binary=False,
    )


def _of_environment(
    root: Path, name: str, python: str | None, target: str | None
) -> _Wanted:
    from noxlock.workflows.targets import on_this_machine  # noqa: PLC0415 - slow

    project = open_project(root)
    environment = project.environment(name)
    if target is None:
        environment = on_this_machine(project, environment)
        target = None if environment.target == AUTO else environment.target
    for lock in environment.locks:
        if stale := project.staleness(lock, target):
            warn(f"{lock} is stale: {stale}")
    declared = environment.python
    first = declared if isinstance(declared, str) else declared[0]
    conda = project.conda_lock_file(environment.conda) if environment.conda else None
    return _Wanted(
        conda=conda,
        pypi=project.lock_file(environment.pypi) if environment.pypi else None,
        python=python or first,
        target=environment.target,
        groups=environment.groups,
        extras=environment.extras,
        only_binary=environment.only_binary,
    )


def _plan(wanted: _Wanted, *, keep_going: bool) -> Plan:
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


def _anew(wanted: _Wanted, python: str, *, keep_going: bool) -> Plan:
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


def _is_version(python: str | None) -> bool:
    """Return whether *python* is `3.11` or `3.11.7`, neither `3` nor a path."""
    return bool(python and "." in python and python.replace(".", "").isdigit())


def _target(name: str, python: str, lock: Lock) -> Target:
    """Return the target; `auto` is this machine, with whatever python is asked for."""
    from msgspec import structs  # noqa: PLC0415 - as above

    from noxlock.envs import find_interpreter  # noqa: PLC0415
    from noxlock.plan import parse_target  # noqa: PLC0415
    from noxlock.plan.select import python_for  # noqa: PLC0415

    if not _is_version(python):
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


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _show(plan: Plan, asked: str | None, *, as_json: bool) -> None:
    """Print *plan*; *asked* is the python in the user's words, where there are any."""
    if as_json:
        from noxlock.plan import plan_json  # noqa: PLC0415

        print_json(plan_json(plan, python=asked))
    else:
        columns = ("name", "version", "kind", "artifact", "groups")
        print_table(columns, sorted(_rows(plan)))
    for warning in plan.warnings:
        warn(warning)
    for reason in plan.missing:
        warn(reason)
    count = len(plan.packages) + len(plan.conda)
    groups = ", ".join(plan.groups)
    locks = " and ".join(dict.fromkeys(filter(None, (plan.conda_lock, plan.lock))))
    python = f"python {asked or plan.target.python}"
    if asked and asked != plan.target.python:
        python += f" (taken as {plan.target.python})"
    say(
        f"{count} package{'' if count == 1 else 's'} of {locks} ({groups})"
        f" for {plan.target.name}, {python if plan.target.python else 'no python'}"
    )


def _rows(plan: Plan) -> Iterator[tuple[str, ...]]:
    for below in plan.conda:
        groups = ", ".join(below.categories)
        yield below.name, below.version, "conda", below.filename, groups
    for package in plan.packages:
        yield (
            package.name,
            package.version or "",
            package.kind or "",
            package.artifact or package.path or package.url or "",
            ", ".join(package.groups),
        )

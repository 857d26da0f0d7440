"""`noxlock plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from noxlock.cli.output import print_json, print_table, say, warn
from noxlock.cli.planning import AUTO, Wanted, is_version, planned
from noxlock.cli.projects import open_project, read_lock
from noxlock.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Plan

__all__ = ["COMMAND"]

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
    made = planned(wanted, keep_going=keep_going)
    asked = wanted.python if not wanted.conda and is_version(wanted.python) else None
    _show(made, asked, as_json=as_json)
    if made.missing:
        raise typer.Exit(1)


COMMAND = plan


def _of_lock(
    path: Path, groups: tuple[str, ...], extras: tuple[str, ...], python: str | None
) -> Wanted:
    conda, pypi = read_lock(path)
    if conda and extras:
        raise PlanError("a lock of conda packages has no extras", file=conda.file)
    return Wanted(
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
) -> Wanted:
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
    return Wanted(
        conda=conda,
        pypi=project.lock_file(environment.pypi) if environment.pypi else None,
        python=python or first,
        target=environment.target,
        groups=environment.groups,
        extras=environment.extras,
        only_binary=environment.only_binary,
    )


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

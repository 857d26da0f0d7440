"""`noxlock plan`."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from noxlock.cli.output import print_json, print_table, say, warn
from noxlock.cli.projects import open_project, read_lock

if TYPE_CHECKING:
    from noxlock.model import Lock, Plan, Target

__all__ = ["COMMAND"]

AUTO: Final = "auto"
"""The target that is this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """What is to be planned, from a lock or from the definitions."""

    lock: Lock
    python: str
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
        wanted = _of_environment(context.obj, environment, python)
    elif environment is None and lock is not None:
        wanted = _Wanted(
            lock=read_lock(lock),
            python=python or platform.python_version(),
            target=AUTO,
            groups=_names(groups) or ("main",),
            extras=_names(extras),
            only_binary=False,
        )
    else:
        raise typer.BadParameter(
            "give an environment, or --lock FILE with its --groups and --extras",
            param_hint="ENV",
        )
    from noxlock.plan import plan as make_plan  # noqa: PLC0415 - slow to import

    made = make_plan(
        wanted.lock,
        groups=wanted.groups,
        extras=wanted.extras,
        target=_target(target or wanted.target, wanted.python),
        only_binary=only_binary or wanted.only_binary,
        keep_going=keep_going,
    )
    _show(made, as_json=as_json)
    if made.missing:
        raise typer.Exit(1)


COMMAND = plan


def _of_environment(root: Path, name: str, python: str | None) -> _Wanted:
    project = open_project(root)
    environment = project.environment(name)
    if stale := project.staleness(environment.pypi):
        warn(f"{environment.pypi} is stale: {stale}")
    declared = environment.python
    first = declared if isinstance(declared, str) else declared[0]
    return _Wanted(
        lock=project.read_lock(environment.pypi),
        python=python or first,
        target=environment.target,
        groups=environment.groups,
        extras=environment.extras,
        only_binary=environment.only_binary,
    )


def _target(name: str, python: str) -> Target:
    """Return the target; this machine's is that of its own interpreter."""
    from noxlock.plan import parse_target  # noqa: PLC0415

    if name != AUTO and python.replace(".", "").isdigit() and "." in python:
        return parse_target(name, python=python)
    from noxlock.envs import find_interpreter  # noqa: PLC0415

    interpreter = find_interpreter(python)
    if name == AUTO:
        return interpreter.target
    # `3`, or the path of an interpreter: which version that is, only it can say.
    return parse_target(name, python=interpreter.version)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _show(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        from noxlock.plan import plan_json  # noqa: PLC0415

        print_json(plan_json(plan))
    else:
        columns = ("name", "version", "kind", "artifact", "groups")
        rows = [
            (
                package.name,
                package.version or "",
                package.kind or "",
                package.artifact or package.path or package.url or "",
                ", ".join(package.groups),
            )
            for package in plan.packages
        ]
        print_table(columns, rows)
    for warning in plan.warnings:
        warn(warning)
    for reason in plan.missing:
        warn(reason)
    count = len(plan.packages)
    groups = ", ".join(plan.groups)
    say(
        f"{count} package{'' if count == 1 else 's'} of {plan.lock} ({groups})"
        f" for {plan.target.name}, python {plan.target.python}"
    )

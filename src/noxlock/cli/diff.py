"""`noxlock diff`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from noxlock.cli.output import print_json, warn
from noxlock.cli.projects import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import LockDifference
    from noxlock.workflows.diff import Wanted

__all__ = ["COMMAND"]

_FORMAT = 1
"""Of the JSON."""

_Old = Annotated[
    str | None,
    typer.Argument(
        metavar="OLD",
        help="A lock, as file or REVISION:PATH; or a revision.  [default: HEAD]",
    ),
]
_New = Annotated[
    str | None,
    typer.Argument(metavar="NEW", help="Likewise.  [default: the work tree]"),
]
_Locks = Annotated[
    list[str] | None,
    typer.Option("--lock", metavar="FILE", help="Of the declared locks, only this."),
]
_Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENV",
        help="Only the locks of this environment, its groups and its target.",
    ),
]
_Groups = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="What these dependency groups want, by commas.  [default: ENV's, or all]",
    ),
]
_Target = Annotated[
    str | None,
    typer.Option(
        metavar="TARGET",
        help="What counts on `linux-64`, `osx-arm64`.  [default: ENV's, or all]",
    ),
]
_Python = Annotated[
    str | None,
    typer.Option(metavar="VERSION", help="With a target.  [default: ENV's, or mine]"),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
_Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")
]
_ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="Exit 1 where anything changed.")
]


def diff(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    old: _Old = None,
    new: _New = None,
    *,
    lock: _Locks = None,
    environment: _Environment = None,
    groups: _Groups = None,
    target: _Target = None,
    python: _Python = None,
    as_json: _Json = False,
    markdown: _Markdown = False,
    exit_code: _ExitCode = False,
) -> None:
    """Say what changed between two locks, of any format.

    noxlock diff: every declared lock, HEAD against the work tree

    noxlock diff main: likewise, the revision main against the work tree

    noxlock diff main:poetry.lock poetry.lock

    noxlock diff conda-lock.yml pixi.lock --target linux-64

    What exists as a file is that file, else `REVISION:PATH` as git has it, else a
    revision. Beside a lock, a revision is the same file in it.
    """
    if as_json and markdown:
        raise typer.BadParameter("give one of --json and --markdown")
    if python and not (target or environment):
        raise typer.BadParameter("it is that of a --target", param_hint="--python")
    # Slow to import.
    from noxlock.workflows.diff import DiffRequest, diff_locks  # noqa: PLC0415

    root: Path = context.obj
    request = DiffRequest(
        root=root,
        old=old,
        new=new,
        locks=tuple(lock or ()),
        environment=environment,
        wanted=_wanted(groups, target, python),
    )
    found = diff_locks(request, lambda: open_project(root), os.environ, warn)
    if as_json:
        print_json(_document(found))
    elif markdown:
        from noxlock.report.changes_markdown import changes_markdown  # noqa: PLC0415

        sys.stdout.write(changes_markdown(found))
    else:
        from noxlock.report.changes import write_changes  # noqa: PLC0415

        write_changes(found, sys.stdout, os.environ)
    if exit_code and not all(each.is_empty for each in found):
        raise typer.Exit(1)


COMMAND = diff


def _wanted(groups: str | None, target: str | None, python: str | None) -> Wanted:
    from noxlock.workflows.diff import Wanted  # noqa: PLC0415 - slow to import

    names = tuple(name.strip() for name in (groups or "").split(",") if name.strip())
    return Wanted(groups=names or ("all",), target=target, python=python)


def _document(found: tuple[LockDifference, ...]) -> dict[str, object]:
    from msgspec import to_builtins  # noqa: PLC0415 - slow to import

    locks = [{**to_builtins(each), "counts": each.counts} for each in found]
    return {"format": _FORMAT, "locks": locks}

"""`noxlock report`."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from noxlock.cli.baselines import elsewhere
from noxlock.errors import CompareError
from noxlock.report import ALIASES, FORMS

if TYPE_CHECKING:
    _Form = StrEnum
else:
    _Form = StrEnum("_Form", {name: name for name in (*FORMS, *ALIASES)})

__all__ = ["COMMAND"]

_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="A check; left out: every one that has run."),
]
_How = Annotated[_Form, typer.Option("--form", help="As what; md is markdown.")]
_File = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write there instead of to stdout."
    ),
]
_Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="nox's own folder.  [default: .nox in the project]"
    ),
]


def report(
    context: typer.Context,
    names: _Names = None,
    form: _How = "terminal",  # type: ignore[assignment] # a member of the registry
    output: _File = None,
    envdir: _Folder = None,
) -> None:
    """Print what the last runs of checks found, in any form.

    Several checks are one document.

    noxlock report --form html -o report.html
    """
    from noxlock.workflows.publishing import (  # noqa: PLC0415 - slow to import
        read_reports,
        write_document,
    )

    project: Path = context.obj
    folder = project / (envdir or ".nox")
    if envdir is None and not folder.is_dir():
        what = f"no check has run in {project.resolve()}: there is no report"
        found = elsewhere(project)
        raise CompareError(what, hint=f"run `nox -s repro` there first; {found}")
    shown = read_reports(folder, names or ())
    chosen = FORMS[ALIASES.get(str(form), str(form))]
    if output is None:
        chosen.write(shown, sys.stdout, os.environ)
    else:
        write_document(shown, chosen, output, os.environ)


COMMAND = report

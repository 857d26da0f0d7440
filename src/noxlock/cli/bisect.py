"""`noxlock bisect`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from noxlock.cli.output import say
from noxlock.cli.projects import open_project

__all__ = ["COMMAND"]

_Name = Annotated[str, typer.Argument(metavar="CHECK", help="The check that drifts.")]
_Good = Annotated[
    str,
    typer.Option(
        metavar="REV",
        help="Git revision whose lock was good; `record`: the baseline, and the lock"
        " that it was recorded with.",
    ),
]
_Bad = Annotated[
    str,
    typer.Option(
        metavar="REV", help="Git revision whose lock is not; `worktree`: as it is now."
    ),
]
_Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Runs side by side."),
]
_Runs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="End with what is known after so many runs."),
]
_Timeout = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="End with what is known after that."),
]
_Releases = Annotated[
    bool,
    typer.Option(
        "--releases/--no-releases", help="Look for the first bad release too."
    ),
]
_Python = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION", help="Of an environment with several.  [default: the first]"
    ),
]
_Offline = Annotated[
    bool, typer.Option("--offline", help="Use what is stored already, and no index.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
_Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")
]


def bisect(  # noqa: PLR0913 - options of the command line
    context: typer.Context,
    name: _Name,
    *,
    good: _Good = "record",
    bad: _Bad = "worktree",
    jobs: _Jobs = 1,
    max_runs: _Runs = None,
    timeout: _Timeout = None,
    releases: _Releases = True,
    python: _Python = None,
    offline: _Offline = False,
    as_json: _Json = False,
    markdown: _Markdown = False,
) -> None:
    """Find the package change that makes a check drift, and prove it.

    The check is run with the old lock, with the new one, and with mixes of the two,
    each in a fresh environment out of the store, until the smallest set of changes is
    known that makes it drift, and without which it does not; then the first bad
    release. With --good REV no baseline is needed: what the old lock gives now is right
    then.

    What runs came to is kept: after an interruption the same command goes on from
    there. `nox -s "why(CHECK)"` is the same.

    Exits 0 where it is explained; 1 where nothing drifts, where it is not the lock, or
    is not explained; 2 where it cannot be asked.
    """
    from noxlock.workflows.culprit.asking import (  # noqa: PLC0415 - slow to import
        WhyRequest,
    )
    from noxlock.workflows.culprit.showing import (  # noqa: PLC0415 - likewise
        Form,
        answer,
    )
    from noxlock.workflows.culprit.why import Limits  # noqa: PLC0415 - likewise
    from noxlock.workflows.parts import default_parts  # noqa: PLC0415 - likewise

    project = open_project(context.obj)
    request = WhyRequest(
        project=project,
        name=name,
        good=good,
        bad=bad,
        python=python,
        limits=Limits(
            jobs=jobs, most_runs=max_runs, seconds=timeout, releases=releases
        ),
        nox_folder=project.root / ".nox",
        environ=os.environ,
    )
    parts = default_parts(project.root, offline=offline)
    form = Form.of(as_json=as_json, markdown=markdown)
    found = answer(request, parts, form, say)
    if found.verdict != "explained":
        raise typer.Exit(1)


COMMAND = bisect

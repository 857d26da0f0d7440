"""The commands of `noxlock`, and how each of them ends."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from noxlock.cli import (
    bisect,
    check,
    compare,
    diff,
    init,
    log,
    plan,
    report,
    schema,
    store,
    verify,
)
from noxlock.cli.output import report_error
from noxlock.errors import NoxlockError, StaleLockError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run"]

app = typer.Typer(
    name="noxlock",
    help="Exact environments from lock files, on nox.",
    epilog="Sessions, checks and locks are run by nox: `nox -l` lists them.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    *(plan, check, diff, compare, bisect, report, log, verify, init, schema),
):
    app.command()(module.COMMAND)
app.add_typer(store.app)


def _version(*, wanted: bool) -> None:
    if wanted:
        from noxlock.cli.version import version  # noqa: PLC0415 - reads the metadata

        typer.echo(f"noxlock {version()}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    *,
    project: Annotated[
        Path,
        typer.Option("--project", "-C", help="The project's folder.", metavar="DIR"),
    ] = Path(),
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            callback=lambda value: _version(wanted=value),
            is_eager=True,
        ),
    ] = False,
) -> None:
    del version
    if not project.is_dir():
        raise typer.BadParameter("there is no such folder", param_hint="--project")
    context.obj = project


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit status.

    0: well. 1: stale, damaged, or a package without an artifact. 2: bad input. 130:
    interrupted, as typer has it.
    """
    status: object = 0
    try:
        app(args=list(arguments), prog_name="noxlock")
    except SystemExit as ended:
        status = ended.code
    except NoxlockError as error:
        report_error(error)
        status = 1 if isinstance(error, StaleLockError) else 2
    except OSError as error:
        return _disk_is_full(error)
    return _flushed(status if isinstance(status, int) else 0)


def _flushed(status: int) -> int:
    """Write what is left now: at exit, a full disk would be complained about."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _disk_is_full(error)
    return status


def _disk_is_full(error: OSError) -> int:
    """Say so and return the exit status; any other error of the system is a bug."""
    if error.errno != errno.ENOSPC:
        raise error
    _give_up_stdout()
    report_error(NoxlockError(f"cannot write: {error.strerror}"))
    return 2


def _give_up_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""`noxlock check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from noxlock.cli.output import hint, report_error
from noxlock.cli.projects import open_project

if TYPE_CHECKING:
    from noxlock.workflows.check import Finding

__all__ = ["COMMAND"]


def check(context: typer.Context) -> None:
    """Prove that what is declared can be made from the locks.

    That each lock still belongs to its source, that locks which are used together agree
    on versions, and that every locked package has an artifact for every declared
    target.

    Nothing is solved, no index and no channel is asked. Exits 1 where something is
    wrong, 2 where a lock cannot be read.
    """
    from noxlock.workflows.check import check_project  # noqa: PLC0415 - slow to import

    findings = check_project(open_project(context.obj))
    wrong = [one for one in findings if one.wrong]
    typer.echo(_answer(wrong))
    for one in findings:
        if one.error is None:
            typer.echo(f"{one.subject}: {one.what}")
        else:
            report_error(one.error)
        for line in one.lines:
            typer.echo(f"  {line}")
    if any(one.what.startswith("stale: ") for one in wrong):
        hint("lock again with `nox -s lock`")
    if wrong:
        raise typer.Exit(2 if any(one.error for one in wrong) else 1)


COMMAND = check


def _answer(wrong: list[Finding]) -> str:
    if not wrong:
        return "all is well"
    return "one problem" if len(wrong) == 1 else f"{len(wrong)} problems"

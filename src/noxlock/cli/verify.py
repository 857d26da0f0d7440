"""`noxlock verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from noxlock.cli.baselines import baselines
from noxlock.cli.output import print_json, say
from noxlock.cli.projects import open_project

if TYPE_CHECKING:
    from noxlock.workflows.verify import Finding

__all__ = ["COMMAND"]

_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Checks.  [default: all with a baseline]"),
]
_Offline = Annotated[
    bool, typer.Option("--offline", help="Leave out what is kept in a store.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


def verify(
    context: typer.Context,
    names: _Names = None,
    *,
    offline: _Offline = False,
    as_json: _Json = False,
) -> None:
    """Prove that baselines still are what was recorded.

    That the record is as it was written, each output has its digest, nothing is missing
    or besides, and the kept locks still give exactly the recorded packages.

    Nothing is run. Exits 1 where something does not fit, 2 where there is no such
    check or baseline.
    """
    from noxlock.workflows.verify import verify_baseline  # noqa: PLC0415 - slow

    found: dict[str, tuple[Finding, ...]] = {}
    for name, baseline in baselines(open_project(context.obj), names or ()).items():
        found[name] = verify_baseline(baseline, name, offline=offline)
        if offline and not found[name] and baseline.stored():
            say(f"{name}: --offline: what is kept in the store was not looked at")
    if as_json:
        print_json({name: [_plain(one) for one in found[name]] for name in found})
    else:
        _print(found)
    if any(found.values()):
        raise typer.Exit(1)


COMMAND = verify


def _plain(finding: Finding) -> dict[str, Any]:
    return {"file": finding.file, "what": finding.what, "hint": finding.hint}


def _print(found: dict[str, tuple[Finding, ...]]) -> None:
    for name, findings in found.items():
        count = len(findings)
        said = f"{count} findings" if count > 1 else "one finding" if count else "fits"
        typer.echo(f"{name}: {said}")
        for finding in findings:
            typer.echo(f"  {finding}")

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
    typer.Argument(metavar="NAME", help="Checks.  [default: all]"),
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

    Nothing is run. Exits 1 where something does not fit; else 2 where there is no such
    check, or no baseline of one.
    """
    from noxlock.workflows.verify import verify_baseline  # noqa: PLC0415 - slow

    found: dict[str, tuple[Finding, ...]] = {}
    project = open_project(context.obj)
    recorded = baselines(project, names or ())
    for name, baseline in recorded.items():
        found[name] = verify_baseline(baseline, name, offline=offline)
        if offline and not found[name] and baseline.stored():
            say(f"{name}: --offline: what is kept in the store was not looked at")
    if as_json:
        print_json({name: [_plain(one) for one in found[name]] for name in found})
    else:
        _print(found)
    lacking = [] if names else [n for n in project.definitions.checks if n not in found]
    for name in lacking:
        record = f'record one with `nox -s "repro({name})" -- --accept`'
        say(f"{name}: not verified: there is no baseline; {record}")
    if any(found.values()) or lacking:
        raise typer.Exit(1 if any(found.values()) else 2)


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

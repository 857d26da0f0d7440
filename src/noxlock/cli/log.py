"""`noxlock log`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from noxlock.cli.baselines import baselines, missing
from noxlock.cli.output import print_json, say
from noxlock.cli.projects import open_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.model import HistoryEntry, OutputChange, PackageChange

__all__ = ["COMMAND"]

_COMMIT: Final = 12
"""Digits of a commit that are shown."""

_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="A check; left out: the newest entry of each of them."
    ),
]
_Limit = Annotated[
    int | None,
    typer.Option("--limit", "-n", min=1, metavar="N", help="Only the newest N."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def log(
    context: typer.Context,
    name: _Name = None,
    *,
    limit: _Limit = None,
    as_json: _Json = False,
) -> None:
    """Tell when accepted results changed, and what else had.

    The newest comes first: its outputs and by how much they differ from those before,
    the packages that had changed, the commit. Without NAME, the newest of each check.
    """
    from msgspec import to_builtins  # noqa: PLC0415 - slow to import

    names = () if name is None else (name,)
    found: dict[str, tuple[HistoryEntry, ...]] = {}
    for each, baseline in baselines(open_project(context.obj), names).items():
        if not baseline.path.exists():
            raise missing(baseline, each)
        found[each] = baseline.history()[: limit or (None if names else 1)]
        if not (found[each] or as_json):
            say(f"{each}: the baseline in {baseline.folder} has no history")
    if as_json:
        plain = {each: to_builtins(entries) for each, entries in found.items()}
        print_json(plain if name is None else plain[name])
    else:
        typer.echo(
            "\n\n".join(_texts(found, named=name is None)), nl=any(found.values())
        )


COMMAND = log


def _texts(
    found: Mapping[str, tuple[HistoryEntry, ...]], *, named: bool
) -> Iterator[str]:
    for name, entries in found.items():
        for entry in entries:
            lines = list(_lines(entry))
            yield "\n".join([f"{name}: {lines[0]}", *lines[1:]] if named else lines)


def _lines(entry: HistoryEntry) -> Iterator[str]:
    yield f"{entry.created}  {_commit(entry.commit)}"
    for output in entry.outputs:
        yield f"  {_output(output)}"
    if not entry.outputs:
        yield "  no output changed"
    for package in entry.packages:
        yield f"  {_package(package)}"
    for fact in entry.facts:
        yield f"  {fact}"


def _commit(commit: str | None) -> str:
    if commit is None:
        return "no commit"
    digits, _, dirty = commit.partition("+")
    return f"commit {digits[:_COMMIT]}" + (f" ({dirty})" if dirty else "")


def _output(change: OutputChange) -> str:
    verdict = f" ({change.verdict})" if change.verdict else ""
    return f"{change.output}: {change.summary}{verdict}"


def _package(change: PackageChange) -> str:
    if change.old is None:
        return f"added {change.name} {change.new}"
    if change.new is None:
        return f"removed {change.name} {change.old}"
    return f"{change.name} {change.old} -> {change.new}"

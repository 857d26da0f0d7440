"""`noxlock store`: what the store holds, cleaning it, checking it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from noxlock.cli.output import hint, print_json, print_table, say

if TYPE_CHECKING:
    from noxlock.store.store import Store

__all__ = ["app", "size_text"]

app = typer.Typer(
    name="store",
    help="Look after the store that all projects share.",
    no_args_is_help=True,
)
DAYS: Final = {"h": 1 / 24, "d": 1.0, "w": 7.0}
KILO: Final = 1000

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]


@app.command()
def info(context: typer.Context, *, as_json: _Json = False) -> None:
    """Say where the store is and what it holds."""
    found = _store(context).info()
    if as_json:
        buckets = [asdict(bucket) for bucket in found.buckets]
        print_json({"root": str(found.root), "size": found.size, "buckets": buckets})
        return
    rows = [
        (
            bucket.name,
            str(bucket.entries),
            str(bucket.files),
            size_text(bucket.size),
            size_text(bucket.linked),
        )
        for bucket in found.buckets
    ]
    print_table(("bucket", "entries", "files", "size", "in environments"), rows)
    say(f"{size_text(found.size)} in {found.root}")


@app.command()
def gc(
    context: typer.Context,
    *,
    older_than: Annotated[
        str,
        typer.Option(metavar="AGE", help="Since the last use: `12h`, `30d`, `8w`."),
    ] = "30d",
    everything: Annotated[
        bool, typer.Option("--all", help="Remove everything.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Remove what no run has used for a while.

    What killed runs left goes too. Environments keep working: their files are
    their own, or links that stay.
    """
    report = _store(context).gc(
        days=_days(older_than), everything=everything, dry_run=dry_run
    )
    if as_json:
        print_json(asdict(report))
        return
    entries = "1 entry" if report.entries == 1 else f"{report.entries} entries"
    done = "would remove" if dry_run else "removed"
    typer.echo(
        f"{done} {entries} and {report.leftovers} left over,"
        f" {size_text(report.freed)} freed"
    )


@app.command()
def verify(
    context: typer.Context,
    *,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Remove what is damaged: it is fetched again."),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Hash every stored file again; exit 1 where one is damaged."""
    report = _store(context).verify(repair=fix)
    if as_json:
        print_json(asdict(report))
    else:
        for damage in report.damaged:
            name = damage.filename or damage.entry
            reasons = "; ".join(damage.reasons)
            typer.echo(f"{name}: {'removed' if fix else 'damaged'}: {reasons}")
        count = len(report.damaged)
        say(f"{report.files} files of {report.entries} entries hashed, {count} damaged")
    if report.damaged and not fix:
        hint("`noxlock store verify --fix` removes what is damaged")
    if report.damaged:
        raise typer.Exit(1)


def _store(context: typer.Context) -> Store:
    from noxlock.workflows.parts import default_parts  # noqa: PLC0415 - slow to import

    return default_parts(context.obj).store


def _days(age: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", age.strip())
    if found is None:
        raise typer.BadParameter(
            f"`{age}` is no age; write `12h`, `30d` or `8w`", param_hint="--older-than"
        )
    return float(found[1]) * DAYS[found[2]]


def size_text(count: int) -> str:
    """Return *count* bytes as people say it: `1.5 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < KILO:
            return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= KILO
    return f"{size:.1f} GB"

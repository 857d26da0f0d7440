"""What changed between locks, as Markdown: for the description of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.report._marks import rest, table, text
from noxlock.report.changes import (
    named,
    note_lines,
    summary,
    total,
    versions,
    where,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model import LockChange, LockDifference

__all__ = ["changes_markdown"]

_OPEN: Final = 20
"""Rows that are shown without being asked for."""
_ROWS: Final = 200
"""A comment on GitHub holds 65,536 characters."""


def changes_markdown(differences: Sequence[LockDifference]) -> str:
    """Return a title with the counts, and a table for each lock that changed.

    Of a long table, what the project itself asks for is shown, the rest is folded.
    """
    what = total(differences) or "no package changed"
    lines = [f"## Locks: {what}", ""]
    for each in differences:
        lines += _lock(each)
    return "\n".join(lines)


def _lock(difference: LockDifference) -> Iterator[str]:
    yield f"### {text(difference.lock)}: {summary(difference)}"
    yield ""
    notes = note_lines(difference)
    yield from (f"- {text(note)}" for note in notes)
    if notes:
        yield ""
    changes = difference.changes
    if len(changes) <= _OPEN:
        yield from _rows(changes, difference)
        return
    direct = [change for change in changes if change.direct]
    if len(direct) > _OPEN:
        direct = []
    yield from _rows(direct, difference)
    others = [change for change in changes if change not in direct]
    word = "transitive changes" if direct else "changes"
    yield f"<details><summary>{len(others):,} {word}</summary>"
    yield ""
    yield from _rows(others[:_ROWS], difference)
    yield from rest(len(others) - _ROWS)
    yield "</details>"
    yield ""


def _rows(changes: Sequence[LockChange], difference: LockDifference) -> Iterator[str]:
    if not changes:
        return
    titles = ["package", "change", "old", "new", "groups", "targets", "why", "more"]
    rows = [_cells(change, difference) for change in changes]
    # A column that says nothing is left out.
    kept = [n for n in range(len(titles)) if any(row[n] for row in rows)]
    yield from table(
        [titles[n] for n in kept], [[row[n] for n in kept] for row in rows]
    )


def _cells(change: LockChange, difference: LockDifference) -> tuple[str, ...]:
    return (
        named(change, difference),
        change.kind,
        *versions(change),
        ", ".join(change.groups),
        where(change, difference),
        why(change, " → "),
        "; ".join(change.details),
    )

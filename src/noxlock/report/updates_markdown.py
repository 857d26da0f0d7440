"""What became of an update, as Markdown: for the body of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.model.update import Ruling
from noxlock.report._marks import table, text
from noxlock.report.changes_markdown import changes_markdown
from noxlock.report.updates import (
    NOT_LOOKED_UP,
    advisory_line,
    headline,
    held_why,
    unlisted_line,
)
from noxlock.report.words import took

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model.update import Judged, UpdateReport

__all__ = ["update_markdown"]

_SHOWN: Final = {
    Ruling.PASSED: "✅ passed",
    Ruling.DRIFTED: "❌ drifted",
    Ruling.FAILED: "❌ failed",
    Ruling.NOT_MADE: "❌ no environment",
    Ruling.UNTOUCHED: "nothing changes",
}
_DIFFERENCE: Final = 200


def update_markdown(report: UpdateReport) -> str:
    """Return a title, what is held back and why, what is new, and who judged."""
    lines = [f"## Update: {text(headline(report), 400)}", ""]
    lines += _held(report)
    if report.differences:
        # Without its title: the counts stand in this one's.
        lines += changes_markdown(report.differences).splitlines()[2:]
        lines.append("")
    lines += _judges(report)
    runs = f"{report.runs:,} environments were run, {took(report.seconds)} in all."
    lines += [text(runs), ""]
    return "\n".join(lines)


def _held(report: UpdateReport) -> Iterator[str]:
    if not report.held and not report.behind:
        return
    yield "### Held back"
    yield ""
    if report.held:
        titles = ["package", "before", "now", "newest", "first bad", "held as", "why"]
        rows = [
            [
                held.name,
                held.old,
                held.kept,
                held.wanted,
                held.first_bad or "",
                held.pin,
                held_why(held),
            ]
            for held in report.held
        ]
        yield from _kept(titles, rows)
    for held in report.held:
        if len(held.path) > 1:
            yield f"- {text(held.name)} comes in by {text(' → '.join(held.path))}"
    if report.behind:
        names = ", ".join(
            f"{one.name} {one.kept or 'left out'} (newest: {one.wanted or 'left out'})"
            for one in report.behind
        )
        yield f"- these stay behind with them: {text(names, 2000)}"
    yield from (f"- ⚠️ {text(advisory_line(one))}" for one in report.advisories or ())
    for each in report.yanked:
        yield f"- ⚠️ {text(f'{each.name} {each.version} is yanked from its index')}"
    if line := unlisted_line(report):
        yield f"- {text(line)}"
    if report.advisories is None:
        yield f"- {NOT_LOOKED_UP}"
    elif not report.advisories:
        yield f"- no advisory in {text(report.advised)} is about what is held back"
    yield ""


def _judges(report: UpdateReport) -> Iterator[str]:
    if not report.judges:
        return
    yield "### Judged by"
    yield ""
    titles = ["judge", "kind", "locks before", "newest", "these locks", "remark"]
    rows = [
        [
            row.name,
            row.kind,
            _shown(row.old),
            _shown(row.new),
            _shown(row.final),
            row.reason or _difference(row.new),
        ]
        for row in report.judges
    ]
    yield from _kept(titles, rows)


def _kept(titles: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield a table without the columns that say nothing."""
    kept = [n for n in range(len(titles)) if any(row[n] for row in rows)]
    yield from table(
        [titles[n] for n in kept], [[row[n] for n in kept] for row in rows]
    )


def _shown(judged: Judged | None) -> str:
    return "" if judged is None else _SHOWN[judged.ruling]


def _difference(judged: Judged | None) -> str:
    if judged is None or judged.passed:
        return ""
    return judged.difference

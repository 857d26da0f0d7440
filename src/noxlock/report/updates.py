"""What became of an update, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.model.update import JudgeKind, Ruling, UpdateVerdict
from noxlock.report.changes import change_lines, summary, total
from noxlock.report.counts import counted
from noxlock.report.words import plain, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from noxlock.model.update import Advisory, Held, UpdateReport

__all__ = ["advisory_line", "headline", "held_why", "unlisted_line", "write_update"]

NOT_LOOKED_UP = (
    "known vulnerabilities were not looked up: `-- --advisories PATH` takes files, a"
    " folder or a zip file in the OSV format"
)


def write_update(report: UpdateReport, stream: TextIO) -> None:
    """Write the headline, what changed, what is held back and why."""
    lines = [headline(report)]
    for each in report.differences:
        lines.append(f"{each.lock}: {summary(each)}")
        lines += [f"  {line}" for line in change_lines(each)]
    lines += list(_held_lines(report))
    for row in report.judges:
        if row.reason:
            lines.append(f"{row.name} has no say: {row.reason}")
    stream.writelines(f"{plain(line)}\n" for line in lines)


def headline(report: UpdateReport) -> str:
    """Return `12 upgraded, 1 added; 2 packages held back`."""
    held = counted(len(report.held), "package")
    back = f"{held} held back" if report.held else ""
    match report.verdict:
        case UpdateVerdict.FAILED:
            return (
                f"no newer lock passes, and the locks are as they were: {_why(report)}"
            )
        case UpdateVerdict.CURRENT if report.held:
            return f"nothing is updated: {back}"
        case UpdateVerdict.CURRENT:
            return "the locks are the newest that is allowed"
        case UpdateVerdict.UPDATED | UpdateVerdict.HELD:
            what = total(report.differences) or "no package changed"
            said = "; ".join(filter(None, (what, back)))
            return f"{said} (dry run, nothing is written)" if report.dry_run else said


def held_why(held: Held) -> str:
    """Return why a package is held back: `digits would drift: w.npy[3] differs ...`."""
    verb = {
        Ruling.DRIFTED: "drifts",
        Ruling.FAILED: "fails",
        Ruling.NOT_MADE: "has no environment",
    }.get(held.ruling, "does not pass")
    what = f"{held.judge} {verb}"
    if held.together:
        what += f", together with {' and '.join(held.together)}"
    if held.instead:
        what += f", by {held.instead}, which it brings or leaves out"
    if not held.proven:
        what += ", and it is one of those that may be why"
    return f"{what}: {held.difference}" if held.difference else what


def advisory_line(found: Advisory) -> str:
    """Return what is known against a version that is kept."""
    names = ", ".join((found.id, *found.aliases))
    fixed = f", fixed in {', '.join(found.fixed)}" if found.fixed else ""
    said = f": {shortened(found.summary, 160)}" if found.summary else ""
    return f"{found.name} {found.version} is vulnerable ({names}{fixed}){said}"


def unlisted_line(report: UpdateReport) -> str:
    """Return of what the index did not say whether it is yanked; "" of nothing."""
    if not report.unlisted:
        return ""
    return f"not known whether yanked: {', '.join(report.unlisted)}"


def kind_of(kind: JudgeKind) -> str:
    """Return what a judge is called."""
    return "check" if kind is JudgeKind.CHECK else "session"


def _why(report: UpdateReport) -> str:
    return shortened(report.reason, 300)


def _held_lines(report: UpdateReport) -> Iterator[str]:
    for held in report.held:
        newest = f"newest: {held.wanted or 'left out'}"
        yield f"held back  {held.name} {held.kept} ({newest}), as {held.pin}"
        yield f"  {shortened(held_why(held), 300)}"
    if report.behind:
        names = ", ".join(f"{one.name} {one.kept}".strip() for one in report.behind)
        yield f"stay behind with them: {names}"
    if report.held or report.behind:
        yield from map(advisory_line, report.advisories or ())
        for each in report.yanked:
            yield f"{each.name} {each.version} is yanked from its index"
        if line := unlisted_line(report):
            yield line
        if report.advisories is None:
            yield NOT_LOOKED_UP

"""What the terminal form adds with `-v`: parts, histograms, surroundings, history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rich.text import Text

from noxlock.report._tables import SIDES, diff_lines, parts_table
from noxlock.report.words import bins, plain, resources_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from noxlock.model import CheckReport, Difference, OutputReport

__all__ = ["of_check", "of_output"]

_BAR: Final = 40
_HISTORY: Final = 5


def of_output(
    output: OutputReport, *, narrow: bool, sides: tuple[str, str] = SIDES
) -> Iterator[RenderableType]:
    """Yield the parts, the histogram and the diff of one output."""
    name = plain(output.output)
    if len(output.parts) > 1:
        yield Text(f"{name}: its parts", "bold")
        yield parts_table(output.parts, narrow=narrow, sides=sides)
    if output.difference is not None and any(output.difference.histogram[1:]):
        yield Text(f"{name}: values by distance in ULP, bars logarithmic", "bold")
        yield from _bars(output.difference)
    if output.diff:
        yield Text(f"{name}: what differs", "bold")
        yield from diff_lines(output.diff, None)


def _bars(found: Difference) -> Iterator[Text]:
    rows = [*bins(found.histogram), ("no size", found.unsized)]
    shown = [row for row in rows if row[1]]
    largest = math.log(max(count for _, count in shown) + 1)
    width = max(len(name) for name, _ in shown)
    for name, count in shown:
        bar = "#" * max(1, round(_BAR * math.log(count + 1) / largest))
        yield Text(f"  {name:>{width}}  {bar:<{_BAR}}  {count:,}")


def of_check(report: CheckReport) -> Iterator[Text]:
    """Yield what the run took, under what it ran, and what was accepted before."""
    actual = report.actual
    if used := resources_line(actual.resources):
        yield Text(f"the run took {used}")
    for each in report.variations:
        if used := resources_line(each.resources):
            yield Text(plain(f"{each.axis} {each.value} took {used}"))
    yield Text(plain(f"profile: {actual.profile_name}"), "bold")
    yield from _table({**actual.profile})
    if actual.effective:
        yield Text("in effect:", "bold")
        yield from _table(actual.effective)
    if report.history:
        yield Text("accepted before:", "bold")
    for entry in report.history[:_HISTORY]:
        commit = f" at {entry.commit[:12]}" if entry.commit else ""
        yield Text(f"  {entry.created}{commit}")
        for change in entry.outputs:
            yield Text(plain(f"    {change.output}: {change.summary}"))
        for package in entry.packages:
            old, new = package.old or "(not there)", package.new or "(not there)"
            yield Text(plain(f"    {package.name} {old} -> {new}"))


def _table(facts: dict[str, str]) -> Iterator[Text]:
    width = max((len(name) for name in facts), default=0)
    for name in sorted(facts):
        yield Text(plain(f"  {name:<{width}}  {facts[name]}"))

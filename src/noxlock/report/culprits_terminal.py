"""Why a check drifts, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from noxlock.model.culprit import CulpritVerdict, TriedVerdict
from noxlock.report._tables import show
from noxlock.report.console import make_console
from noxlock.report.culprits import notes, sentence
from noxlock.report.pins import next_lines
from noxlock.report.words import plain, shortened, took

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.model.culprit import CulpritReport, Tried

__all__ = ["write_culprits"]

_STYLES: Final = {
    CulpritVerdict.EXPLAINED: "bold red",
    CulpritVerdict.NOT_THE_LOCK: "bold yellow",
    CulpritVerdict.NO_DRIFT: "green",
    CulpritVerdict.UNEXPLAINED: "bold yellow",
}
_RESULTS: Final = {
    TriedVerdict.GOOD: "green",
    TriedVerdict.BAD: "red",
    TriedVerdict.UNRESOLVED: "yellow",
}
_WHOLE: Final = 90
"""Columns that all of the table needs."""


def write_culprits(
    found: CulpritReport, stream: TextIO, environ: Mapping[str, str]
) -> None:
    """Write the sentence, what it rests on, and what to do next."""
    console = make_console(stream, environ)
    console.print(Text(sentence(found), _STYLES[found.verdict]))
    for note in notes(found):
        console.print(Text(plain(f"  {note}")))
    if found.evidence:
        show(console, _table(found.evidence, narrow=console.width < _WHOLE))
    steps = next_lines(found)
    if steps:
        console.print(Text("next:", "bold"))
    for words, copied in steps:
        # Not wrapped: it is there to be copied.
        line = f"  {words}: {copied}" if copied else f"  {words}"
        console.print(Text(line), soft_wrap=True)


def _table(evidence: Sequence[Tried], *, narrow: bool) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("environment", overflow="fold")
    table.add_column("result")
    if not narrow:
        table.add_column("runs", justify="right")
        table.add_column("took", justify="right")
    table.add_column("what differs", overflow="fold")
    for tried in evidence:
        cost = [] if narrow else [f"{tried.runs:,}", took(tried.seconds)]
        said = "; ".join(filter(None, (tried.reason, tried.difference)))
        table.add_row(
            Text(plain(tried.mix)),
            Text(tried.verdict, _RESULTS[tried.verdict]),
            *cost,
            Text(shortened(said, 120)),
        )
    return table

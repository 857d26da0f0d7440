"""Why a check drifts, as Markdown: for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.model.culprit import CulpritVerdict, TriedVerdict
from noxlock.report._marks import rest, table, text
from noxlock.report.culprits import notes, sentence
from noxlock.report.pins import next_lines
from noxlock.report.words import took

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model.culprit import CulpritReport, Tried

__all__ = ["culprits_markdown"]

_TITLES: Final = {
    CulpritVerdict.EXPLAINED: "❌ {}: what made it drift",
    CulpritVerdict.NOT_THE_LOCK: "⚠️ {}: not the lock",
    CulpritVerdict.NO_DRIFT: "✅ {}: no drift",
    CulpritVerdict.UNEXPLAINED: "⚠️ {}: not explained",
}
_SIGNS: Final = {
    TriedVerdict.GOOD: "✅",
    TriedVerdict.BAD: "❌",
    TriedVerdict.UNRESOLVED: "⚠️",
}
_OPEN: Final = 8
"""Rows that are shown without being asked for."""
_ROWS: Final = 200


def culprits_markdown(found: CulpritReport) -> str:
    """Return a title, the sentence, the evidence, and what to do next."""
    return "\n".join(_lines(found))


def _lines(found: CulpritReport) -> Iterator[str]:
    yield f"### {_TITLES[found.verdict].format(text(found.check))}"
    yield ""
    yield text(sentence(found), 1000)
    yield ""
    said = [f"- {text(note)}" for note in notes(found)]
    yield from said
    if said:
        yield ""
    yield from _evidence(found.evidence)
    steps = next_lines(found)
    if steps:
        yield "Next:"
        yield ""
    for words, copied in steps:
        yield f"- {text(words)}" + (f": {_code(copied)}" if copied else "")
    if steps:
        yield ""


def _evidence(evidence: Sequence[Tried]) -> Iterator[str]:
    if not evidence:
        return
    folded = len(evidence) > _OPEN
    if folded:
        yield f"<details><summary>{len(evidence):,} environments</summary>"
        yield ""
    rows = (
        (
            each.mix,
            f"{_SIGNS[each.verdict]} {each.verdict}",
            f"{each.runs:,}",
            took(each.seconds),
            "; ".join(filter(None, (each.reason, each.difference))),
        )
        for each in evidence[:_ROWS]
    )
    yield from table(("environment", "result", "runs", "took", "what differs"), rows)
    yield from rest(len(evidence) - _ROWS)
    if folded:
        yield "</details>"
        yield ""


def _code(said: str) -> str:
    # A name that holds backticks itself would end the span: CommonMark 6.1.
    return text(said) if "`" in said else f"`{said}`"

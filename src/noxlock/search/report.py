"""Put what a strategy found into words that others know: changes instead of bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.search.conclusion import (
    Conclusion,
    Culprit,
    CulpritPackage,
    Phase,
    Progress,
    SearchVerdict,
    Unresolved,
)
from noxlock.search.history import OutcomeKind, Probe
from noxlock.search.noise import Judgement
from noxlock.search.questions import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.search.changes import Change, ChangeId
    from noxlock.search.groups import Graph
    from noxlock.search.ledger import Ledger
    from noxlock.search.strategy import Finding, Findings

__all__ = ["conclude", "progress"]

_PROOF = 3
"""Environments that prove one culprit: sufficient, minimal, necessary."""


def progress(
    found: Findings,
    ledger: Ledger,
    graph: Graph,
    changes: Mapping[ChangeId, Change],
) -> Progress:
    """Return where the search stands."""
    return Progress(
        phase=found.phase,
        suspects=tuple(sorted(graph.ids(found.suspects))),
        culprits=tuple(
            _culprit(each, found, ledger, graph, changes) for each in found.culprits
        ),
        environments=len(ledger.outcomes),
        runs=ledger.runs,
        at_most=_at_most(found, ledger, graph),
    )


def _at_most(found: Findings, ledger: Ledger, graph: Graph) -> int:
    match found.phase:
        case Phase.BASELINE:
            ends = sum(not ledger.tally(end).runs for end in ledger.ends)
            return ends + _halvings(len(graph.groups)) + _PROOF
        case Phase.NARROWING:
            return _halvings(found.steps) + _PROOF
        case Phase.CONFIRMING:
            return _PROOF
        case Phase.RELEASES:
            return _halvings(found.steps)


def _halvings(count: int) -> int:
    return max(count - 1, 0).bit_length()


def conclude(
    found: Findings,
    ledger: Ledger,
    graph: Graph,
    changes: Mapping[ChangeId, Change],
    *,
    complete: bool,
) -> Conclusion:
    """Return what is known."""
    reason = found.reason
    if not complete and found.verdict is SearchVerdict.UNEXPLAINED:
        reason = "it ended before all was looked at"
    return Conclusion(
        verdict=found.verdict,
        reason=reason,
        complete=complete,
        culprits=tuple(
            _culprit(each, found, ledger, graph, changes) for each in found.culprits
        ),
        suspects=() if complete else tuple(sorted(graph.ids(found.suspects))),
        environments=len(ledger.outcomes),
        runs=ledger.runs,
        unresolved=tuple(_unresolved(ledger, graph)),
    )


def _culprit(
    finding: Finding,
    found: Findings,
    ledger: Ledger,
    graph: Graph,
    changes: Mapping[ChangeId, Change],
) -> Culprit:
    blamed, mix = graph.ids(finding.blamed), graph.ids(finding.mix)
    outcomes = ledger.outcomes.get(Spot(mix=finding.mix), ())
    return Culprit(
        packages=tuple(_package(changes[name], found) for name in sorted(blamed)),
        along=tuple(sorted(mix - blamed)),
        probe=Probe(new=mix),
        minimal=finding.minimal,
        necessary=found.necessary,
        signatures=tuple(sorted({o.signature for o in outcomes if o.signature})),
    )


def _package(change: Change, found: Findings) -> CulpritPackage:
    edge = found.first_bad.get(change.id)
    return CulpritPackage(
        change=change.id,
        name=change.name,
        old=change.old.version if change.old else None,
        new=change.new.version if change.new else None,
        first_bad=edge.version if edge else None,
        last_good=edge.last_good if edge else None,
        adjacent=edge is not None and edge.adjacent,
        returns=edge is not None and edge.returns,
    )


def _unresolved(ledger: Ledger, graph: Graph) -> Iterator[Unresolved]:
    for spot in ledger.outcomes:
        if ledger.judge(spot) is not Judgement.UNRESOLVED:
            continue
        tally = ledger.tally(spot)
        first = ledger.first(spot, OutcomeKind.UNRESOLVED)
        flaky = f"flaky: {tally.bad} of {tally.resolved} runs drifted"
        yield Unresolved(
            probe=Probe(new=graph.ids(spot.mix), release=spot.release),
            reason=flaky if tally.resolved else first.reason if first else "",
        )

"""What to ask, in which order, and what follows from the answers. Pure.

Every answer that the history holds is given at once, so that the strategy runs anew
from its beginning at every step, and has no state of its own to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from noxlock.search.chains import narrow
from noxlock.search.conclusion import Phase, SearchVerdict
from noxlock.search.groups import NOTHING, Mix, bits
from noxlock.search.noise import Judgement
from noxlock.search.questions import Question, Spot
from noxlock.search.releases import Row, first_bad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from noxlock.search.chains import Edge
    from noxlock.search.changes import Candidate, Change, ChangeId
    from noxlock.search.groups import Graph
    from noxlock.search.ledger import Ledger
    from noxlock.search.noise import Limits
    from noxlock.search.questions import Steps
    from noxlock.search.releases import FirstBad

__all__ = ["Finding", "Findings", "Strategy", "Terrain"]

# The noise floor; and what a claim out of the ordinary takes.
_TWICE, _SURE = 2, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Terrain:
    """What the strategy moves on."""

    graph: Graph
    weights: tuple[float, ...]
    """By group, how likely it is the cause."""
    limits: Limits
    changes: Mapping[ChangeId, Change]
    releases: Mapping[ChangeId, Sequence[Candidate]]
    """Between the two versions, those that are known so far."""
    fits: Callable[[ChangeId, Candidate, frozenset[ChangeId]], bool]
    """Whether a release goes with the rest of a mix."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A culprit, by groups."""

    mix: Mix
    """Bad, and no head of it can be taken back so that the rest is bad."""
    blamed: Mix
    """The heads that were proven to be needed."""
    minimal: bool
    """Whether that holds of all heads: else taking one back is unresolved."""


@dataclass(kw_only=True, slots=True)
class Findings:
    """What is known so far."""

    phase: Phase = Phase.BASELINE
    suspects: Mix = NOTHING
    culprits: list[Finding] = field(default_factory=list)
    necessary: bool = False
    verdict: SearchVerdict = SearchVerdict.UNEXPLAINED
    reason: str = ""
    steps: int = 0
    """Between the ends of the chain that is bisected now."""
    first_bad: dict[ChangeId, FirstBad] = field(default_factory=dict)
    wanted: tuple[ChangeId, ...] = ()
    """Changes whose releases must be known to go on."""


class Strategy:
    """One run of the search over all that is known."""

    def __init__(self, terrain: Terrain, ledger: Ledger) -> None:
        self._graph = terrain.graph
        self._terrain = terrain
        self._ledger = ledger
        self._wishes: dict[int, Mix] = {}
        self.found = Findings(suspects=terrain.graph.whole)

    def run(self) -> Steps[None]:
        """Find all culprits, or why there is none to be found."""
        if not (yield from self._drifts()):
            return
        top = self._graph.whole
        while True:
            finding = yield from self._find(top)
            self.found.culprits.append(finding)
            rest = yield from self._without_culprits(finding)
            if rest is None:
                break
            top = rest
        if self.found.necessary:
            yield from self._releases()

    def _releases(self) -> Steps[None]:
        """Find the first bad release of every package that is to blame."""
        found, terrain = self.found, self._terrain
        rows = [
            (finding, group, change)
            for finding in found.culprits
            for group in bits(finding.blamed)
            for change in map(terrain.changes.__getitem__, self._graph.groups[group])
            if change.old and change.new and not change.rebuilt
        ]
        found.wanted = tuple(
            change.id for _, _, change in rows if change.id not in terrain.releases
        )
        if found.wanted:
            return
        for finding, group, change in rows:
            found.suspects = Mix(1 << group)
            row = self._row(finding, group, change)
            edge = yield from first_bad(row, self._ledger.judge, self._watch)
            found.first_bad[change.id] = edge

    def _row(self, finding: Finding, group: int, change: Change) -> Row:
        terrain = self._terrain
        releases, new = terrain.releases[change.id], self._graph.ids(finding.mix)
        below = Mix(finding.mix & ~(1 << group))
        good = self._ledger.judge(Spot(mix=below)) is Judgement.GOOD
        return Row(
            change=change,
            mix=finding.mix,
            below=below,
            anchored=good and len(self._graph.groups[group]) == 1,
            releases=tuple(each.version for each in releases if each.version),
            fitting=frozenset(
                each.version
                for each in releases
                if each.version and terrain.fits(change.id, each, new)
            ),
        )

    def _watch(self, edge: Edge) -> None:
        self.found.steps = edge.high - edge.low

    def _drifts(self) -> Steps[bool]:
        """Tell whether the old lock is good, the new one bad, and not by chance."""
        found, ledger, (old, new) = self.found, self._ledger, self._ledger.ends
        at_old = yield Question(spot=old, chance=0.05, runs=_TWICE)
        if at_old is Judgement.BAD and not ledger.noisy:
            at_old = yield Question(spot=old, chance=0.9, runs=_SURE)
        if at_old is Judgement.UNRESOLVED:
            found.reason = "the old lock itself is unresolved"
            return False
        if at_old is Judgement.BAD and not ledger.noisy:
            found.verdict = SearchVerdict.NOT_THE_LOCK
            found.reason = "it drifts with the old lock too: machine or data"
            return False
        at_new = yield Question(spot=new, chance=0.95)
        if at_new is Judgement.GOOD and not ledger.noisy:
            at_new = yield Question(spot=new, chance=0.3, runs=_SURE)
        if at_new is Judgement.UNRESOLVED:
            found.reason = "the new lock itself is unresolved"
            return False
        if at_new is Judgement.GOOD and not ledger.noisy:
            found.verdict = SearchVerdict.NO_DRIFT
            return False
        rates, apart = ledger.rates, self._terrain.limits.apart
        if ledger.noisy and rates.bad - rates.good <= apart:
            found.verdict = SearchVerdict.NOT_THE_LOCK
            found.reason = "it drifts at random, with either lock: noise"
            return False
        return True

    def _find(self, top: Mix) -> Steps[Finding]:
        """Find a culprit in *top*, a bad mix."""
        found = self.found
        found.phase, found.suspects = Phase.NARROWING, top
        low, high = yield from self._narrow(NOTHING, top)
        held = Mix(high & ~low)
        while (mix := self._with_wishes(held, high)) != high:
            found.phase, found.suspects = Phase.CONFIRMING, high
            judgement = yield from self._ask(Spot(mix=mix), chance=0.85)
            if judgement is Judgement.BAD:
                break
            if judgement is Judgement.GOOD:
                yield from self._make_sure(low, high, mix)
            found.phase, found.suspects = Phase.NARROWING, Mix(high & ~mix)
            # An interaction: hold what was found, and look for what it needs besides.
            low, high = yield from self._narrow(mix, high)
            held = Mix(held | (high & ~low))
        return (yield from self._minimise(mix, joint=held != high & ~low))

    def _minimise(self, mix: Mix, *, joint: bool) -> Steps[Finding]:
        """Take back each head of *mix*; search what is left where that is bad."""
        found = self.found
        found.phase, found.suspects = Phase.CONFIRMING, mix
        proven, heads = NOTHING, self._graph.heads(mix)
        runs = _SURE if joint else 1
        if joint:
            yield from self._ask(Spot(mix=mix), chance=0.95, runs=runs)
        for head in bits(heads):
            less = Mix(mix & ~(1 << head))
            judgement = yield from self._ask(Spot(mix=less), chance=0.1, runs=runs)
            if judgement is Judgement.BAD:
                yield from self._make_sure(less)
                return (yield from self._find(less))
            if judgement is Judgement.GOOD:
                proven = Mix(proven | 1 << head)
        return Finding(mix=mix, blamed=proven or heads, minimal=proven == heads)

    def _without_culprits(self, last: Finding) -> Steps[Mix | None]:
        """Return the new lock without the culprits if it is bad, else None."""
        found, whole = self.found, self._graph.whole
        blamed, mixes = NOTHING, NOTHING
        for each in found.culprits:
            blamed, mixes = Mix(blamed | each.blamed), Mix(mixes | each.mix)
        found.suspects = last.mix
        for taken_back in (blamed, mixes):
            rest = self._graph.without(whole, taken_back)
            judgement = yield from self._ask(Spot(mix=rest), chance=0.15)
            if judgement is Judgement.BAD:
                yield from self._make_sure(rest, last.mix)
                return rest
            if judgement is Judgement.GOOD:
                found.necessary, found.phase = True, Phase.RELEASES
                found.verdict, found.suspects = SearchVerdict.EXPLAINED, NOTHING
                return None
        found.reason = "the new lock without the culprits is unresolved"
        return None

    def _make_sure(self, *mixes: Mix) -> Steps[None]:
        """Run again what an unusual claim rests on: a run that erred shows itself."""
        for mix in mixes:
            known = self._ledger.judge(Spot(mix=mix))
            if known in (Judgement.GOOD, Judgement.BAD):
                chance = 0.9 if known is Judgement.BAD else 0.1
                yield from self._ask(Spot(mix=mix), chance=chance, runs=_SURE)

    def _ask(self, spot: Spot, *, chance: float, runs: int = 1) -> Steps[Judgement]:
        """Ask of a mix, but for the two ends: those are settled."""
        if spot in self._ledger.ends:
            return Judgement.BAD if spot.mix else Judgement.GOOD
        return (yield Question(spot=spot, chance=chance, runs=runs))

    def _narrow(self, start: Mix, end: Mix) -> Steps[tuple[Mix, Mix]]:
        """Return neighbours, the higher one bad, of a chain from *start* to *end*.

        Where all between a good and a bad mix is unresolved, the first group of them
        broke it and the last one made it whole: the one needs the other, which no
        metadata say. So another chain takes the last one before the first one.
        """
        while True:
            chain, edge = yield from self._bisect(start, end)
            below, high = chain[edge.high - 1], chain[edge.high]
            first = (chain[edge.low + 1] & ~chain[edge.low]).bit_length() - 1
            known = self._wishes.get(first, NOTHING)
            wished = Mix(known | (high & ~below))
            if edge.high - edge.low == 1 or wished == known:
                return below, high
            self._wishes[first] = wished
            start, end = chain[edge.low], high

    def _with_wishes(self, held: Mix, high: Mix) -> Mix:
        """Return *held* with what it needs, by metadata or as unresolved mixes say."""
        while True:
            mix = self._graph.close(held)
            for group in bits(mix):
                held = Mix(held | (self._wishes.get(group, 0) & high))
            if self._graph.close(held) == mix:
                return mix

    def _bisect(self, start: Mix, end: Mix) -> Steps[tuple[tuple[Mix, ...], Edge]]:
        """Bisect one chain, from an unresolved start to whatever is bad first."""
        graph, weights = self._graph, self._terrain.weights
        lost = self._ledger.judge(Spot(mix=start)) is Judgement.UNRESOLVED
        chain = graph.chain(start, end, weights, self._wishes)
        groups = [(high & ~low).bit_length() - 1 for low, high in pairwise(chain)]

        def watch(edge: Edge) -> None:
            self.found.suspects = Mix(chain[edge.high] & ~chain[edge.low])
            self.found.steps = edge.high - edge.low

        def judge(spot: Spot) -> Judgement | None:
            known = self._ledger.judge(spot)
            return Judgement.GOOD if lost and known is Judgement.UNRESOLVED else known

        spots = [Spot(mix=mix) for mix in chain]
        edge = yield from narrow(spots, [weights[g] for g in groups], judge, watch)
        return chain, edge

"""History in, next probes out. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from noxlock.search.conclusion import Done, FindReleases, Run
from noxlock.search.groups import Graph
from noxlock.search.history import Probe
from noxlock.search.ledger import Ledger
from noxlock.search.noise import Judgement, Limits
from noxlock.search.report import conclude, progress
from noxlock.search.strategy import Strategy, Terrain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from noxlock.search.changes import Candidate, Change, ChangeId
    from noxlock.search.conclusion import Conclusion, Step
    from noxlock.search.history import Observation
    from noxlock.search.implications import Implication
    from noxlock.search.questions import Question, Spot

__all__ = ["Options", "Search", "State"]

_LOADED = 8.0
_UNLIKELY = 0.03


def _always(_: ChangeId, __: Candidate, ___: Set[ChangeId]) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What the search may cost, and how sure it has to be."""

    most_runs: int | None = None
    """Budget: with as many in the history it ends with what is known."""
    releases: bool = True
    """Look for the first bad release too."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """All that the next step follows from."""

    history: Sequence[Observation] = ()
    running: Sequence[Probe] = ()
    """Started and not yet observed."""
    releases: Mapping[ChangeId, Sequence[Candidate]] = field(default_factory=dict)
    """Those between the two versions of a change, without the two, in the order from
    the old one to the new one, without what no one should install; `()` where none is
    known. Only asked for by `FindReleases`."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a strategy makes of all that is known or assumed."""

    strategy: Strategy
    question: Question | None
    """What it asks next; None: it has ended."""


class Search:
    """The search for the changes that make a check drift.

    It holds the problem and no state: the same `State` gives the same `Step`.

    Args:
        changes: What the two locks have otherwise.
        implications: Which of them need which; no mix is offered that breaks one.
        loaded: Changes whose distributions the check imports: likely causes, so that
            fewer runs are needed where they are; no change is ever left out.
        fits: Whether a release goes with a mix, by metadata.
        options: What it may cost.
    """

    def __init__(
        self,
        changes: Iterable[Change],
        implications: Iterable[Implication] = (),
        *,
        loaded: Set[ChangeId] = frozenset(),
        fits: Callable[[ChangeId, Candidate, Set[ChangeId]], bool] = _always,
        options: Options | None = None,
    ) -> None:
        self._changes = {change.id: change for change in changes}
        self._graph = Graph.of(self._changes, implications)
        self._options = options or Options()
        self._fits = fits
        self._weights = tuple(
            sum(_LOADED if name in loaded else 1.0 for name in group)
            for group in self._graph.groups
        )

    def next(self, state: State, *, jobs: int = 1) -> Step:
        """Return what to do next, with *jobs* runs side by side.

        The first of the probes is the one that the search waits for; the others are
        what it would ask if that one were good, or bad, the likeliest first. With one
        job the number of environments keeps its bound; with more, there are more of
        them, in fewer rounds.

        Raises:
            ValueError: The history is not one of these changes.
        """
        ledger = self._ledger(state)
        first = self._answer(state, ledger)
        if self._ended(state, first):
            return Done(conclusion=self._conclude(first, ledger))
        shown = progress(first.strategy.found, ledger, self._graph, self._changes)
        if first.question is None:
            return FindReleases(changes=first.strategy.found.wanted, progress=shown)
        free = jobs - len(state.running)
        if self._options.most_runs is not None:
            spent = len(state.history) + len(state.running)
            free = min(free, self._options.most_runs - spent)
        probes = tuple(self._probes(state, ledger, first, free))
        return Run(probes=probes, progress=shown)

    def conclusion(self, state: State) -> Conclusion:
        """Return what is known so far.

        Raises:
            ValueError: The history is not one of these changes.
        """
        ledger = self._ledger(state)
        return self._conclude(self._answer(state, ledger), ledger)

    def _ledger(self, state: State) -> Ledger:
        return Ledger(state.history, self._graph, self._options.limits)

    def _ended(self, state: State, answered: _Answered) -> bool:
        most = self._options.most_runs
        if most is not None and len(state.history) >= most:
            return True
        wanted = self._options.releases and answered.strategy.found.wanted
        return answered.question is None and not wanted

    def _conclude(self, answered: _Answered, ledger: Ledger) -> Conclusion:
        found = answered.strategy.found
        complete = answered.question is None and not (
            self._options.releases and found.wanted
        )
        return conclude(found, ledger, self._graph, self._changes, complete=complete)

    def _answer(self, state: State, ledger: Ledger) -> _Answered:
        """Run the strategy until it asks what is not known."""
        terrain = Terrain(
            graph=self._graph,
            weights=self._weights,
            limits=self._options.limits,
            changes=self._changes,
            releases=state.releases,
            fits=self._fits,
        )
        strategy = Strategy(terrain, ledger)
        steps = strategy.run()
        try:
            question = next(steps)
            while (known := ledger.judge(question.spot, question.runs)) is not None:
                question = steps.send(known)
        except StopIteration:
            return _Answered(strategy, None)
        return _Answered(strategy, question)

    def _probes(
        self, state: State, ledger: Ledger, first: _Answered, free: int
    ) -> Iterable[Probe]:
        """Yield up to *free* probes that are worth running now, the likeliest first."""
        running = Counter(ledger.spot(probe) for probe in state.running)
        ahead: list[tuple[float, int, dict[Spot, Judgement]]] = [(-1.0, 0, {})]
        serial = 0
        while ahead and free > 0:
            chance, _, assumed = heappop(ahead)
            ledger.assumed = assumed
            question = (self._answer(state, ledger) if assumed else first).question
            ledger.assumed = {}
            if question is None:
                continue
            missing = ledger.missing(question.spot, question.runs)
            for _ in range(min(missing - running[question.spot], free)):
                free -= 1
                yield self._probe(question.spot)
            for judgement, share in (
                (Judgement.GOOD, 1 - question.chance),
                (Judgement.BAD, question.chance),
            ):
                serial += 1
                if -chance * share > _UNLIKELY:
                    guess = {**assumed, question.spot: judgement}
                    heappush(ahead, (chance * share, serial, guess))

    def _probe(self, spot: Spot) -> Probe:
        return Probe(new=self._graph.ids(spot.mix), release=spot.release)

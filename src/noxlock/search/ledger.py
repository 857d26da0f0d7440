"""The history by mix, and what it says of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from noxlock.search.groups import NOTHING
from noxlock.search.noise import Judgement, Rates, Tally
from noxlock.search.questions import Spot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.search.groups import Graph
    from noxlock.search.history import Observation, Outcome, OutcomeKind, Probe
    from noxlock.search.noise import Limits

__all__ = ["Ledger"]


class Ledger:
    """What was observed; optionally, what is assumed besides."""

    def __init__(
        self, history: Sequence[Observation], graph: Graph, limits: Limits
    ) -> None:
        self._graph = graph
        self._limits = limits
        self.outcomes: dict[Spot, list[Outcome]] = defaultdict(list)
        for seen in history:
            self.outcomes[self.spot(seen.probe)].append(seen.outcome)
        self.runs = len(history)
        self._tallies = {
            spot: Tally.of(outcome.kind for outcome in outcomes)
            for spot, outcomes in self.outcomes.items()
        }
        mixed = any(tally.mixed for tally in self._tallies.values())
        self.noisy = limits.flaky or mixed
        self.assumed: Mapping[Spot, Judgement] = {}

    @property
    def ends(self) -> tuple[Spot, Spot]:
        """The old lock and the new one."""
        return Spot(mix=NOTHING), Spot(mix=self._graph.whole)

    @property
    def rates(self) -> Rates:
        """How often both ends drift, as far as they were run."""
        old, new = (self.tally(end) for end in self.ends)
        return Rates(good=old.drifts, bad=new.drifts)

    def spot(self, probe: Probe) -> Spot:
        """Return where *probe* lies.

        Raises:
            ValueError: It is no valid mix of these changes.
        """
        mix = self._graph.mix_of(probe.new)
        if mix is None:
            raise ValueError(f"not a mix of these changes: {sorted(probe.new)}")
        return Spot(mix=mix, release=probe.release)

    def tally(self, spot: Spot) -> Tally:
        """Return what came of its runs."""
        return self._tallies.get(spot, Tally())

    def judge(self, spot: Spot, runs: int = 1) -> Judgement | None:
        """Return what *runs* runs of *spot* say; None: too few, or not clear."""
        if spot in self.assumed:
            return self.assumed[spot]
        tally = self.tally(spot)
        if not tally.resolved:
            return Judgement.UNRESOLVED if tally.unresolved else None
        enough = tally.resolved >= self._wanted(spot, runs)
        if not enough and tally.runs < self._limits.most:
            return None
        if not self.noisy or spot in self.ends:
            return tally.majority
        return self.rates.judge(tally, self._limits, sure=runs > 1)

    def missing(self, spot: Spot, runs: int) -> int:
        """Return how many runs more are needed at least."""
        return max(1, self._wanted(spot, runs) - self.tally(spot).resolved)

    def _wanted(self, spot: Spot, runs: int) -> int:
        if not self.noisy or spot not in self.ends:
            return runs
        calibrated = max(runs, self._limits.calibration)
        ran = [self.tally(end).resolved for end in self.ends]
        if min(ran) >= calibrated and self.rates.apart(self._limits) is None:
            return min(max(ran) + 1, self._limits.most)
        return calibrated

    def first(self, spot: Spot, kind: OutcomeKind) -> Outcome | None:
        """Return the first outcome of that kind."""
        found = (each for each in self.outcomes.get(spot, ()) if each.kind is kind)
        return next(found, None)

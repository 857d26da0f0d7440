"""Bisect a chain whose low end is good, or not bad, and whose high end is bad. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from noxlock.search.noise import Judgement
from noxlock.search.questions import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.search.questions import Spot, Steps

__all__ = ["Edge", "narrow"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """Two places of a chain, counted from 0: `high` is bad, `low` good or the start.

    They are neighbours, or all between them is unresolved.
    """

    low: int
    high: int


def narrow(
    chain: Sequence[Spot],
    weights: Sequence[float],
    judge: Callable[[Spot], Judgement | None],
    watch: Callable[[Edge], None],
) -> Steps[Edge]:
    """Find an edge of *chain* in at most ceil(log2(n)) questions for its n steps.

    That bound is kept whatever the weights, if all places are good or bad. An
    unresolved place moves the search to the wider gap beside all those in a row; only
    where they are walled in by a good and a bad neighbour does it end with them in
    between. Where the chain has several edges, one of them is found.

    Args:
        chain: From the good end to the bad one.
        weights: How likely the cause lies in each step: one less than there are places.
        judge: What is known already; asked of every place at every turn.
        watch: Told between which places the search is.
    """
    mass = list(accumulate(weights, initial=0.0))
    while True:
        known = [judge(spot) for spot in chain]
        known[0], known[-1] = Judgement.GOOD, Judgement.BAD
        edge = _narrowest(known, mass)
        watch(edge)
        place = _next(known, edge, mass)
        if place is None:
            return edge
        chance = (mass[place] - mass[edge.low]) / (mass[edge.high] - mass[edge.low])
        yield Question(spot=chain[place], chance=chance)


def _narrowest(known: Sequence[Judgement | None], mass: Sequence[float]) -> Edge:
    resolved = [
        place
        for place, judgement in enumerate(known)
        if judgement in (Judgement.GOOD, Judgement.BAD)
    ]
    edges = [
        Edge(low=low, high=high)
        for low, high in pairwise(resolved)
        if known[low] is Judgement.GOOD and known[high] is Judgement.BAD
    ]
    return min(edges, key=lambda edge: mass[edge.high] - mass[edge.low])


def _next(
    known: Sequence[Judgement | None], edge: Edge, mass: Sequence[float]
) -> int | None:
    stuck = [place for place in range(edge.low + 1, edge.high) if known[place]]
    if not stuck:
        return _balanced(edge, mass)
    gaps = [
        gap
        for gap in (
            Edge(low=edge.low, high=stuck[0]),
            Edge(low=stuck[-1], high=edge.high),
        )
        if gap.high - gap.low > 1
    ]
    if not gaps:
        return None
    return _balanced(max(gaps, key=lambda gap: mass[gap.high] - mass[gap.low]), mass)


def _balanced(edge: Edge, mass: Sequence[float]) -> int | None:
    """Return the place that halves the weight, as far as it saves nobody a question.

    With n steps, ceil(log2(n)) questions are enough for as many steps as the next power
    of two, so that neither part may be longer than half of that.
    """
    steps = edge.high - edge.low
    if steps < 2:  # noqa: PLR2004 - neighbours
        return None
    longest = 1 << ((steps - 1).bit_length() - 1)
    middle = (mass[edge.low] + mass[edge.high]) / 2
    places = range(edge.high - longest, edge.low + longest + 1)
    return min(
        places,
        key=lambda place: (
            abs(mass[place] - middle),
            abs(2 * place - edge.low - edge.high),
        ),
    )

"""A chain is bisected to neighbours, with no more questions than halving takes."""

from __future__ import annotations

import pytest

from noxlock.search.chains import Edge, narrow
from noxlock.search.groups import Mix
from noxlock.search.noise import Judgement
from noxlock.search.questions import Spot


def bisect(
    judged: str, weights: list[float] | None = None, known: str = ""
) -> tuple[Edge, list[int]]:
    """Return where a chain of `g`, `b` and `u` turns bad, and what was asked."""
    words = {"g": Judgement.GOOD, "b": Judgement.BAD, "u": Judgement.UNRESOLVED}
    seen = {int(place): words[judged[int(place)]] for place in known.split()}
    chain = [Spot(mix=Mix(place)) for place in range(len(judged))]
    asked: list[int] = []
    steps = narrow(
        chain,
        weights or [1.0] * (len(judged) - 1),
        lambda spot: seen.get(spot.mix),
        lambda _: None,
    )
    try:
        question = next(steps)
        while True:
            place = int(question.spot.mix)
            assert 0 < question.chance < 1
            assert place not in seen
            asked.append(place)
            seen[place] = words[judged[place]]
            question = steps.send(seen[place])
    except StopIteration as end:
        edge: Edge = end.value
        return edge, asked


@pytest.mark.parametrize("steps", range(1, 70))
def test_halving_is_never_exceeded_wherever_the_edge_lies(steps: int) -> None:
    bound = (steps - 1).bit_length()
    weights = [8.0 if step % 5 == 0 else 1.0 for step in range(steps)]
    for low in range(steps):
        judged = "g" * (low + 1) + "b" * (steps - low)
        for weighted in (None, weights, weights[::-1]):
            edge, asked = bisect(judged, weighted)

            assert edge == Edge(low=low, high=low + 1)
            assert len(asked) <= bound


def test_a_likely_step_is_found_sooner() -> None:
    weights = [1.0] * 32 + [100.0]

    edge, asked = bisect("g" * 33 + "b", weights)

    assert edge == Edge(low=32, high=33)
    assert asked == [32]


def test_with_several_edges_one_of_them_is_found() -> None:
    edge, _ = bisect("gbbgggbb")

    assert edge in (Edge(low=0, high=1), Edge(low=5, high=6))


def test_what_is_known_is_not_asked_again() -> None:
    edge, asked = bisect("ggggggggb", known="3 5 7")

    assert edge == Edge(low=7, high=8)
    assert not asked


def test_an_unresolved_place_moves_the_search_beside_it() -> None:
    edge, asked = bisect("ggggugbbb")

    assert edge == Edge(low=5, high=6)
    assert len(asked) <= 5


def test_walled_in_unresolved_places_end_it() -> None:
    edge, asked = bisect("gguuuub")

    assert edge == Edge(low=1, high=6)
    assert {2, 5} <= set(asked)

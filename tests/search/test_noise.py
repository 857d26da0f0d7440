"""Repeated runs are judged by how often good and bad mixes drift."""

from __future__ import annotations

import pytest

from noxlock.search import Limits, OutcomeKind
from noxlock.search.noise import Judgement, Rates, Tally

LIMITS = Limits()
CLEAR = Rates(good=0.05, bad=0.95)
RARE = Rates(good=0.02, bad=0.5)


def test_runs_are_counted_by_what_they_came_to() -> None:
    tally = Tally.of([OutcomeKind.GOOD, OutcomeKind.BAD, OutcomeKind.UNRESOLVED])

    assert (tally.good, tally.bad, tally.unresolved) == (1, 1, 1)
    assert tally.mixed
    assert (tally.runs, tally.resolved) == (3, 2)


@pytest.mark.parametrize(
    ("rates", "tally", "judged"),
    [
        (CLEAR, Tally(good=2), None),
        (CLEAR, Tally(good=3), Judgement.GOOD),
        (CLEAR, Tally(bad=3), Judgement.BAD),
        (CLEAR, Tally(bad=3, good=1), None),
        (CLEAR, Tally(bad=4, good=1), Judgement.BAD),
        (RARE, Tally(bad=3), Judgement.BAD),
        (RARE, Tally(good=8), None),
        (RARE, Tally(good=11), Judgement.GOOD),
        (CLEAR, Tally(good=15, bad=15), Judgement.UNRESOLVED),
        (CLEAR, Tally(good=1, unresolved=2), Judgement.UNRESOLVED),
    ],
)
def test_the_odds_decide(rates: Rates, tally: Tally, judged: Judgement | None) -> None:
    assert rates.judge(tally, LIMITS, sure=False) is judged


def test_to_be_sure_takes_twice_as_much() -> None:
    assert CLEAR.judge(Tally(good=3), LIMITS, sure=True) is None
    assert CLEAR.judge(Tally(good=5), LIMITS, sure=True) is Judgement.GOOD


@pytest.mark.parametrize(
    ("rates", "apart"),
    [
        (CLEAR, True),
        (Rates(good=0.5, bad=0.6), False),
        (Rates(good=0.2, bad=0.6), None),
    ],
)
def test_ends_that_drift_alike_are_not_apart(
    rates: Rates,
    apart: bool | None,  # noqa: FBT001 - what is expected
) -> None:
    assert rates.apart(LIMITS) is apart


@pytest.mark.parametrize(
    ("tally", "judged"),
    [
        (Tally(), Judgement.UNRESOLVED),
        (Tally(good=2, bad=1), Judgement.GOOD),
        (Tally(good=1, bad=1), Judgement.BAD),
    ],
)
def test_an_end_is_what_most_of_its_runs_say(tally: Tally, judged: Judgement) -> None:
    assert tally.majority is judged

"""What the search blames is to blame, whatever the graph, the causes and the runs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.search import (
    Observation,
    Options,
    Outcome,
    OutcomeKind,
    Probe,
    SearchVerdict,
    State,
)
from support.mixes import BAD, GOOD, UNRESOLVED, World, ids, releases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence, Set

    from hypothesis.strategies import DrawFn

    from noxlock.search import ChangeId, Culprit
    from support.mixes import Found

pytestmark = pytest.mark.slow

# How long an example takes says how busy the machine is.
steady = settings(deadline=None, max_examples=300)
# Of large graphs fewer: measured for coverage, each takes a second.
large = settings(deadline=None, max_examples=60)

Mix = frozenset["ChangeId"]


def halvings(count: int) -> int:
    """Return ceil(log2(count)), counting."""
    found = 0
    while 1 << found < count:
        found += 1
    return found


@st.composite
def graphs(draw: DrawFn, most: int = 7) -> tuple[list[str], list[tuple[str, str]]]:
    """Return names and what needs what: cycles are as good as any."""
    names = [f"p{number:03}" for number in range(draw(st.integers(1, most)))]
    share = draw(st.sampled_from([0.0, 0.05, 0.15, 0.3]))
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - no secret
    pairs = [(a, b) for a in names for b in names if a != b]
    return names, [pair for pair in pairs if random.random() < share]


def closed_sets(world: World) -> Iterator[Mix]:
    """Yield every valid mix, the smallest first."""
    every = sorted(ids(world.names))
    for size in range(len(every) + 1):
        for chosen in map(frozenset, combinations(every, size)):
            if world.closed(chosen):
                yield chosen


def monotone(causes: Sequence[Set[ChangeId]]) -> Callable[[Probe], Outcome]:
    return lambda probe: BAD if any(c <= probe.new for c in causes) else GOOD


def arbitrary(
    whole: Mix, seed: int, weights: tuple[float, float, float]
) -> Callable[[Probe], Outcome]:
    """Return outcomes drawn by lot, the same for the same mix, but for the two ends."""

    def run(probe: Probe) -> Outcome:
        if probe.new == whole:
            return BAD
        if not probe.new:
            return GOOD
        random = Random(f"{seed} {sorted(probe.new)}")  # noqa: S311 - no secret
        return random.choices((GOOD, BAD, UNRESOLVED), weights)[0]

    return run


@st.composite
def worlds(draw: DrawFn, kind: str, most: int = 7) -> World:
    names, needs = draw(graphs(most))
    every, loaded = sorted(ids(names)), draw(st.sets(st.sampled_from(names)))
    if kind == "monotone":
        parts = st.frozensets(st.sampled_from(every), min_size=1, max_size=3)
        oracle = monotone(draw(st.lists(parts, min_size=1, max_size=3)))
    else:
        share = draw(st.sampled_from([0.1, 0.3, 0.5, 0.8]))
        lost = draw(st.sampled_from([0.2, 0.6])) if kind == "unresolved" else 0.0
        weights = ((1 - share) * (1 - lost), share * (1 - lost), lost)
        oracle = arbitrary(frozenset(every), draw(st.integers(0, 2**32)), weights)
    return World(names=names, needs=needs, oracle=oracle, loaded=loaded)


def is_bad(world: World, mix: Set[ChangeId]) -> bool:
    return world.oracle(Probe(new=frozenset(mix))) == BAD


def is_good(world: World, mix: Set[ChangeId]) -> bool:
    return world.oracle(Probe(new=frozenset(mix))) == GOOD


def without(world: World, mix: Mix, taken_back: Set[ChangeId]) -> Mix:
    """Return the largest valid part of *mix* that has none of *taken_back*."""
    left = mix - taken_back
    while lost := {i.change for i in world.implications if i.needs not in left} & left:
        left -= lost
    return left


def blamed(culprit: Culprit) -> Mix:
    return frozenset(package.change for package in culprit.packages)


def check_claims(world: World, found: Found) -> None:
    """Hold every claim of a conclusion against the oracle."""
    whole = ids(world.names)
    for culprit in found.conclusion.culprits:
        mix = culprit.probe.new
        assert mix == blamed(culprit) | set(culprit.along)
        assert blamed(culprit)
        assert culprit.sufficient
        assert is_bad(world, mix)
        smaller = {without(world, mix, {each}) for each in mix}
        heads = [part for part in smaller if not any(part < other for other in smaller)]
        assert not any(is_bad(world, part) for part in heads)
        if culprit.minimal:
            assert all(is_good(world, part) for part in heads)
            for change in blamed(culprit):
                assert is_good(world, without(world, mix, {change}))
    culprits = found.conclusion.culprits
    together = frozenset(change for each in culprits for change in blamed(each))
    probes = [culprit.probe.new for culprit in found.conclusion.culprits]
    every = frozenset(change for mix in probes for change in mix)
    if any(culprit.necessary for culprit in found.conclusion.culprits):
        assert all(culprit.necessary for culprit in found.conclusion.culprits)
        rests = without(world, whole, together), without(world, whole, every)
        assert any(is_good(world, rest) for rest in rests)
    if found.conclusion.verdict is SearchVerdict.EXPLAINED:
        assert found.conclusion.culprits
        assert all(culprit.necessary for culprit in found.conclusion.culprits)
    assert found.conclusion.environments == found.environments
    assert found.conclusion.runs == len(found.history)


@steady
@given(world=worlds("monotone"))
def test_causes_that_stay_are_found_to_the_last_package(world: World) -> None:
    found = world.explore()

    check_claims(world, found)
    assert found.conclusion.verdict is SearchVerdict.EXPLAINED
    for culprit in found.conclusion.culprits:
        assert culprit.minimal
        for part in closed_sets(world):
            assert not (part < culprit.probe.new and is_bad(world, part))


@large
@given(world=worlds("monotone", most=60))
def test_every_package_to_blame_costs_one_bisection(world: World) -> None:
    found = world.explore()

    bound = 2
    for culprit in found.conclusion.culprits:
        heads = {without(world, culprit.probe.new, {p}) for p in blamed(culprit)}
        bound += len(heads) * (halvings(len(world.names)) + 2) + 1
    assert found.environments <= bound
    check_claims(world, found)


@large
@given(graph=graphs(most=70), data=st.data(), between=st.integers(0, 40))
def test_one_cause_keeps_the_bound(
    graph: tuple[list[str], list[tuple[str, str]]], data: st.DataObject, between: int
) -> None:
    names, needs = graph
    cause = data.draw(st.sampled_from(names))
    loaded = data.draw(st.sets(st.sampled_from(names)))
    first = data.draw(st.integers(1, between + 1))

    def run(probe: Probe) -> Outcome:
        if not ids([cause]) <= probe.new:
            return GOOD
        at = int(probe.release[1][2:]) if probe.release else between + 1
        return BAD if at >= first else GOOD

    world = World(
        names=names,
        needs=needs,
        loaded=loaded,
        oracle=run,
        released=dict.fromkeys(names, releases(between)),
    )
    found = world.explore()

    (culprit,) = found.conclusion.culprits
    assert cause in {package.name for package in culprit.packages}
    if len(culprit.packages) == 1:
        (package,) = culprit.packages
        assert package.first_bad == (f"1.{first}" if first <= between else "2")
        assert package.last_good == (f"1.{first - 1}" if first > 1 else "1")
        assert package.adjacent
        bound = 2 + halvings(len(names)) + 3 + halvings(between + 1)
        assert found.environments <= bound
        # The old lock, run twice, is one environment.
        assert len(found.history) <= bound + 1


@steady
@given(world=worlds("arbitrary"))
def test_what_is_claimed_of_histories_that_go_back_and_forth_is_true(
    world: World,
) -> None:
    found = world.explore()

    check_claims(world, found)
    assert found.conclusion.verdict is SearchVerdict.EXPLAINED
    assert all(culprit.minimal for culprit in found.conclusion.culprits)


@steady
@given(world=worlds("unresolved"))
def test_what_is_claimed_beside_unresolved_mixes_is_true(world: World) -> None:
    found = world.explore()

    check_claims(world, found)
    assert found.conclusion.complete
    assert found.conclusion.culprits
    assert {each.probe for each in found.conclusion.unresolved} == {
        seen.probe for seen in found.history if seen.outcome == UNRESOLVED
    }


@steady
@given(
    world=worlds("unresolved", most=20) | worlds("monotone", most=20),
    jobs=st.integers(2, 9),
)
def test_runs_side_by_side_claim_nothing_else_than_what_is_true(
    world: World, jobs: int
) -> None:
    check_claims(world, world.explore(jobs=jobs))


@steady
@given(world=worlds("unresolved", most=20), seed=st.integers(0, 99))
def test_the_history_is_all_there_is(world: World, seed: int) -> None:
    """A search that is stopped anywhere goes on as if it had not been."""
    found = world.explore()
    search = world.search
    for count in range(len(found.history)):
        history = found.history[:count]
        step = search.next(State(history=tuple(history)))
        Random(seed).shuffle(history)  # noqa: S311 - an order, not a secret

        assert world.search.next(State(history=tuple(history))) == step


@steady
@given(graph=graphs(most=30), data=st.data())
def test_the_cause_is_always_among_the_suspects(
    graph: tuple[list[str], list[tuple[str, str]]], data: st.DataObject
) -> None:
    names, needs = graph
    cause = ids([data.draw(st.sampled_from(names))])
    world = World(names=names, needs=needs, oracle=monotone([cause]))
    found = world.explore()

    for count in range(len(found.history)):
        budget = replace(world, options=Options(most_runs=count)).explore()

        assert len(budget.history) == count
        assert not budget.conclusion.complete
        told = set(budget.conclusion.suspects)
        for culprit in budget.conclusion.culprits:
            told |= blamed(culprit)
        assert cause <= told


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("flakes", [0.05, 0.1])
def test_noise_does_not_mislead(flakes: float, jobs: int) -> None:
    """Of 100 searches in which a share of all runs errs, hardly one blames another."""
    names = [f"p{number:03}" for number in range(40)]
    wrong = 0
    for seed in range(100):
        random = Random(seed)  # noqa: S311 - reproducible
        cause = random.choice(names)

        def run(probe: Probe, cause: str = cause, random: Random = random) -> Outcome:
            bad = (ids([cause]) <= probe.new) != (random.random() < flakes)
            return Outcome(kind=OutcomeKind.BAD if bad else OutcomeKind.GOOD)

        found = World(names=names, oracle=run).explore(jobs=jobs)
        wrong += found.blamed != {frozenset([cause])}

    assert wrong <= 3


def test_two_hundred_changes_in_which_three_work_together() -> None:
    names = [f"p{number:03}" for number in range(200)]
    needs = [(names[i], names[i - 7]) for i in range(7, 200) if i % 3]
    needs += [(names[i - 7], names[i]) for i in range(7, 200) if i % 21 == 8]
    cause = ids(["p012", "p099", "p150"])
    found = World(names=names, needs=needs, oracle=monotone([cause])).explore()

    (culprit,) = found.conclusion.culprits
    assert cause <= culprit.probe.new
    assert culprit.minimal
    assert culprit.necessary
    assert found.environments <= 2 + 3 * (8 + 2) + 1


def test_observations_are_plain_data() -> None:
    import msgspec  # noqa: PLC0415

    seen = Observation(
        probe=Probe(new=ids(["a"]), release=(next(iter(ids(["a"]))), "1.5")),
        outcome=Outcome(kind=OutcomeKind.UNRESOLVED, reason="no wheel"),
    )
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Observation) == seen

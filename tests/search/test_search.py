"""Whole searches: what is told apart, what is asked, and what is known on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from noxlock.search import (
    Candidate,
    Change,
    ChangeId,
    Done,
    FindReleases,
    Limits,
    Observation,
    Options,
    Outcome,
    OutcomeKind,
    Phase,
    Probe,
    Run,
    Search,
    SearchVerdict,
    State,
)
from support.mixes import BAD, GOOD, UNRESOLVED, World, change, ids, releases

ABC = "abcdefgh"
OLD, NEW = Probe(), Probe(new=ids(ABC))


def cause(*names: str, world: str = ABC, **facts: object) -> World:
    """Return a world that drifts where all of a word in *names* are new."""
    causes = [ids(each) for each in names]
    return World(
        names=list(world),
        oracle=lambda probe: BAD if any(c <= probe.new for c in causes) else GOOD,
        **facts,  # type: ignore[arg-type] # fields of World
    )


def always(outcome: Outcome, **facts: object) -> World:
    return World(names=list(ABC), oracle=lambda _: outcome, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "blamed"),
    [
        (["c"], ["c"]),
        (["c", "f"], ["c", "f"]),
        (["cf"], ["cf"]),
        (["ach"], ["ach"]),
        (["a", "bc", "h"], ["a", "bc", "h"]),
    ],
)
def test_causes_alone_and_together_are_told_apart(
    names: list[str], blamed: list[str]
) -> None:
    found = cause(*names).explore()

    assert found.blamed == {frozenset(each) for each in blamed}
    assert found.conclusion.verdict is SearchVerdict.EXPLAINED
    for culprit in found.conclusion.culprits:
        assert culprit.sufficient
        assert culprit.minimal
        assert culprit.necessary


def test_what_has_to_come_along_is_not_blamed() -> None:
    found = cause("c", needs=[("c", "b"), ("b", "a"), ("d", "c")]).explore()

    (culprit,) = found.conclusion.culprits
    assert found.blamed == {frozenset("c")}
    assert set(culprit.along) == ids("ab")
    assert culprit.probe == Probe(new=ids("abc"))


def test_what_cannot_be_parted_is_blamed_together() -> None:
    found = cause("c", needs=[("c", "b"), ("b", "c")]).explore()

    assert found.blamed == {frozenset("bc")}


@pytest.mark.parametrize(
    ("outcome", "verdict", "runs", "reason"),
    [
        (BAD, SearchVerdict.NOT_THE_LOCK, 3, "machine or data"),
        (GOOD, SearchVerdict.NO_DRIFT, 5, ""),
        (UNRESOLVED, SearchVerdict.UNEXPLAINED, 1, "the old lock"),
    ],
)
def test_without_a_difference_nothing_is_searched(
    outcome: Outcome, verdict: SearchVerdict, runs: int, reason: str
) -> None:
    found = always(outcome).explore()

    assert found.conclusion.verdict is verdict
    assert reason in found.conclusion.reason
    assert len(found.history) == runs
    assert found.conclusion.complete


def test_a_new_lock_that_does_not_run_is_unexplained() -> None:
    found = World(
        names=list(ABC), oracle=lambda probe: UNRESOLVED if probe == NEW else GOOD
    ).explore()

    assert found.conclusion.verdict is SearchVerdict.UNEXPLAINED
    assert "the new lock" in found.conclusion.reason
    assert [each.reason for each in found.conclusion.unresolved] == ["ImportError"]


def test_without_changes_it_is_not_the_lock_or_no_drift() -> None:
    drifting = World(names=[], oracle=lambda _: BAD).explore()
    steady = World(names=[], oracle=lambda _: GOOD).explore()

    assert drifting.conclusion.verdict is SearchVerdict.NOT_THE_LOCK
    assert steady.conclusion.verdict is SearchVerdict.NO_DRIFT


def test_drift_at_random_with_either_lock_is_noise() -> None:
    outcomes = iter([GOOD, BAD] * 100)
    found = World(names=list(ABC), oracle=lambda _: next(outcomes)).explore()

    assert found.conclusion.verdict is SearchVerdict.NOT_THE_LOCK
    assert "noise" in found.conclusion.reason


def test_what_is_known_to_be_flaky_is_calibrated_from_the_start() -> None:
    world = cause("c", options=Options(limits=Limits(flaky=True)))
    found = world.explore()

    assert found.blamed == {frozenset("c")}
    for end in (OLD, NEW):
        assert sum(seen.probe == end for seen in found.history) == 8
    assert all(
        sum(seen.probe == other.probe for seen in found.history) >= 3
        for other in found.history
    )


def test_bad_in_the_middle_and_good_again_is_true_of_what_is_blamed() -> None:
    """`c` drifts, `f` undoes it, `g` drifts again."""

    def run(probe: Probe) -> Outcome:
        c, f, g = (ids(name) <= probe.new for name in "cfg")
        return BAD if g or (c and not f) else GOOD

    found = World(names=list(ABC), oracle=run).explore()

    assert found.blamed <= {frozenset("c"), frozenset("g")}
    assert frozenset("g") in found.blamed


def test_mixes_that_do_not_import_are_gone_around() -> None:
    """`a` runs with the new `h` only, which no metadata say."""

    def run(probe: Probe) -> Outcome:
        if ids("a") <= probe.new and not ids("h") <= probe.new:
            return UNRESOLVED
        return BAD if ids("d") <= probe.new else GOOD

    found = World(names=list(ABC), oracle=run).explore()

    assert found.blamed == {frozenset("d")}
    assert found.conclusion.verdict is SearchVerdict.EXPLAINED
    assert found.conclusion.unresolved


def test_a_cause_that_does_not_run_alone_names_what_came_along() -> None:
    """One drifts, and statsmodels as it was breaks on it."""

    def run(probe: Probe) -> Outcome:
        scipy, models = (ids([n]) <= probe.new for n in ("scipy", "statsmodels"))
        if scipy and not models:
            return UNRESOLVED
        return BAD if scipy else GOOD

    names = ["numpy", "pandas", "scipy", "statsmodels", "patsy"]
    found = World(names=names, oracle=run).explore()

    (culprit,) = found.conclusion.culprits
    assert found.blamed == {frozenset(["scipy"])}
    assert set(culprit.along) == ids(["statsmodels"])
    assert not culprit.minimal
    assert culprit.necessary


def drift(bad: str, between: int = 6) -> World:
    """Return a world where `c` drifts at the releases in *bad*, and in the new lock."""

    def run(probe: Probe) -> Outcome:
        if not ids("c") <= probe.new:
            return GOOD
        at = probe.release[1] if probe.release else "2"
        return BAD if at in bad.split() else GOOD

    return World(names=list(ABC), oracle=run, released={"c": releases(between)})


@pytest.mark.parametrize(
    ("bad", "first", "last"),
    [
        ("2", "2", "1.6"),
        ("1.1 1.2 1.3 1.4 1.5 1.6 2", "1.1", "1"),
        ("1.6 2", "1.6", "1.5"),
    ],
)
def test_the_first_bad_release_is_found(bad: str, first: str, last: str) -> None:
    found = drift(bad).explore()

    (package,) = found.conclusion.culprits[0].packages
    assert (package.first_bad, package.last_good) == (first, last)
    assert package.adjacent
    assert not package.returns


def test_a_release_that_is_good_again_is_told_where_it_is_seen() -> None:
    world = drift("1.2 1.3 2")
    found = world.explore()
    (package,) = found.conclusion.culprits[0].packages
    assert (package.first_bad, package.last_good) == ("1.2", "1.1")
    assert not package.returns

    extra = Observation(
        probe=Probe(new=ids("c"), release=(ChangeId("pypi/c"), "1.5")), outcome=GOOD
    )
    state = State(
        history=(*found.history, extra), releases={ChangeId("pypi/c"): releases(6)}
    )
    (told,) = world.search.conclusion(state).culprits[0].packages
    assert told.returns


def test_releases_that_do_not_install_leave_a_gap() -> None:
    def run(probe: Probe) -> Outcome:
        if probe.release and probe.release[1] in ("1.3", "1.4"):
            return UNRESOLVED
        return drift("1.5 1.6 2").oracle(probe)

    found = replace(drift(""), oracle=run).explore()

    (package,) = found.conclusion.culprits[0].packages
    assert (package.first_bad, package.last_good) == ("1.5", "1.2")
    assert not package.adjacent


def test_releases_that_do_not_fit_are_not_run() -> None:
    world = drift("1.5 1.6 2")
    search = Search(
        map(change, ABC), fits=lambda _, release, __: release.version != "1.4"
    )
    history: list[Observation] = []
    known: dict[ChangeId, tuple[Candidate, ...]] = {}
    while True:
        match search.next(State(history=tuple(history), releases=known)):
            case Run(probes=probes):
                history += (
                    Observation(probe=probe, outcome=world.oracle(probe))
                    for probe in probes
                )
            case FindReleases(changes=wanted):
                assert wanted == (ChangeId("pypi/c"),)
                known = {ChangeId("pypi/c"): releases(6)}
            case Done(conclusion=conclusion):
                break

    (package,) = conclusion.culprits[0].packages
    assert (package.first_bad, package.last_good) == ("1.5", "1.3")
    assert not package.adjacent


@pytest.mark.parametrize(
    ("old", "new"),
    [(None, "1"), ("1", None), ("1", "1")],
    ids=["new", "gone", "rebuilt"],
)
def test_what_has_no_releases_between_is_not_asked_for_any(
    old: str | None, new: str | None
) -> None:
    search = Search([change("a", old, new)])
    good, bad = Probe(), Probe(new=ids("a"))
    history = [Observation(probe=each, outcome=GOOD) for each in (good, good)]

    step = search.next(State(history=(*history, Observation(probe=bad, outcome=BAD))))

    assert isinstance(step, Done)
    (package,) = step.conclusion.culprits[0].packages
    assert package.first_bad is None


def test_releases_can_be_left_out() -> None:
    world = drift("1.5 2")
    found = replace(world, options=Options(releases=False)).explore()

    assert found.conclusion.complete
    assert all(seen.probe.release is None for seen in found.history)


def test_signatures_of_the_proof_are_told() -> None:
    drifted = Outcome(kind=OutcomeKind.BAD, signature="coef.npy")
    found = replace(
        cause("c"), oracle=lambda p: drifted if ids("c") <= p.new else GOOD
    ).explore()

    assert found.conclusion.culprits[0].signatures == ("coef.npy",)


def test_several_jobs_are_given_what_is_needed_whatever_comes() -> None:
    step = cause("c").search.next(State(), jobs=5)

    assert isinstance(step, Run)
    assert step.probes[:3] == (OLD, OLD, NEW)
    assert len(step.probes) == 5
    assert step.progress.phase is Phase.BASELINE
    assert step.progress.at_most == 2 + 3 + 3


def test_what_runs_is_not_offered_again() -> None:
    search = cause("c").search
    running = (OLD, OLD, NEW)

    one = search.next(State(running=running), jobs=4)
    none = search.next(State(running=running), jobs=3)

    assert isinstance(one, Run)
    assert isinstance(none, Run)
    assert len(one.probes) == 1
    assert one.probes[0] not in running
    assert none.probes == ()


def test_side_by_side_needs_fewer_rounds() -> None:
    names = [f"p{number:03}" for number in range(64)]
    world = World(names=names, oracle=lambda p: BAD if ids(["p017"]) <= p.new else GOOD)
    rounds = {}
    for jobs in (1, 3, 7):
        history: list[Observation] = []
        rounds[jobs] = 0
        while isinstance(
            step := world.search.next(State(history=tuple(history)), jobs=jobs), Run
        ):
            rounds[jobs] += 1
            history += (
                Observation(probe=probe, outcome=world.oracle(probe))
                for probe in step.probes
            )
    assert rounds[1] == 3 + 6 + 2
    assert rounds[3] <= 6
    assert rounds[7] <= 4


def test_a_budget_ends_it_with_the_suspects() -> None:
    found = cause("c", options=Options(most_runs=4)).explore(jobs=3)

    assert len(found.history) == 4
    assert not found.conclusion.complete
    assert found.conclusion.verdict is SearchVerdict.UNEXPLAINED
    assert set(found.conclusion.suspects) == ids("abcd")


def test_a_budget_counts_what_runs() -> None:
    search = cause("c", options=Options(most_runs=4)).search
    good = Observation(probe=OLD, outcome=GOOD)
    running = (NEW, Probe(new=ids("a")))

    one = search.next(State(history=(good,), running=running), jobs=9)
    none = search.next(State(history=(good, good), running=running), jobs=9)

    assert isinstance(one, Run)
    assert len(one.probes) == 1
    assert isinstance(none, Run)
    assert none.probes == ()


def test_a_need_that_no_metadata_say_is_learnt() -> None:
    """Fewer runs than bisecting again around every clash would take."""
    names = [f"p{number:03}" for number in range(64)]

    def run(probe: Probe) -> Outcome:
        if ids(["p010"]) <= probe.new and not ids(["p050"]) <= probe.new:
            return UNRESOLVED
        return BAD if ids(["p030"]) <= probe.new else GOOD

    found = World(names=names, oracle=run).explore()

    (culprit,) = found.conclusion.culprits
    assert found.blamed == {frozenset(["p030"])}
    assert culprit.minimal
    assert culprit.necessary
    assert found.environments <= 2 + 6 + 3 + 12


def test_a_history_of_other_changes_is_refused() -> None:
    seen = Observation(probe=Probe(new=ids("z")), outcome=GOOD)

    with pytest.raises(ValueError, match="not a mix of these changes"):
        cause("c").search.next(State(history=(seen,)))


def test_a_change_says_what_it_is() -> None:
    assert change("a").id == "pypi/a"
    assert not change("a").rebuilt
    assert not Change(name="a", old=None, new=Candidate(version=None)).rebuilt

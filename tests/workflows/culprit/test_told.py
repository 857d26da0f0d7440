"""What the search found becomes what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from noxlock.locks.difference.ways import Ways
from noxlock.model import (
    ChangeKind,
    CondaPackage,
    IndexSource,
    Layer,
    PlannedPackage,
    Sha256,
    VcsSource,
)
from noxlock.model.culprit import ChangedLayer, CulpritVerdict, TriedVerdict
from noxlock.report.culprits import sentence
from noxlock.search import (
    Candidate,
    Change,
    ChangeId,
    Changes,
    Conclusion,
    Culprit,
    CulpritPackage,
    Observation,
    Options,
    Outcome,
    OutcomeKind,
    Phase,
    Probe,
    Progress,
    SearchVerdict,
    Unresolved,
)
from noxlock.search import Layer as SearchLayer
from noxlock.workflows.culprit.told import Known, Ran, paths, standing, told
from support.mixes import BAD, GOOD, UNRESOLVED, World, change, ids, releases

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model.culprit import CulpritReport

NAMES = [f"p{number}" for number in range(8)]
WHOLE = Probe(new=ids(NAMES))
DRIFT = "w.npy[3] differs by 0.001 (relative 4e-5)"


def known(*ran: Ran, names: list[str] = NAMES) -> Known:
    changed = tuple(change(name) for name in names)
    return Known(
        check="digits", changes=Changes(changed=changed), ran=ran, seconds=40.0
    )


def explored(world: World) -> CulpritReport:
    found = world.explore()
    ran = (
        Ran(
            seen=seen,
            difference=DRIFT if seen.outcome.kind is OutcomeKind.BAD else "",
            seconds=2.0,
        )
        for seen in found.history
    )
    ways = {ChangeId("pypi/p5"): ("p1", "p5")}
    facts = known(*ran, names=list(world.names))
    return told(found.conclusion, replace(facts, ways=ways))


def blames(name: str, first: int = 3) -> Callable[[Probe], Outcome]:
    def run(probe: Probe) -> Outcome:
        at = int(probe.release[1].removeprefix("1.")) if probe.release else first
        return BAD if ids([name]) <= probe.new and at >= first else GOOD

    return run


def test_a_whole_search_becomes_one_sentence_and_its_evidence() -> None:
    world = World(names=NAMES, oracle=blames("p5"), released={"p5": releases(5)})
    report = explored(world)

    assert sentence(report) == (
        "digits drifts because p5 1 -> 2 (needed by p1); first bad release 1.3;"
        f" {report.environments} environments, 40 s"
    )
    (culprit,) = report.culprits
    (package,) = culprit.packages
    assert (culprit.sufficient, culprit.necessary, culprit.difference) == (
        True,
        True,
        DRIFT,
    )
    assert (package.pin, package.last_good, package.adjacent) == ("p5<1.3", "1.2", True)
    assert report.difference == DRIFT
    assert report.changed == 8
    assert report.runs == sum(row.runs for row in report.evidence)
    assert len(report.evidence) == report.environments
    rows = {row.mix: row for row in report.evidence}
    assert rows["old lock"].runs == 2
    assert rows["old lock"].seconds == 4.0
    assert rows["new lock"].difference == DRIFT
    assert rows["old + p5"].verdict is TriedVerdict.BAD
    assert rows["new - p5"].verdict is TriedVerdict.GOOD
    assert rows["p5 at 1.3"].verdict is TriedVerdict.BAD
    assert rows["p5 at 1.2"].difference == ""


def test_mixes_are_named_by_the_shorter_side() -> None:
    def mix(*names: str) -> str:
        ran = Ran(seen=Observation(probe=Probe(new=ids(names)), outcome=GOOD))
        done = Conclusion(
            verdict=SearchVerdict.NO_DRIFT, complete=True, environments=1, runs=1
        )
        return told(done, known(ran)).evidence[0].mix

    assert mix("p0", "p1", "p2") == "old + p0, p1, p2"
    assert mix("p0", "p1", "p2", "p3") == "old + 4 packages"
    assert mix("p0", "p1", "p2", "p3", "p4") == "new - p5, p6, p7"


def row(verdict: SearchVerdict, *ran: Ran, **facts: object) -> CulpritReport:
    given = {"complete": True, "environments": 2, "runs": len(ran)}
    return told(Conclusion(verdict=verdict, **{**given, **facts}), known(*ran))  # type: ignore[arg-type]


def ran(probe: Probe, outcome: Outcome, difference: str = "") -> Ran:
    return Ran(
        seen=Observation(probe=probe, outcome=outcome), difference=difference, seconds=1
    )


def test_a_drift_of_the_old_lock_is_not_the_lock() -> None:
    report = row(SearchVerdict.NOT_THE_LOCK, *[ran(Probe(), BAD, DRIFT)] * 3)
    assert sentence(report) == (
        "digits drifts with the old lock too: the machine or the data, not a package;"
        f" {DRIFT}; 2 environments, 40 s"
    )


def test_an_old_lock_that_disagrees_with_itself_is_noise() -> None:
    runs = [ran(Probe(), GOOD), ran(Probe(), BAD, "old"), ran(WHOLE, BAD, "new")]
    report = row(SearchVerdict.NOT_THE_LOCK, *runs)
    assert report.noise
    assert report.difference == "new"
    assert report.evidence[0].reason == "1 of 2 runs drifted"


def test_mixed_runs_are_held_against_both_ends() -> None:
    often, seldom = (Probe(new=ids([name])) for name in ("p0", "p1"))
    runs = [
        *[ran(Probe(), GOOD)] * 8,
        *[ran(WHOLE, BAD), ran(WHOLE, GOOD)] * 4,
        *[ran(often, BAD), ran(often, GOOD), ran(often, GOOD)],
        *[ran(seldom, BAD), *[ran(seldom, GOOD)] * 7],
    ]
    rows = row(SearchVerdict.UNEXPLAINED, *runs, complete=False).evidence
    assert [(each.mix, each.verdict, each.reason) for each in rows] == [
        ("old lock", TriedVerdict.GOOD, ""),
        ("new lock", TriedVerdict.BAD, "4 of 8 runs drifted"),
        ("old + p0", TriedVerdict.BAD, "1 of 3 runs drifted"),
        ("old + p1", TriedVerdict.GOOD, "1 of 8 runs drifted"),
    ]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (Probe(), "the old lock could not be judged: no wheel"),
        (WHOLE, "the new lock could not be judged: no wheel"),
    ],
)
def test_an_end_that_says_nothing_is_the_reason(probe: Probe, said: str) -> None:
    lost = replace(UNRESOLVED, reason="no wheel")
    report = row(
        SearchVerdict.UNEXPLAINED,
        ran(probe, lost),
        unresolved=(Unresolved(probe=probe, reason="no wheel"),),
        reason="the lock itself is unresolved",
    )
    assert report.reason == said
    assert report.unresolved[0].reason == "no wheel"
    assert report.evidence[0].reason == "no wheel"
    assert report.evidence[0].verdict is TriedVerdict.UNRESOLVED


def test_what_is_not_proven_keeps_its_culprit() -> None:
    def run(probe: Probe) -> Outcome:
        if probe.new == ids([n for n in NAMES if n != "p5"]):
            return UNRESOLVED
        return BAD if ids(["p5"]) <= probe.new else GOOD

    report = explored(World(names=NAMES, oracle=run))
    assert report.verdict is CulpritVerdict.UNEXPLAINED
    assert report.reason == "the new lock without it could not be judged"
    assert [each.mix for each in report.unresolved] == ["new - p5"]


def test_a_budget_leaves_suspects() -> None:
    options = Options(most_runs=4)
    report = explored(World(names=NAMES, oracle=blames("p5"), options=options))
    assert not report.complete
    assert {"p5"} < {each.name for each in report.suspects}
    assert "is not explained yet: ended after 4 runs: one of " in sentence(report)


def culprit_of(
    *tested: tuple[str, Outcome], first: str, good: str, old: str = "1", new: str = "2"
) -> CulpritReport:
    name = ChangeId("pypi/p5")
    probe = Probe(new=frozenset([name]))
    package = CulpritPackage(
        change=name, name="p5", old=old, new=new, first_bad=first, last_good=good,
        adjacent=True, returns=True,
    )  # fmt: skip
    found = Culprit(packages=(package,), probe=probe, necessary=True)
    done = Conclusion(
        verdict=SearchVerdict.EXPLAINED, complete=True, culprits=(found,),
        environments=1, runs=1,
    )  # fmt: skip
    runs = [ran(replace(probe, release=(name, at)), out) for at, out in tested]
    facts = replace(
        known(*runs), changes=Changes(changed=(change("p5", old=old, new=new),))
    )
    return told(done, facts)


def test_releases_that_go_back_and_forth_are_named_in_their_order() -> None:
    tested = [("1.2", BAD), ("1.10", GOOD), ("1.9", GOOD), ("1.5", UNRESOLVED)]
    (culprit,) = culprit_of(*tested, first="1.2", good="1").culprits
    assert culprit.packages[0].good_again == "1.9"
    assert culprit.packages[0].bad_before is None

    (culprit,) = culprit_of(*tested, first="2", good="1.10").culprits
    assert culprit.packages[0].good_again is None
    assert culprit.packages[0].bad_before == "1.2"


def test_a_downgrade_is_followed_downwards() -> None:
    tested = [("1.8", BAD), ("1.5", GOOD), ("1.3", GOOD)]
    report = culprit_of(*tested, first="1.8", good="2", old="2", new="1")
    (package,) = report.culprits[0].packages
    assert package.kind is ChangeKind.DOWNGRADED
    assert package.good_again == "1.5"
    assert package.pin == "p5>1.8"


INDEX = IndexSource()


def wheel(digest: str, commit: str = "") -> PlannedPackage:
    return PlannedPackage(
        name=canonicalize_name("a"),
        version="1",
        kind=None,
        artifact=None,
        url=None,
        sha256=Sha256(digest) if digest else None,
        groups=(),
        source=VcsSource(vcs="git", url="u", commit=commit) if commit else INDEX,
    )


def conda(build: str) -> CondaPackage:
    return CondaPackage(
        name="a", version="1", build=build, subdir="noarch", filename="f", url="u",
        channel=None, md5=None, sha256=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "layer", "detail"),
    [
        (wheel("a" * 64), wheel("b" * 64), SearchLayer.PYPI, "other sha256"),
        (wheel(""), wheel("b" * 64), SearchLayer.PYPI, "other files"),
        (
            wheel("", "a" * 40),
            wheel("", "b" * 40),
            SearchLayer.PYPI,
            "commit aaaaaaaaaaaa -> bbbbbbbbbbbb",
        ),
        (conda("h1_0"), conda("h2_1"), SearchLayer.CONDA, "build h1_0 -> h2_1"),
        (None, None, SearchLayer.PYPI, "other files"),
    ],
)
def test_two_builds_of_one_version_are_told_apart(
    old: PlannedPackage | CondaPackage | None,
    new: PlannedPackage | CondaPackage | None,
    layer: SearchLayer,
    detail: str,
) -> None:
    sides = [Candidate(version="1", package=each) for each in (old, new)]
    rebuilt = Change(name="a", layer=layer, old=sides[0], new=sides[1])
    done = Conclusion(
        verdict=SearchVerdict.UNEXPLAINED, complete=False, suspects=(rebuilt.id,),
        environments=0, runs=0,
    )  # fmt: skip
    report = told(done, replace(known(), changes=Changes(changed=(rebuilt,))))
    (suspect,) = report.suspects
    assert (suspect.kind, suspect.detail) == (ChangeKind.REBUILT, detail)
    assert suspect.layer == ChangedLayer(layer)


def test_one_name_in_two_layers_is_told_apart() -> None:
    both = tuple(
        replace(change("a"), layer=each)
        for each in (SearchLayer.CONDA, SearchLayer.PYPI)
    )
    new = frozenset([ChangeId("conda/a")])
    done = Conclusion(
        verdict=SearchVerdict.NO_DRIFT, complete=True, environments=1, runs=1
    )
    facts = replace(known(ran(Probe(new=new), GOOD)), changes=Changes(changed=both))
    assert told(done, facts).evidence[0].mix == "old + a (conda)"


def test_a_release_is_said_with_what_stands_beside_it() -> None:
    probe = Probe(new=ids(["p0", "p1"]), release=(ChangeId("pypi/p0"), "1.5"))
    report = row(SearchVerdict.NO_DRIFT, ran(probe, GOOD))
    assert report.evidence[0].mix == "p0 at 1.5 with p1"


def test_added_and_removed_packages_are_suspects_too() -> None:
    changed = (change("a", old=None), change("b", new=None), change("c", "2", "1"))
    done = Conclusion(
        verdict=SearchVerdict.UNEXPLAINED, complete=False, environments=0, runs=0,
        suspects=tuple(each.id for each in changed),
    )  # fmt: skip
    report = told(done, replace(known(), changes=Changes(changed=changed)))
    assert [each.kind for each in report.suspects] == [
        ChangeKind.ADDED,
        ChangeKind.REMOVED,
        ChangeKind.DOWNGRADED,
    ]


def test_ways_lead_through_the_first_lock_that_knows_one() -> None:
    interpreter = replace(change("python"), layer=SearchLayer.INTERPRETER)
    changed = (change("a"), change("b"), change("c"), interpreter)
    a, b, top = ((Layer.PYPI, name) for name in ("a", "b", "top"))
    new = Ways({}, {}, parents={a: top, top: None})
    old = Ways({}, {}, parents={a: None, b: None})
    assert paths(Changes(changed=changed), new, old) == {
        "pypi/a": ("top", "a"),
        "pypi/b": ("b",),
    }


def test_where_a_search_stands_is_said_by_name() -> None:
    now = Progress(
        phase=Phase.NARROWING, suspects=(ChangeId("pypi/p1"),), culprits=(),
        environments=3, runs=4, at_most=5,
    )  # fmt: skip
    said = standing(now, known().changes)
    assert (said.phase, said.changed, said.suspects) == ("narrowing", 8, ("p1",))
    assert (said.environments, said.at_most) == (3, 5)

"""What the command takes and gives: revisions, limits, statuses, JSON, messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from support.why_locks import pins
from support.why_project import processes_of

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow

GUILTY = '2.0 if v["p05"] == "2.0" else 1.0'


@pytest.fixture
def asked(project: WhyProject) -> WhyProject:
    """Return a project whose work tree drifts from its revision `old`, by p05."""
    project.wants("p05")
    project.rule(GUILTY)
    project.lock(*pins(8))
    project.commit("old")
    project.lock(*pins(8, "2.0"))
    return project


def test_the_json_has_what_tools_may_rely_on(asked: WhyProject) -> None:
    found = asked.bisect("--good", "old").report

    assert list(found)[:6] == [
        "check",
        "verdict",
        "culprits",
        "environments",
        "unresolved",
        "seconds",
    ]
    assert found["check"] == "sum"
    assert found["verdict"] == "explained"
    (culprit,) = found["culprits"]
    assert list(culprit)[:4] == ["packages", "sufficient", "necessary", "difference"]
    (package,) = culprit["packages"]
    assert list(package)[:4] == ["name", "old", "new", "first_bad"]
    assert package | {"name": "p05", "old": "1.0", "new": "2.0"} == package
    assert package["first_bad"] == "2.0"
    assert culprit["difference"].startswith("result.json: value differs by 1")
    assert isinstance(found["environments"], int)
    assert found["unresolved"] == []
    assert found["seconds"] > 0
    assert (found["old"], found["new"], found["changed"]) == ("old", "the work tree", 8)
    assert {row["verdict"] for row in found["evidence"]} == {"good", "bad"}
    assert [row["mix"] for row in found["evidence"]][:2] == ["old lock", "new lock"]


def test_people_are_told_in_one_sentence(asked: WhyProject) -> None:
    said = asked.run("noxlock", "bisect", "sum", "--good", "old")
    told = asked.run("noxlock", "bisect", "sum", "--good", "old", "--markdown")

    assert said.status == 0, said.err
    first = said.out.splitlines()[0]
    assert first.startswith("sum drifts because p05 1.0 -> 2.0; first bad release 2.0")
    assert "Traceback" not in said.err
    assert told.status == 0
    assert "p05" in told.out


def test_two_revisions_are_bisected_whatever_the_work_tree_has(
    asked: WhyProject,
) -> None:
    asked.commit("new")
    asked.lock(*pins(8, "3.0"))

    both = asked.bisect("--good", "old", "--bad", "new")
    # 1.0 to 3.0: what drifts with 2.0 alone does not drift.
    tree = asked.bisect("--good", "old")

    assert both.status == 0, both.err
    assert both.blamed == [["p05"]]
    assert (both.report["old"], both.report["new"]) == ("old", "new")
    assert tree.report["verdict"] == "no-drift"


def test_a_revision_can_be_held_against_the_record(asked: WhyProject) -> None:
    asked.commit("new")
    asked.git("checkout", "--quiet", "old")
    asked.accept()
    asked.git("checkout", "--quiet", "new")

    against = asked.bisect("--bad", "new")

    assert against.status == 0, against.err
    assert against.blamed == [["p05"]]
    assert against.report["old"].startswith("the record of ")


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (("bisect", "sun", "--good", "old"), "unknown check `sun`; known: sum", "sum"),
        (("bisect", "sum", "--good", "nope"), "git knows no revision `nope`", ""),
        (("bisect", "sum", "--bad", "nope"), "there is no baseline in", "--good REV"),
        (
            ("bisect", "sum", "--good", "bare"),
            "bare has no such lock",
            "git revisions",
        ),
        (("bisect", "sum"), "there is no baseline in", "--good REVISION"),
        (("bisect", "sum", "--jobs", "0"), "'--jobs'", "equal to 1"),
        (("bisect",), "CHECK", ""),
        (
            ("bisect", "sum", "--good", "old", "--python", "3.6"),
            "the environment has no python `3.6`; it has: 3.",
            "",
        ),
    ],
)
def test_what_cannot_be_asked_ends_with_2(
    asked: WhyProject, arguments: tuple[str, ...], said: str, hint: str
) -> None:
    (asked.root / "poetry.lock").rename(asked.root / "kept")
    asked.commit("bare")
    (asked.root / "kept").rename(asked.root / "poetry.lock")

    ended = asked.run("noxlock", *arguments)

    assert ended.status == 2, ended.err
    assert ended.out == ""
    assert said in ended.err
    assert hint in ended.err
    assert "Traceback" not in ended.err
    assert asked.runs == []


def test_it_ends_after_so_many_runs_and_goes_on_from_there(asked: WhyProject) -> None:
    first = asked.bisect("--good", "old", "--max-runs", "4")

    assert first.status == 1
    found = first.report
    assert (found["verdict"], found["complete"], found["runs"]) == (
        "unexplained",
        False,
        4,
    )
    assert 0 < len(found["suspects"]) < 8
    assert "p05" in {each["name"] for each in found["suspects"]}
    assert len(asked.runs) == 4

    second = asked.bisect("--good", "old")

    assert second.status == 0
    assert second.blamed == [["p05"]]
    assert len(asked.runs) == second.report["runs"], "none was made twice"


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_it_ends_when_its_time_is_over(asked: WhyProject, jobs: str) -> None:
    mixed = 'if len({v[name] for name in v if name.startswith("p0")}) > 1:'
    asked.rule(GUILTY, mixed, "    time.sleep(90)")
    asked.commit("slow")
    started = time.monotonic()

    first = asked.bisect("--good", "old", "--timeout", "9", "--jobs", jobs)

    assert time.monotonic() - started < 45
    assert len(asked.runs) >= 4, "the ends, and a mix that was cut short"
    assert first.status == 1
    assert first.report["verdict"] == "unexplained"
    assert first.report["complete"] is False
    assert processes_of(asked.root) == []
    # What was cut short is no failure: it is run again.
    assert {each["kind"] for each in asked.kept} == {"same", "drifted"}


def test_several_jobs_find_the_same(asked: WhyProject) -> None:
    one = asked.bisect("--good", "old")
    asked.rule(GUILTY + " + 0")

    three = asked.bisect("--good", "old", "--jobs", "3")

    assert one.status == three.status == 0, three.err
    assert one.blamed == three.blamed == [["p05"]]
    assert three.report["environments"] >= one.report["environments"]


def test_nox_has_it_as_a_session(asked: WhyProject) -> None:
    ran = asked.run("nox", "-s", "why(sum)", "--", "--good", "old", "--json")
    listed = asked.run("nox", "-l")
    wrong = asked.run("nox", "-s", "why(sum)", "--", "--god", "old")
    same = asked.run("nox", "-s", "why(sum)", "--", "--good", "old", "--bad", "old")

    assert ran.status == 0, ran.err
    assert ran.blamed == [["p05"]], "stdout has nothing but JSON"
    assert "- why(sum)" in listed.out
    assert wrong.status != 0
    assert "--god" in wrong.err
    assert "--good REV" in wrong.err
    assert same.status == 1
    assert "Traceback" not in same.err + wrong.err


def test_offline_all_that_was_stored_is_enough(asked: WhyProject) -> None:
    assert asked.bisect("--good", "old").status == 0
    asked.rule(GUILTY, "pass")
    asked.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple/"

    again = asked.bisect("--good", "old", "--offline")
    assert again.status == 0, again.err
    assert again.blamed == [["p05"]]


def test_a_first_run_that_takes_too_long_is_cut_short_too(asked: WhyProject) -> None:
    asked.rule("1.0", "time.sleep(90)")
    started = time.monotonic()

    ended = asked.bisect("--good", "old", "--timeout", "3")

    assert time.monotonic() - started < 45
    assert ended.status == 1
    found = ended.report
    assert (found["verdict"], found["complete"]) == ("unexplained", False)
    assert found["runs"] == 0
    assert "checking the ends of 8 changes" in ended.err, "before the first run"
    assert asked.kept == []
    assert processes_of(asked.root) == []

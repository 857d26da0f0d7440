"""The first bad release: of releases that drift, come back, are gone or yanked."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING, Any

import pytest

from support.why_locks import Pin, pins

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow


def locks(project: WhyProject, *between: str, **more: str) -> None:
    """Commit an old lock, write a new one, and serve what lies between of p05.

    Each test has bytes of its own, so that no other one's store gives them.
    """
    mark = project.root.parent.name
    old, new = pins(8), pins(8, "2.0", **more)
    project.lock(*old)
    project.commit("old")
    project.lock(*new)
    released = [Pin(name="p05", version=each, extra=f"# {mark}") for each in between]
    project.serve(*released)


def package(found: dict[str, Any]) -> dict[str, Any]:
    """Return the one package that is to blame."""
    (culprit,) = found["culprits"]
    (only,) = culprit["packages"]
    assert only["name"] == "p05"
    assert isinstance(only, dict)
    return only


def test_the_first_bad_release_is_found_within_the_bound(project: WhyProject) -> None:
    project.rule('float(v["p05"] >= "1.07")')
    locks(project, *(f"1.0{number}" for number in range(1, 10)))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    # As PEP 440 has it, 1.07 is 1.7.
    assert (found["first_bad"], found["last_good"]) == ("1.7", "1.6")
    assert found["adjacent"]
    assert not found["returns"]
    assert found["pin"] == "p05<1.7"
    most = 2 + ceil(log2(8)) + 3 + ceil(log2(10))
    assert asked.report["environments"] <= most


def test_a_release_that_is_bad_in_the_middle_and_good_again(
    project: WhyProject,
) -> None:
    project.rule('float(v["p05"] in {"1.2", "1.3", "2.0"})')
    locks(project, "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    # One of the two places where it turns bad, each proven by two releases.
    assert (found["last_good"], found["first_bad"]) in {("1.1", "1.2"), ("1.6", "2.0")}
    ran = {run["p05"] for run in project.runs}
    assert {found["first_bad"], found["last_good"]} <= ran
    if {"1.2", "1.3"} & ran and found["first_bad"] == "2.0":
        assert found["bad_before"] in {"1.2", "1.3"}


@pytest.mark.parametrize("option", ["yanked", "lost"])
def test_releases_that_nobody_can_have_are_passed_by(
    project: WhyProject, option: str
) -> None:
    project.rule('float(v["p05"] >= "1.4")')
    locks(project, "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
    gone = tuple(f"p05-{each}-py3-none-any.whl" for each in ("1.3", "1.4"))
    if option == "yanked":
        project.index.options["yanked"] = gone
    else:
        project.index.options["lost"] = gone

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    assert (found["last_good"], found["first_bad"]) == ("1.2", "1.5")
    assert found["adjacent"] is (option == "yanked")
    ran = {run["p05"] for run in project.runs}
    assert not ran & {"1.3", "1.4"}


def test_releases_that_do_not_go_with_the_others_are_not_run(
    project: WhyProject,
) -> None:
    project.rule('float(v["p05"] >= "1.4")')
    project.lock(*pins(8))
    project.commit("old")
    kept = [each for each in pins(8, "2.0") if each.name != "p05"]
    project.lock(*kept, Pin(name="p05", version="2.0", needs=("p03>=2",)))
    bad = [Pin(name="p05", version=f"1.{n}", needs=("p03<1",)) for n in (3, 4)]
    good = [Pin(name="p05", version=f"1.{n}", needs=("p03",)) for n in (1, 2, 5, 6)]
    project.serve(*bad, *good)

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    assert (found["last_good"], found["first_bad"]) == ("1.2", "1.5")
    assert not {run["p05"] for run in project.runs} & {"1.3", "1.4"}


def test_both_of_a_pair_have_a_first_bad_release(project: WhyProject) -> None:
    project.rule('float(v["p05"] >= "1.3" and v["p02"] >= "1.6")')
    locks(project, "1.2", "1.3", "1.4")
    project.serve(*(Pin(name="p02", version=f"1.{n}") for n in (5, 6, 7)))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    (culprit,) = asked.report["culprits"]
    assert {each["name"]: each["first_bad"] for each in culprit["packages"]} == {
        "p02": "1.6",
        "p05": "1.3",
    }


def test_a_downgrade_has_a_first_bad_release_on_the_way_down(
    project: WhyProject,
) -> None:
    project.rule('float(v["p05"] <= "1.4")')
    project.lock(*pins(8, "1.0", p05="2.0"))
    project.commit("old")
    project.lock(*pins(8, "2.0", p05="1.0"))
    project.serve(*(Pin(name="p05", version=f"1.{n}") for n in range(1, 8)))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    assert (found["last_good"], found["first_bad"]) == ("1.5", "1.4")
    assert found["kind"] == "downgraded"
    assert found["pin"] == "p05>1.4"


def test_an_index_that_does_not_answer_leaves_the_culprit_as_it_is(
    project: WhyProject,
) -> None:
    project.rule('float(v["p05"] >= "1.4")')
    locks(project, "1.3", "1.4", "1.5")
    # All wheels are stored; the pages are gone.
    first = project.bisect("--good", "old", "--no-releases")
    assert first.status == 0, first.err
    assert package(first.report)["first_bad"] is None
    project.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple/"

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert package(asked.report)["first_bad"] is None
    assert "p05" in asked.err


def test_a_release_that_cannot_be_built_is_passed_by(project: WhyProject) -> None:
    project.rule('float(v["p05"] >= "1.4")')
    mark = "# built"
    rest = [each for each in pins(8) if each.name != "p05"]
    project.lock(*rest, Pin(name="p05", extra=mark, kind="sdist"))
    project.commit("old")
    project.lock(*pins(8, "2.0"))
    kinds = {"1.1": "sdist", "1.2": "broken", "1.3": "sdist", "1.4": "broken"}
    between = {**kinds, "1.5": "sdist", "1.6": "wheel"}
    project.serve(
        *(
            Pin(name="p05", version=version, extra=mark, kind=kind)
            for version, kind in between.items()
        )
    )

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = package(asked.report)
    assert (found["last_good"], found["first_bad"]) == ("1.3", "1.5")
    assert found["adjacent"] is False
    (untold,) = [e for e in asked.report["unresolved"] if "1.4" in e["mix"]]
    assert "no compiler here" in untold["reason"]

"""Which changes made a check drift: the real command, on locks made for the purpose."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING

import pytest

from support.interpreters import installed
from support.why_locks import Pin, pins

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow


def bound(changes: int, releases: int = 1) -> int:
    """Return how many environments one cause may take at most."""
    return 2 + ceil(log2(changes)) + 3 + ceil(log2(releases))


def test_one_cause_among_twenty_changes(project: WhyProject) -> None:
    project.wants("p13")
    project.rule('2.0 if v["p13"] >= "2.0" else 1.0')
    project.lock(*pins(20))
    project.commit("old")
    project.lock(*pins(20, "2.0"))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    found = asked.report
    assert (found["check"], found["verdict"]) == ("sum", "explained")
    (culprit,) = found["culprits"]
    (package,) = culprit["packages"]
    assert (package["name"], package["old"], package["new"]) == ("p13", "1.0", "2.0")
    assert package["path"] == ["p13"]
    assert (culprit["sufficient"], culprit["necessary"]) == (True, True)
    assert "result.json" in culprit["difference"]
    assert found["environments"] <= bound(20)
    assert found["unresolved"] == []
    assert len(project.runs) == found["runs"]


def test_what_another_package_needs_is_named_with_the_way_to_it(
    project: WhyProject,
) -> None:
    def locked(version: str) -> list[Pin]:
        ways = {"p00": ("p04",), "p04": ("p07",)}
        return [
            Pin(name=each.name, version=version, needs=ways.get(each.name, ()))
            for each in pins(10)
        ]

    project.wants("p00")
    project.rule('2.0 if v["p07"] == "2.0" else 1.0')
    project.lock(*locked("1.0"))
    project.accept()
    project.lock(*locked("2.0"))

    asked = project.bisect()

    assert asked.status == 0, asked.err
    (culprit,) = asked.report["culprits"]
    (package,) = culprit["packages"]
    assert package["path"] == ["p00", "p04", "p07"]
    said = project.run("noxlock", "bisect", "sum")
    assert said.status == 0
    assert "p07 1.0 -> 2.0 (needed by p00 through p04)" in said.out


@pytest.mark.parametrize(
    ("rule", "blamed"),
    [
        ('(v["p03"] == "2.0") + 10 * (v["p11"] == "2.0")', [["p03"], ["p11"]]),
        (
            '(v["p03"] == "2.0") + 10 * (v["p11"] == "2.0") + 7 * (v["p12"] == "2.0")',
            [["p03"], ["p11"], ["p12"]],
        ),
        ('1.0 if v["p03"] == v["p11"] == "2.0" else 0', [["p03", "p11"]]),
        (
            '1.0 if v["p03"] == v["p07"] == v["p11"] == "2.0" else 0',
            [["p03", "p07", "p11"]],
        ),
        (
            '(v["p01"] == "2.0") + 10 * (v["p03"] == v["p11"] == "2.0")',
            [["p01"], ["p03", "p11"]],
        ),
    ],
    ids=["two", "three", "pair", "triple", "one-and-a-pair"],
)
def test_several_causes_are_told_apart_from_what_must_come_together(
    project: WhyProject, rule: str, blamed: list[list[str]]
) -> None:
    project.rule(rule)
    project.lock(*pins(16))
    project.commit("old")
    project.lock(*pins(16, "2.0"))

    asked = project.bisect("--good", "old", "--no-releases")

    assert asked.status == 0, asked.err
    assert asked.blamed == blamed
    assert all(each["sufficient"] for each in asked.report["culprits"])
    assert all(each["necessary"] for each in asked.report["culprits"])


def cycle(version: str) -> list[Pin]:
    """Return packages of which three can only be upgraded together."""
    low = f">={version},<{int(version[0]) + 1}"
    needs = {"p02": "p05", "p05": "p06", "p06": "p02"}
    return [
        Pin(
            name=each.name,
            version=version,
            needs=(f"{needs[each.name]}{low}",) if each.name in needs else (),
        )
        for each in pins(9)
    ]


def test_packages_that_need_each_other_are_one_culprit(project: WhyProject) -> None:
    project.rule('2.0 if v["p06"] == "2.0" else 1.0')
    project.lock(*cycle("1.0"))
    project.commit("old")
    project.lock(*cycle("2.0"))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p02", "p05", "p06"]]
    for run in project.runs:
        assert len({run["p02"], run["p05"], run["p06"]}) == 1, "no mix breaks a need"


def test_what_the_culprit_needs_comes_along_and_is_not_blamed(
    project: WhyProject,
) -> None:
    def locked(version: str) -> list[Pin]:
        needs = (f"p05=={version}",)
        kept = [each for each in pins(9, version) if each.name != "p02"]
        return [*kept, Pin(name="p02", version=version, needs=needs)]

    project.rule('2.0 if v["p02"] == "2.0" else 1.0')
    project.lock(*locked("1.0"))
    project.commit("old")
    # The new one alone has a need, so that p05 may be upgraded without p02.
    project.lock(*(locked("2.0")))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert "p02" in [name for names in asked.blamed for name in names]


def test_needs_of_one_side_let_the_other_go_alone(project: WhyProject) -> None:
    project.rule('2.0 if v["p02"] == "2.0" else 1.0')
    project.lock(*pins(9))
    project.commit("old")
    kept = [each for each in pins(9, "2.0") if each.name != "p02"]
    project.lock(*kept, Pin(name="p02", version="2.0", needs=("p05>=2",)))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p02"]]
    (culprit,) = asked.report["culprits"]
    assert [each["name"] for each in culprit["along"]] == ["p05"]
    for run in project.runs:
        assert run["p02"] == "1.0" or run["p05"] == "2.0"


def test_a_wheel_that_was_rebuilt_under_the_same_version(project: WhyProject) -> None:
    project.rule("p03.SIZE", "import p03")
    start = [*pins(6)]
    start[3] = Pin(name="p03", extra="SIZE = 1")
    project.lock(*start)
    project.commit("old")
    assert project.bisect("--good", "old").report["verdict"] == "no-drift"
    after = pins(6, "2.0")
    after[3] = Pin(name="p03", extra="SIZE = 2")
    project.lock(*after)

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    (culprit,) = asked.report["culprits"]
    (package,) = culprit["packages"]
    assert (package["name"], package["kind"]) == ("p03", "rebuilt")
    assert package["detail"] == "other sha256"


@pytest.mark.parametrize("added", [True, False], ids=["added", "removed"])
def test_a_package_that_comes_or_goes(project: WhyProject, added: bool) -> None:  # noqa: FBT001 - a parameter
    project.rule('float("extra" in v)')
    more = [Pin(name="extra")]
    project.lock(*pins(6), *([] if added else more))
    project.commit("old")
    project.lock(*pins(6, "2.0"), *(more if added else []))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    (culprit,) = asked.report["culprits"]
    (package,) = culprit["packages"]
    ends = (None, "1.0") if added else ("1.0", None)
    assert (package["name"], package["old"], package["new"]) == ("extra", *ends)
    assert package["kind"] == ("added" if added else "removed")


@pytest.mark.interpreters
@pytest.mark.parametrize("guilty", ["python", "p04"])
def test_the_interpreter_is_a_change_as_any_other(
    project: WhyProject, guilty: str
) -> None:
    installed("3.12")
    project.check(python="3.11")
    project.rule('1.0 if v["python"] == "3.12" else 0.0')
    if guilty != "python":
        project.rule(f'1.0 if v["{guilty}"] == "2.0" else 0.0')
    project.lock(*pins(8))
    project.accept()
    project.lock(*pins(8, "2.0"))
    project.check(python="3.12")

    asked = project.bisect()

    assert asked.status == 0, asked.err
    assert asked.blamed == [[guilty]]
    assert {run["python"] for run in project.runs} == {"3.11", "3.12"}


@pytest.mark.interpreters
def test_wheels_of_one_interpreter_go_with_it(project: WhyProject) -> None:
    installed("3.12")
    project.check(python="3.11")
    project.rule('1.0 if v["python"] == "3.12" and v["p04"] == "2.0" else 0.0')
    native = {"3.11": "cp311-cp311-linux_x86_64", "3.12": "cp312-cp312-linux_x86_64"}

    def locked(version: str, tag: str) -> list[Pin]:
        found = pins(8, version)
        found[2] = Pin(name="p02", version=version, tag=tag)
        return found

    project.lock(*locked("1.0", native["3.11"]))
    project.accept()
    project.lock(*locked("2.0", native["3.12"]))
    project.check(python="3.12")

    asked = project.bisect("--no-releases")

    assert asked.status == 0, asked.err
    # p02 and the interpreter need each other: neither can be tested without.
    assert asked.blamed == [["p02", "p04", "python"]]
    for run in project.runs:
        assert (run["python"] == "3.12") == (run["p02"] == "2.0")

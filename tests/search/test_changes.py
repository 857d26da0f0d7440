"""Two plans differ in versions, in bytes, in what is there, and in the interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.plan import (
    LayersRequest,
    parse_platform,
    parse_target,
    plan,
    plan_layers,
    pypi_names,
)
from noxlock.search import ChangeId, Changes, Layer, Metadata, changes_between
from support.conda_locks import conda_lock, conda_package, conda_platform
from support.locks import digest, file, group_lock, package, wanted

if TYPE_CHECKING:
    from noxlock.model import CondaPackage, LockedPackage, Plan

MAIN = wanted(main=None)


def wheels(*packages: LockedPackage, python: str = "3.11.7") -> Plan:
    target = parse_target("linux-64", python=python)
    return plan(group_lock(packages), groups=("main",), target=target)


def layers(*conda: CondaPackage, wheel: LockedPackage | None = None) -> Plan:
    return plan_layers(
        conda_lock(conda_platform(*conda)),
        group_lock([wheel]) if wheel else None,
        LayersRequest(target=parse_platform("linux-64")),
    )


def pin(text: str) -> LockedPackage:
    return package(text, wanted_by=MAIN)


def between(old: Plan, new: Plan) -> Changes:
    return changes_between(
        old,
        new,
        metadata={("numpy", "2"): Metadata(requirements=("six>=1",))},
        pypi_names=pypi_names,
    )


def told(found: Changes) -> list[tuple[str, str | None, str | None]]:
    return [
        (
            each.id,
            each.old.version if each.old else None,
            each.new.version if each.new else None,
        )
        for each in found.changed
    ]


def test_what_came_went_and_moved_is_told() -> None:
    found = between(
        wheels(pin("numpy==1"), pin("six==1"), pin("idna==3")),
        wheels(pin("numpy==2"), pin("scipy==1"), pin("idna==3")),
    )

    assert told(found) == [
        ("pypi/numpy", "1", "2"),
        ("pypi/scipy", None, "1"),
        ("pypi/six", "1", None),
    ]
    assert [each.id for each in found.kept] == ["interpreter/python", "pypi/idna"]
    (numpy, *_) = found.changed
    assert numpy.new
    assert numpy.new.requirements == ("six>=1",)
    assert numpy.new.wheel == "numpy-2-py3-none-any.whl"


def test_other_bytes_of_the_same_version_are_a_change() -> None:
    rebuilt = file("numpy-1-py3-none-any.whl", sha256=digest("other"))
    found = between(
        wheels(pin("numpy==1")),
        wheels(package("numpy==1", wanted_by=MAIN, files=(rebuilt,))),
    )

    (numpy,) = found.changed
    assert numpy.rebuilt


def test_the_interpreter_is_one_change() -> None:
    found = between(wheels(python="3.11.7"), wheels(python="3.12.1"))

    assert told(found) == [("interpreter/python", "3.11.7", "3.12.1")]
    assert found.changed[0].layer is Layer.INTERPRETER


def test_the_interpreter_of_a_conda_lock_is_a_package_of_it() -> None:
    found = between(
        layers(conda_package("python=3.11.7")), layers(conda_package("python=3.12.1"))
    )

    assert told(found) == [("conda/python", "3.11.7", "3.12.1")]


def test_another_build_of_a_conda_package_is_a_change() -> None:
    python = conda_package("python=3.11.7")
    found = between(
        layers(python, conda_package("numpy=2=py311_0")),
        layers(python, conda_package("numpy=2=py311_1")),
    )

    assert told(found) == [("conda/numpy", "2", "2")]


def test_a_name_in_both_layers_is_two_changes() -> None:
    python = conda_package("python=3.11.7")
    found = between(
        layers(python, wheel=pin("numpy==1")),
        layers(python, conda_package("numpy=2=py311_0", "python")),
    )

    assert told(found) == [("conda/numpy", None, "2"), ("pypi/numpy", "1", None)]


def test_a_mix_holds_what_each_end_says() -> None:
    found = between(
        wheels(pin("numpy==1"), pin("six==1"), pin("idna==3")),
        wheels(pin("numpy==2"), pin("scipy==1"), pin("idna==3")),
    )
    mix = found.at({ChangeId("pypi/numpy"), ChangeId("pypi/six")})

    assert {each: mix[each].version for each in mix} == {
        "pypi/numpy": "2",
        "pypi/idna": "3",
        "interpreter/python": "3.11.7",
    }

"""What requirements forbid of mixes, in either direction, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from noxlock.search import (
    Candidate,
    Change,
    ChangeId,
    Changes,
    Compatibility,
    Layer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

OLD = {"python_version": "3.11", "sys_platform": "linux"}


def wheel(version: str, *requirements: str, **facts: Any) -> Candidate:  # noqa: ANN401 - fields of Candidate
    return Candidate(version=version, requirements=requirements, **facts)


def change(
    name: str,
    old: Candidate | None,
    new: Candidate | None,
    layer: Layer = Layer.PYPI,
) -> Change:
    provides = (name,) if layer is not Layer.INTERPRETER else ()
    ends = [each and replace(each, provides=provides) for each in (old, new)]
    return Change(name=name, layer=layer, old=ends[0], new=ends[1])


def rules(
    *changed: Change,
    kept: tuple[Change, ...] = (),
    extras: Mapping[str, Set[str]] | None = None,
    environments: tuple[Mapping[str, str], Mapping[str, str]] = (OLD, OLD),
) -> Compatibility:
    return Compatibility(
        Changes(changed=changed, kept=kept),
        environments=environments,
        extras=extras or {},
        satisfies=lambda spec, found: spec.partition(" ")[2] in ("", found.version),
    )


def implied(found: Compatibility) -> set[tuple[str, str]]:
    return {
        (each.change.partition("/")[2], each.needs.partition("/")[2])
        for each in found.implications()
    }


BUMP = change("b", wheel("1"), wheel("2"))


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        pytest.param([], ["b>=2"], {("a", "b")}, id="new needs new"),
        pytest.param(["b<2"], [], {("b", "a")}, id="old needs old"),
        pytest.param(["b==1"], ["b==2"], {("a", "b"), ("b", "a")}, id="both"),
        pytest.param(["b"], ["b>=1"], set(), id="either will do"),
        pytest.param([], ["b>=3"], set(), id="not met in its own lock"),
        pytest.param([], ["c>=3"], set(), id="no part of the lock"),
        pytest.param([], ["b>=2; sys_platform == 'win32'"], set(), id="marker"),
        pytest.param([], ["b>=2; extra == 'x'"], set(), id="extra not asked for"),
        pytest.param([], ["b @ https://x/b.whl"], set(), id="address"),
        pytest.param([], ["b >= two"], set(), id="malformed"),
        pytest.param([], ["B>=2.0.dev0"], {("a", "b")}, id="spelling"),
    ],
)
def test_requirements_imply(
    old: list[str], new: list[str], pairs: set[tuple[str, str]]
) -> None:
    asking = change("a", wheel("1", *old), wheel("2", *new))

    assert implied(rules(asking, BUMP)) == pairs


def test_what_is_added_comes_first_and_what_is_removed_goes_last() -> None:
    new = change("a", wheel("1", "gone"), wheel("2", "come"))
    found = rules(
        new, change("come", None, wheel("1")), change("gone", wheel("1"), None)
    )

    assert implied(found) == {("a", "come"), ("gone", "a")}


def test_extras_are_followed_from_what_the_project_asks_for() -> None:
    a = change("a", wheel("1"), wheel("2", "c[y]; extra == 'x'"))
    c = change("c", wheel("1"), wheel("1", "b>=2; extra == 'y'"))

    assert implied(rules(a, BUMP, c, extras={"a": {"x"}})) == {("c", "b")}
    assert implied(rules(a, BUMP, c)) == set()


def test_wheels_for_one_python_come_with_it() -> None:
    python = change("python", wheel("3.11.7"), wheel("3.12.1"), Layer.INTERPRETER)
    found = rules(
        python,
        change(
            "tied",
            wheel("1", wheel="tied-1-cp311-cp311-manylinux_2_17_x86_64.whl"),
            wheel("1", wheel="tied-1-cp312-cp312-manylinux_2_17_x86_64.whl"),
        ),
        change(
            "stable",
            wheel("1", wheel="stable-1-cp38-abi3-manylinux_2_17_x86_64.whl"),
            wheel("2", wheel="stable-2-cp312-abi3-manylinux_2_17_x86_64.whl"),
        ),
        change("pure", wheel("1", wheel="pure-1-py3-none-any.whl"), wheel("2")),
        change("says", wheel("1"), wheel("2", requires_python=">=3.12")),
        change("odd", wheel("1", wheel="odd.whl"), wheel("2", requires_python="?")),
    )

    assert implied(found) == {
        ("tied", "python"),
        ("python", "tied"),
        ("stable", "python"),
        ("says", "python"),
    }


def test_markers_are_those_of_each_end() -> None:
    text = "b>=2; python_version >= '3.12'"
    asking = change("a", wheel("1"), wheel("2", text))
    newer = {**OLD, "python_version": "3.12"}

    assert implied(rules(asking, BUMP, environments=(OLD, newer))) == {("a", "b")}
    assert implied(rules(asking, BUMP)) == set()


def test_match_specs_are_asked_of_who_knows_them() -> None:
    found = rules(
        change("a", wheel("1", "b 1"), wheel("2", "ch::b 2"), Layer.CONDA),
        change("b", wheel("1"), wheel("2"), Layer.CONDA),
    )

    assert implied(found) == {("a", "b"), ("b", "a")}


def test_a_wheel_may_need_a_conda_package_by_its_name_on_pypi() -> None:
    torch = Change(
        name="pytorch",
        layer=Layer.CONDA,
        old=Candidate(version="1", provides=("torch",)),
        new=Candidate(version="2", provides=("torch",)),
    )
    found = rules(change("a", wheel("1"), wheel("2", "torch>=2")), torch)

    assert implied(found) == {("a", "pytorch")}


def test_what_moves_to_another_layer_leaves_the_one_for_the_other() -> None:
    found = rules(
        change("numpy", wheel("1"), None),
        change("numpy", None, wheel("2"), Layer.CONDA),
        change("python", wheel("3.11"), None, Layer.INTERPRETER),
        change("python", None, wheel("3.11"), Layer.CONDA),
    )

    assert {(each.change, each.needs) for each in found.implications()} == {
        ("conda/numpy", "pypi/numpy"),
        ("pypi/numpy", "conda/numpy"),
        ("conda/python", "interpreter/python"),
        ("interpreter/python", "conda/python"),
    }


@pytest.mark.parametrize(
    ("release", "new", "fits"),
    [
        (wheel("1.5", "b>=2"), {"pypi/a", "pypi/b"}, True),
        (wheel("1.5", "b>=2"), {"pypi/a"}, False),
        (wheel("1.5", "missing"), {"pypi/a"}, False),
        (wheel("1.6"), {"pypi/a"}, False),
        (wheel("1.5", "override<1"), {"pypi/a"}, True),
    ],
    ids=["fits", "needs newer", "needs more", "held by another", "broken before"],
)
def test_a_release_fits_where_all_requirements_are_met(
    release: Candidate,
    new: set[str],
    fits: bool,  # noqa: FBT001 - what is expected
) -> None:
    over = change("override", wheel("1"), wheel("1"))
    held = wheel("1", "a!=1.6")
    keeper = change("keeper", held, held)
    a = change("a", wheel("1", "override<1"), wheel("2", "override<1"))
    found = rules(a, BUMP, kept=(over, keeper))

    asked = {ChangeId(each) for each in new}
    assert found.fits(ChangeId("pypi/a"), release, asked) is fits

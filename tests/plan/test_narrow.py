"""What of a lock counts on one target."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from noxlock.errors import PlanError
from noxlock.model import ExtraName
from noxlock.plan import parse_platform, parse_target
from noxlock.plan.narrow import narrow_conda, narrow_lock, python_that_fits
from support.conda_locks import conda_lock, conda_package, conda_platform
from support.locks import (
    edge,
    file,
    group_lock,
    marker_lock,
    package,
    walk_lock,
    wanted,
)

LINUX = parse_target("linux-64", python="3.11")
MAC = parse_target("osx-arm64", python="3.11")
ON_MAC = 'sys_platform == "darwin"'


def test_groups_whose_marker_does_not_hold_want_nothing() -> None:
    lock = group_lock(
        [
            package("a==1", wanted_by=wanted(main=None, test=ON_MAC)),
            package("b==1", wanted_by=wanted(main=ON_MAC)),
        ]
    )
    (a,) = narrow_lock(lock, LINUX).packages
    assert (a.name, list(a.wanted_by)) == ("a", ["main"])
    assert [each.name for each in narrow_lock(lock, MAC).packages] == ["a", "b"]


def test_the_file_and_the_edges_of_the_target_are_kept() -> None:
    wheels = [
        file("a-1-py3-none-manylinux_2_17_x86_64.whl"),
        file("a-1-py3-none-macosx_11_0_arm64.whl"),
        file("a-1.tar.gz"),
    ]
    edges = [edge("b"), edge(f"c; {ON_MAC}")]
    lock = marker_lock([package("a==1", *edges, files=tuple(wheels))])
    (a,) = narrow_lock(lock, LINUX).packages
    assert a.files == (wheels[0],)
    assert [each.name for each in a.dependencies] == ["b"]
    (a,) = narrow_lock(lock, parse_target("win-64", python="3.11")).packages
    assert a.files == (wheels[2],)
    alien = marker_lock([package("a==1", files=(wheels[1],))])
    assert narrow_lock(alien, LINUX).packages[0].files == (wheels[1],)


def test_markers_are_asked_with_every_group_and_the_extras() -> None:
    lock = marker_lock(
        [
            package("a==1", marker=Marker('"x" in extras')),
            package("b==1", marker=Marker('"test" in dependency_groups')),
            package("c==1", marker=Marker(ON_MAC)),
        ],
        extras=(ExtraName("x"),),
        groups=("main", "test"),
    )
    assert [each.name for each in narrow_lock(lock, LINUX).packages] == ["a", "b"]
    assert [each.name for each in narrow_lock(lock, LINUX, []).packages] == ["b"]


def test_a_lock_without_groups_is_walked() -> None:
    lock = walk_lock(
        [package("a==1", "b"), package("b==1"), package("c==1")],
        {"main": ["a"], "test": [f"c; {ON_MAC}"]},
    )
    assert {each.name for each in narrow_lock(lock, LINUX).packages} == {"a", "b"}
    assert {each.name for each in narrow_lock(lock, MAC).packages} == {"a", "b", "c"}


def test_one_platform_of_a_conda_lock_is_kept() -> None:
    lock = conda_lock(
        conda_platform(conda_package("a=1")), conda_platform(name="osx-arm64")
    )
    narrowed = narrow_conda(lock, parse_platform("linux-64-cuda"))
    assert [each.name for each in narrowed.platforms] == ["linux-64-cuda"]
    with pytest.raises(PlanError, match="the lock is not for win-64"):
        narrow_conda(lock, parse_platform("win-64"))


@pytest.mark.parametrize(
    ("wanted_python", "taken"),
    [(None, "3.11.7"), (">=3.11,<3.12", "3.11.7"), (">=3.13", "3.13."), ("<3", "3.11")],
)
def test_a_python_that_the_lock_is_for_is_found(
    wanted_python: str | None, taken: str
) -> None:
    lock = group_lock([], requires_python=wanted_python)
    assert python_that_fits(lock, "3.11.7").startswith(taken)

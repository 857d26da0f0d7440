"""Groups and extras decide which packages there are."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from noxlock.errors import PlanError
from noxlock.model import ByGroup, ExtraName, GroupName, Lock, Subdir, Target
from noxlock.plan import plan
from support.locks import MAIN, edge, group_lock, marker_lock, package, wanted

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7")
MAC = Target(subdir=Subdir.OSX_ARM64, python="3.11.7")
ON_LINUX, ON_MAC = "sys_platform == 'linux'", "sys_platform == 'darwin'"


def names(
    lock: Lock,
    *groups: str,
    extras: tuple[str, ...] = (),
    target: Target = LINUX,
) -> dict[str, tuple[str, ...]]:
    made = plan(lock, groups=groups or ("main",), extras=extras, target=target)
    return {str(each.name): each.groups for each in made.packages}


GROUPED = group_lock(
    [
        package("a==1", wanted_by=wanted(main=None, test=ON_LINUX)),
        package("b==1", wanted_by=wanted(test=None)),
        package("c==1", wanted_by=wanted(docs=None)),
        package("d==1", wanted_by=wanted(main='"x" in extras')),
        package("e==1", wanted_by=wanted(main=ON_MAC)),
        package("f==1", wanted_by=wanted(main='"x" not in extras and "y" in extras')),
    ],
    optional_groups=(GroupName("docs"),),
    extras=(ExtraName("x"), ExtraName("y")),
)


@pytest.mark.parametrize(
    ("groups", "extras", "expected"),
    [
        (("main",), (), {"a": ("main",)}),
        (("test",), (), {"a": ("test",), "b": ("test",)}),
        (("main", "test"), (), {"a": ("main", "test"), "b": ("test",)}),
        (("main",), ("x",), {"a": ("main",), "d": ("main",)}),
        (("main",), ("y",), {"a": ("main",), "f": ("main",)}),
        (("main",), ("Y", "x"), {"a": ("main",), "d": ("main",)}),
        (("docs",), ("x",), {"c": ("docs",)}),
        (
            ("all",),
            (),
            {"a": ("main", "test"), "b": ("test",), "c": ("docs",)},
        ),
        (("TEST", "test"), (), {"a": ("test",), "b": ("test",)}),
    ],
)
def test_each_package_says_which_groups_want_it(
    groups: tuple[str, ...],
    extras: tuple[str, ...],
    expected: dict[str, tuple[str, ...]],
) -> None:
    assert names(GROUPED, *groups, extras=extras) == expected


def test_markers_are_those_of_the_target() -> None:
    assert names(GROUPED, target=MAC) == {"a": ("main",), "e": ("main",)}


def test_an_unknown_group_lists_the_known_ones_with_the_nearest() -> None:
    with pytest.raises(PlanError) as raised:
        plan(GROUPED, groups=("main", "tests"), target=LINUX)

    assert str(raised.value) == (
        "poetry.lock: unknown group `tests`: known groups are main, docs, test"
    )
    assert raised.value.hint == "did you mean `test`?"


def test_an_unknown_extra_lists_the_known_ones() -> None:
    with pytest.raises(PlanError, match="unknown extra `gpu`: known extras are x, y"):
        plan(GROUPED, groups=("main",), extras=("gpu",), target=LINUX)
    with pytest.raises(PlanError, match="unknown extra `gpu`: it has no extras"):
        plan(group_lock([]), groups=("main",), extras=("gpu",), target=LINUX)


def test_no_group_at_all_is_refused() -> None:
    with pytest.raises(PlanError, match="no group is asked for") as raised:
        plan(GROUPED, groups=(), target=LINUX)

    assert raised.value.hint == "known groups are main, docs, test"


SPLIT = group_lock(
    [
        package("torch==2.0", wanted_by=wanted(main=ON_MAC), where="package[0]"),
        package(
            "torch==2.0+cpu",
            wanted_by=wanted(main=ON_LINUX, gpu=None),
            where="package[1]",
        ),
        package("torch==1.0", wanted_by=wanted(old=None), where="package[2]"),
    ]
)


def test_versions_split_by_markers_do_not_meet() -> None:
    made = [
        plan(SPLIT, groups=("main",), target=target).packages[0].version
        for target in (LINUX, MAC)
    ]

    assert made == ["2.0+cpu", "2.0"]


def test_two_versions_at_once_are_refused_with_both() -> None:
    with pytest.raises(PlanError) as raised:
        plan(SPLIT, groups=("main", "old"), target=LINUX)

    assert str(raised.value) == (
        "poetry.lock: package[2]: two entries for `torch` apply at once on linux-64"
        " with python 3.11.7: 2.0+cpu (for main at package[1]) and 1.0 (for old at"
        " package[2])"
    )
    assert raised.value.hint == "ask for fewer groups or extras, or lock again"


def test_a_python_that_the_lock_is_not_for_is_refused() -> None:
    lock = group_lock([], requires_python=">=3.12,<4")

    with pytest.raises(PlanError) as raised:
        plan(lock, groups=("main",), target=LINUX)

    assert raised.value.what == "the lock is for python >=3.12,<4, not for 3.11.7"
    assert raised.value.hint == (
        "take a python that it allows, or lock again for this one"
    )


def test_a_python_before_its_release_is_taken_as_the_release() -> None:
    lock = group_lock([], requires_python=">=3.14")
    target = Target(subdir=Subdir.LINUX_64, python="3.14.0rc1")

    assert plan(lock, groups=("main",), target=target).packages == ()


def test_a_direct_dependency_without_a_pin_on_the_target_is_told() -> None:
    """Contradictory markers of real locks: the plan stands, but someone must know."""
    lock = group_lock(
        [
            package("a==1", wanted_by=wanted(main=None)),
            package("b==1", wanted_by=wanted(main="os_name == 'x'")),
        ],
        selection=ByGroup(
            roots={
                MAIN: (
                    edge("a"),
                    edge("b >=1"),
                    edge("b <1"),
                    edge(f"c; {ON_MAC}"),
                    edge("d", optional=True),
                ),
                GroupName("dev"): (edge("e"),),
            }
        ),
    )

    made = plan(lock, groups=("main",), target=LINUX)

    assert [each.name for each in made.packages] == ["a"]
    (warning,) = made.warnings
    assert warning == (
        "group `main` asks for `b`, but no pin of it applies on linux-64 with python"
        " 3.11.7"
    )


def test_a_marker_that_cannot_be_evaluated_names_its_package() -> None:
    lock = group_lock(
        [package("a==1", wanted_by=wanted(main="os_name ~= 'x'"), where="package[7]")]
    )

    with pytest.raises(PlanError) as raised:
        plan(lock, groups=("main",), target=LINUX)

    assert raised.value.where == "poetry.lock: package[7]"
    assert raised.value.what.startswith('marker `os_name ~= "x"` cannot be evaluated: ')


MARKED = marker_lock(
    [
        package("a==1"),
        package("b==1", marker=Marker("'test' in dependency_groups")),
        package("c==1", marker=Marker("'default' in dependency_groups")),
        package("d==1", marker=Marker("'x' in extras")),
        package("e==1", marker=Marker(ON_MAC)),
        package(
            "f==1",
            marker=Marker(
                "'test' in dependency_groups and 'default' in dependency_groups"
            ),
        ),
    ],
    "default",
    groups=(MAIN, GroupName("test")),
    extras=(ExtraName("x"),),
)


@pytest.mark.parametrize(
    ("groups", "extras", "expected"),
    [
        (("main",), (), {"a": ("main",), "c": ("main",)}),
        (("test",), (), {"a": ("test",), "b": ("test",)}),
        (
            ("main", "test"),
            ("x",),
            {
                "a": ("main", "test"),
                "b": ("test",),
                "c": ("main",),
                "d": ("main", "test"),
                "f": ("main", "test"),
            },
        ),
    ],
)
def test_a_marker_may_ask_for_groups_and_extras(
    groups: tuple[str, ...],
    extras: tuple[str, ...],
    expected: dict[str, tuple[str, ...]],
) -> None:
    assert names(MARKED, *groups, extras=extras) == expected


def test_a_package_for_another_python_is_an_error() -> None:
    lock = marker_lock([package("a==1", requires_python=">=3.12")])

    with pytest.raises(PlanError) as raised:
        plan(lock, groups=("main",), target=LINUX)

    assert str(raised.value) == (
        "pylock.toml: package[a]: `a 1` is for python >=3.12, not for 3.11.7"
    )


def test_environments_say_where_a_lock_holds() -> None:
    lock = marker_lock([package("a==1")], environments=(Marker(ON_MAC),))

    assert names(lock, target=MAC) == {"a": ("main",)}
    with pytest.raises(PlanError) as raised:
        plan(lock, groups=("main",), target=LINUX)

    assert raised.value.what == (
        "the lock is not for linux-64 with python 3.11.7: it holds where"
        ' `sys_platform == "darwin"`'
    )

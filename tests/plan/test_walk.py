"""Locks without groups are walked from the project, as Poetry solves them again."""

from __future__ import annotations

import pytest

from noxlock.errors import PlanError
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    ExtraName,
    IndexSource,
    Lock,
    Plan,
    Subdir,
    Target,
    VcsSource,
)
from noxlock.plan import plan
from support.locks import digest, edge, package, walk_lock

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7")
MAC = Target(subdir=Subdir.OSX_ARM64, python="3.11.7")


def made(
    lock: Lock, *groups: str, extras: tuple[str, ...] = (), target: Target = LINUX
) -> Plan:
    return plan(lock, groups=groups or ("main",), extras=extras, target=target)


def pins(
    lock: Lock, *groups: str, extras: tuple[str, ...] = (), target: Target = LINUX
) -> list[str]:
    packages = made(lock, *groups, extras=extras, target=target).packages
    return [f"{each.name}=={each.version}" for each in packages]


def refused(lock: Lock, *groups: str) -> str:
    with pytest.raises(PlanError) as raised:
        made(lock, *groups)
    return raised.value.what


def test_what_a_group_reaches_is_in_it() -> None:
    lock = walk_lock(
        [
            package("a==1", "b"),
            package("b==1", "c; sys_platform == 'darwin'", "a"),
            package("c==1"),
            package("t==1", "b"),
            package("z==1"),
        ],
        {"main": ["a"], "test": ["t"]},
    )

    assert pins(lock) == ["a==1", "b==1"]
    assert pins(lock, target=MAC) == ["a==1", "b==1", "c==1"]
    assert pins(lock, "test") == ["a==1", "b==1", "t==1"]
    groups = {each.name: each.groups for each in made(lock, "main", "test").packages}
    assert groups == {"a": ("main", "test"), "b": ("main", "test"), "t": ("test",)}


def test_roots_have_markers_too() -> None:
    lock = walk_lock(
        [package("a==1"), package("b==1")],
        {"main": ["a; os_name == 'nt'", "b; os_name != 'nt'"]},
    )

    assert pins(lock) == ["b==1"]


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ((), ["a==1"]),
        (("x",), ["a==1", "b==1", "c==1"]),
        (("y",), ["a==1", "d==1"]),
    ],
)
def test_extras_of_the_project_bring_in_optional_packages(
    extras: tuple[str, ...], expected: list[str]
) -> None:
    lock = walk_lock(
        [package("a==1"), package("b==1", "c"), package("c==1"), package("d==1")],
        {
            "main": [
                "a",
                edge("b", optional=True),
                edge('d; "y" in extras', optional=True),
            ]
        },
        {"x": ["b"], "y": ["d", "a"]},
    )

    assert pins(lock, extras=extras) == expected


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("a", []),
        ("a[x]", ["b==1"]),
        ("a[y]", ["c==1"]),
        ("a[all]", ["b==1", "c==1"]),
        ("a[none]", []),
    ],
)
def test_extras_of_a_package_bring_in_what_they_add(
    root: str, expected: list[str]
) -> None:
    lock = walk_lock(
        [
            package(
                "a==1",
                edge("b", optional=True),
                edge('c; "y" in extras', optional=True),
                extras={
                    ExtraName("x"): (edge("b"),),
                    ExtraName("y"): (edge("c"),),
                    ExtraName("all"): (edge("a[x,y,all]"),),
                },
            ),
            package("b==1"),
            package("c==1"),
        ],
        {"main": [root]},
    )

    assert pins(lock) == ["a==1", *expected]


def test_extras_asked_for_on_two_ways_add_up() -> None:
    lock = walk_lock(
        [
            package(
                "a==1",
                edge("b", optional=True),
                extras={ExtraName("x"): (edge("b"),)},
            ),
            package("b==1"),
            package("c==1", "a[x]"),
        ],
        {"main": ["a"], "dev": ["c"]},
    )

    assert pins(lock) == ["a==1"]
    assert pins(lock, "main", "dev") == ["a==1", "b==1", "c==1"]


def test_of_several_versions_the_newest_that_all_edges_allow_is_taken() -> None:
    versions = [package("n==1.9"), package("n==1.10"), package("n==2.0")]
    lock = walk_lock(
        [*versions, package("a==1", "n <2"), package("b==1", "n")],
        {"main": ["a", "b"], "dev": ["b"], "old": ["n ^1.0,<1.10"]},
    )

    assert "n==1.10" in pins(lock)
    assert "n==2.0" in pins(lock, "dev")
    assert "n==1.9" in pins(lock, "main", "old")


def test_what_an_extra_asks_for_has_a_say_even_where_it_is_not_asked_for() -> None:
    """As Poetry solves it: an extra never changes the version of what is there."""
    lock = walk_lock(
        [package("n==1"), package("n==2"), package("a==1", "n <2")],
        {"main": ["n", edge("a", optional=True)]},
        {"x": ["a"]},
    )

    assert pins(lock) == ["n==1"]


def test_a_choice_that_fails_further_on_is_taken_back() -> None:
    lock = walk_lock(
        [
            package("a==1", "b <2"),
            package("a==2", "b <2", "c >=2"),
            package("b==1"),
            package("b==2"),
            package("c==1"),
        ],
        {"main": ["a", "b", "c"]},
    )

    assert pins(lock) == ["a==1", "b==1", "c==1"]


def test_versions_for_other_pythons_are_no_choice() -> None:
    lock = walk_lock(
        [
            package("n==1", requires_python=">=3.8"),
            package("n==2", requires_python=">=3.12"),
        ],
        {"main": ["n"]},
    )

    assert pins(lock) == ["n==1"]


HTTP2 = ExtraName("http2")
CPU = IndexSource(index="https://example.org/cpu", name="cpu")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("cpu", "2.0+cpu"),
        ("https://example.org/cpu", "2.0+cpu"),
        ("PyPI", "2.0"),
        ("git+https://example.org/torch.git@main#egg=torch", "1.9"),
        ("../torch/", "1.8"),
        ("https://example.org/torch-1.7-py3-none-any.whl", "1.7"),
        ("dist/torch-1.6.tar.gz", "1.6"),
        ("elsewhere", "2.0+cpu"),
    ],
)
def test_an_edge_may_say_where_its_package_comes_from(
    origin: str, expected: str
) -> None:
    git = VcsSource(vcs="git", url="https://example.org/torch", commit="0" * 40)
    lock = walk_lock(
        [
            package("torch==2.0"),
            package("torch==2.0+cpu", source=CPU),
            package("torch==1.9", source=git, files=()),
            package("torch==1.8", source=DirectorySource(path="../torch"), files=()),
            package(
                "torch==1.7",
                source=ArchiveSource(
                    url="https://example.org/torch-1.7-py3-none-any.whl",
                    sha256=digest("1.7"),
                ),
            ),
            package(
                "torch==1.6",
                source=ArchiveSource(
                    path="dist/torch-1.6.tar.gz", sha256=digest("1.6")
                ),
            ),
        ],
        {"main": [edge("torch", origin=origin)]},
    )

    assert pins(lock) == [f"torch=={expected}"]


def test_a_folder_without_a_version_satisfies_every_constraint() -> None:
    lib = package("lib==", source=DirectorySource(path="lib"), files=(), version=None)
    lock = walk_lock([lib], {"main": ["lib >=3"]})

    assert made(lock).packages[0].version is None


def test_what_poetry_thought_to_be_there_anyway_may_be_left_out() -> None:
    lock = walk_lock(
        [package("a==1", "setuptools"), package("b==1", "setuptools >=60")],
        {"main": ["a", "b", "wheel"]},
    )

    plan_made = made(lock)

    assert [each.name for each in plan_made.packages] == ["a", "b"]
    assert plan_made.warnings == (
        "the lock leaves out `setuptools`, which is needed by a 1, b 1",
        "the lock leaves out `wheel`, which is needed by group `main`",
    )


def test_anything_else_that_is_not_locked_is_an_error() -> None:
    lock = walk_lock([package("a==1", "b >=2")], {"main": ["a"]})

    assert refused(lock) == "`b` is needed but not locked: a 1 needs >=2"


def test_a_version_that_an_edge_does_not_allow_is_an_error_with_both() -> None:
    lock = walk_lock([package("a==1", "b >=2"), package("b==1")], {"main": ["a", "b"]})

    assert refused(lock) == (
        "no locked version of `b` (1) fits linux-64 with python 3.11.7: a 1 needs >=2;"
        " group `main` needs *"
    )


def test_versions_that_never_go_together_are_an_error() -> None:
    lock = walk_lock(
        [
            package("a==1", "n <2"),
            package("b==1", "n >=2"),
            package("n==1"),
            package("n==2"),
        ],
        {"main": ["a", "b"]},
    )

    assert refused(lock) == (
        "no locked version of `n` (2, 1) fits linux-64 with python 3.11.7: a 1 needs"
        " <2; b 1 needs >=2"
    )


def test_choices_that_all_fail_further_on_are_an_error() -> None:
    lock = walk_lock(
        [
            package("a==1", "c >=3"),
            package("a==2", "c >=2"),
            package("c==1"),
        ],
        {"main": ["a"]},
    )

    assert refused(lock) == (
        "no locked version of `c` (1) fits linux-64 with python 3.11.7: a 2 needs >=2"
    )


def test_a_search_that_grows_too_large_is_given_up() -> None:
    letters = "abcdefgh"
    choices = [
        package(f"{x}=={v}", f"z !={number}")
        for number, x in enumerate(letters)
        for v in (1, 2, 3, 4)
    ]
    last = [package(f"z=={number}") for number in range(len(letters))]
    lock = walk_lock([*choices, *last], {"main": [*letters, "z"]})

    assert refused(lock) == "its versions go together in too many ways to try"


def test_choices_that_have_nothing_to_do_with_a_conflict_are_left_alone() -> None:
    letters = "abcdefgh"
    choices = [
        package(f"{x}=={v}", f"after-{x}") for x in letters for v in (1, 2, 3, 4)
    ]
    after = [package(f"after-{x}==1", "z") for x in letters[:-1]]
    lock = walk_lock(
        [*choices, *after, package("after-h==1", "z >=2"), package("z==1")],
        {"main": list(letters)},
    )

    assert refused(lock).startswith("no locked version of `z` (1) fits linux-64")


def test_an_extra_brings_in_what_any_edge_asks_of_its_packages() -> None:
    """As Poetry has it: it goes by name from what an extra lists."""
    lock = walk_lock(
        [
            package("h==1", edge("h2", optional=True), extras={HTTP2: (edge("h2"),)}),
            package("h2==1"),
            package("a==1", "h"),
            package("b==1", "h[http2]"),
        ],
        {"main": ["h", edge("a", optional=True), edge("b", optional=True)]},
        {"x": ["a"], "y": ["b"]},
    )

    assert pins(lock) == ["h==1"]
    assert pins(lock, extras=("x",)) == ["a==1", "h==1", "h2==1"]


def test_a_malformed_constraint_names_who_has_it() -> None:
    lock = walk_lock([package("a==1")], {"main": ["a =>1"]})

    assert refused(lock).startswith("group `main` needs `a`: not a version constraint")

"""What holds for every lock and every target, whatever is in it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

from noxlock.model import (
    ByGroup,
    ByMarker,
    GroupName,
    Kind,
    Lock,
    LockedPackage,
    Subdir,
    Target,
)
from noxlock.plan import marker_environment, plan, plan_key, tags
from noxlock.plan.wheels import choose
from support.locks import digest, edge, file, package, walk_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import DrawFn

pytestmark = pytest.mark.slow

# How long an example takes says how busy the machine is.
steady = settings(deadline=None)

NAMES = "abcdefgh"
GROUPS = ("main", "test", "docs")
MARKERS = (
    None,
    "sys_platform == 'linux'",
    "sys_platform != 'win32' and python_version < '3.12'",
    "platform_machine == 'arm64' or os_name == 'nt'",
)
TARGETS = st.builds(
    Target,
    subdir=st.sampled_from(Subdir),
    python=st.sampled_from(["3.8.20", "3.11.7", "3.14.2"]),
)

_Edges = list[tuple[str, str | None]]


@st.composite
def graphs(draw: DrawFn) -> tuple[dict[str, _Edges], dict[str, _Edges]]:
    """Return the edges of each package and of each group, with their markers."""
    edges = st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(MARKERS)), max_size=4
    )
    return (
        {name: draw(edges) for name in NAMES},
        {group: draw(edges) for group in GROUPS},
    )


def texts(edges: _Edges) -> list[str]:
    return [f"{name}; {marker}" if marker else name for name, marker in edges]


def reached(
    nodes: Mapping[str, _Edges], roots: _Edges, environment: Mapping[str, str]
) -> set[str]:
    """Return what the plainest of walks reaches."""
    found: set[str] = set()
    agenda = list(roots)
    while agenda:
        name, marker = agenda.pop()
        if name in found or (marker and not Marker(marker).evaluate(environment)):
            continue
        found.add(name)
        agenda += nodes[name]
    return found


def walked(nodes: Mapping[str, _Edges], roots: Mapping[str, _Edges]) -> Lock:
    packages = [package(f"{name}==1", *texts(nodes[name])) for name in nodes]
    return walk_lock(packages, {group: texts(roots[group]) for group in roots})


@steady
@given(
    graph=graphs(),
    target=TARGETS,
    groups=st.sets(st.sampled_from(GROUPS), min_size=1),
)
def test_a_walk_finds_what_a_lock_with_groups_says(
    graph: tuple[dict[str, _Edges], dict[str, _Edges]],
    target: Target,
    groups: set[str],
) -> None:
    nodes, roots = graph
    environment = marker_environment(target)
    wanting = {group: reached(nodes, roots[group], environment) for group in GROUPS}
    grouped = replace(
        walked(nodes, roots),
        selection=ByGroup(),
        packages=tuple(
            package(
                f"{name}==1",
                wanted_by={GroupName(g): None for g in GROUPS if name in wanting[g]},
            )
            for name in nodes
        ),
    )

    made = plan(walked(nodes, roots), groups=sorted(groups), target=target)
    expected = plan(grouped, groups=sorted(groups), target=target)

    assert made == expected


@st.composite
def locks(draw: DrawFn) -> Lock:
    """Return a lock of any kind, with packages split by markers."""
    nodes, roots = draw(graphs())
    lock = walked(nodes, roots)
    kind = draw(st.sampled_from(["walk", "group", "marker"]))
    if kind == "walk":
        return lock
    wanted = st.dictionaries(
        st.sampled_from([GroupName(group) for group in GROUPS]),
        st.sampled_from([Marker(text) if text else None for text in MARKERS]),
    )
    packages = tuple(
        replace(each, wanted_by=draw(wanted))
        if kind == "group"
        else replace(each, marker=Marker(text) if text else None)
        for each in lock.packages
        for text in [draw(st.sampled_from(MARKERS))]
    )
    selection = ByGroup() if kind == "group" else ByMarker()
    return replace(lock, packages=packages, selection=selection)


@steady
@given(lock=locks(), target=TARGETS, seed=st.integers(0, 99))
def test_the_order_of_packages_changes_nothing(
    lock: Lock, target: Target, seed: int
) -> None:
    shuffled = list(lock.packages)
    Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    other = replace(lock, packages=tuple(shuffled))

    made = plan(lock, groups=("all",), target=target)
    assert plan(other, groups=("all",), target=target) == made


@steady
@given(lock=locks(), target=TARGETS)
def test_a_plan_is_sorted_pinned_by_the_lock_and_a_group_each(
    lock: Lock, target: Target
) -> None:
    made = plan(lock, groups=("all",), target=target)

    names = [each.name for each in made.packages]
    assert names == sorted(set(names))
    locked = {f.filename: f.sha256 for p in lock.packages for f in p.files}
    for each in made.packages:
        assert each.sha256 == locked[each.artifact or ""]
        assert each.groups
        assert each.groups == tuple(sorted(each.groups))


@steady
@given(lock=locks(), target=TARGETS)
def test_fewer_groups_never_want_more(lock: Lock, target: Target) -> None:
    whole = plan(lock, groups=("all",), target=target)
    for group in GROUPS:
        part = plan(lock, groups=(group,), target=target)
        wanted = {each.name for each in whole.packages if group in each.groups}
        assert {each.name for each in part.packages} == wanted


@steady
@given(lock=locks(), target=TARGETS, data=st.data())
def test_other_bytes_of_any_package_are_another_key(
    lock: Lock, target: Target, data: st.DataObject
) -> None:
    made = plan(lock, groups=("all",), target=target)
    assert made.key == plan_key(target, made.packages[::-1])
    if not made.packages:
        return
    changed = data.draw(st.sampled_from(made.packages))
    packages: Sequence[LockedPackage] = [
        replace(each, files=(replace(each.files[0], sha256=digest("other")),))
        if each.name == changed.name
        else each
        for each in lock.packages
    ]

    other = plan(
        replace(lock, packages=tuple(packages)), groups=("all",), target=target
    )

    assert other.key != made.key


PLATFORMS = (
    "any",
    "linux_x86_64",
    "manylinux1_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_50_x86_64",
    "manylinux2014_aarch64",
    "macosx_10_9_x86_64",
    "macosx_11_0_arm64",
    "macosx_13_0_universal2",
    "win_amd64",
)
WHEELS = st.builds(
    "a-1-{}{}-{}.whl".format,
    st.sampled_from(["", "1-", "2-", "10-"]),
    st.sampled_from(["py3-none", "cp311-cp311", "cp38-abi3", "cp38-cp38", "py2-none"]),
    st.sampled_from(PLATFORMS),
)


@steady
@given(names=st.lists(WHEELS, unique=True, max_size=8), target=TARGETS)
def test_no_other_wheel_is_better_than_the_one_that_is_chosen(
    names: list[str], target: Target
) -> None:
    order = {tag: place for place, tag in enumerate(tags(target))}

    def rank(name: str) -> tuple[int, int]:
        _, _, build, found = parse_wheel_filename(name)
        places = [order.get(tag, len(order)) for tag in found]
        return min(places), -(build[0] if build else -1)

    chosen = choose([file(name) for name in names], target, only_binary=False)

    best = min((rank(name) for name in names), default=(len(order), 0))
    if best[0] == len(order):
        assert chosen is None
    else:
        assert chosen is not None
        assert rank(chosen[0].filename) == best
        assert chosen[1] is Kind.WHEEL


VERSIONS = st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True)


@steady
@given(
    versions=st.fixed_dictionaries(dict.fromkeys("ab", VERSIONS)),
    bounds=st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from([">=", "<="]), st.integers(1, 5)
        ),
        max_size=4,
    ),
)
def test_the_newest_versions_that_all_bounds_allow_are_taken(
    versions: dict[str, list[int]], bounds: list[tuple[str, str, int]]
) -> None:
    packages = [package(f"{n}=={v}") for n, found in versions.items() for v in found]
    roots = [edge(f"{n} {op}{v}") for n, op, v in bounds]
    allowed = {
        name: [
            v
            for v in found
            if all(
                v >= bound if op == ">=" else v <= bound
                for n, op, bound in bounds
                if n == name
            )
        ]
        for name, found in versions.items()
    }
    asked = {name for name, _, _ in bounds}
    lock = walk_lock(packages, {"main": roots})
    target = Target(subdir=Subdir.LINUX_64, python="3.11.7")

    if all(allowed[name] for name in asked):
        made = plan(lock, groups=("main",), target=target)
        assert {str(each.name): each.version for each in made.packages} == {
            name: str(max(allowed[name])) for name in asked
        }

"""What changed between two locks, of whatever formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from packaging.markers import Marker

from noxlock.locks.difference import difference, differs_in_words_only
from noxlock.model import (
    ArchiveSource,
    ByGroup,
    ChangeKind,
    GroupName,
    IndexSource,
    Layer,
    LockDifference,
    VcsSource,
)
from support.conda_locks import conda_lock, conda_package, conda_platform
from support.locks import (
    MAIN,
    digest,
    edge,
    file,
    group_lock,
    marker_lock,
    package,
    walk_lock,
    wanted,
)

if TYPE_CHECKING:
    from noxlock.model import CondaLock, Lock, LockChange, LockedPackage

UP, DOWN, ADDED, REMOVED, REBUILT, CHANGED = ChangeKind
GIT = VcsSource(vcs="git", url="https://example.org/x.git", commit="c" * 40)
SPAM = package("spam==1.0", wanted_by=wanted(main=None))
SDIST = (file("spam-1.0.tar.gz"),)


def only(before: Lock | CondaLock | None, after: Lock | CondaLock | None) -> LockChange:
    """Return the one change there is."""
    (change,) = difference(before, after).changes
    return change


def spam(version: str = "1.0", /, **facts: object) -> LockedPackage:
    return replace(package(f"spam=={version}", wanted_by=wanted(main=None)), **facts)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        pytest.param((), ("1.0",), ADDED, id="added"),
        pytest.param(("1.0",), (), REMOVED, id="removed"),
        pytest.param(("1.9",), ("1.10",), UP, id="newer, not as text"),
        pytest.param(("1.0",), ("1.0rc1",), DOWN, id="pre-release"),
        pytest.param(("1.0",), ("1.0", "2.0"), UP, id="one more, newer"),
        pytest.param(("2.0",), ("1.0", "2.0"), DOWN, id="one more, older"),
        pytest.param(("1.0", "2.0"), ("2.0",), UP, id="one less, the older"),
        pytest.param(("1.0", "2.0"), ("1.0",), DOWN, id="one less, the newer"),
        pytest.param(("1.0", "3.0"), ("2.0", "3.0"), UP, id="the older of two"),
    ],
)
def test_versions_tell_the_kind(
    before: tuple[str, ...], after: tuple[str, ...], kind: ChangeKind
) -> None:
    old, new = (group_lock(map(spam, versions)) for versions in (before, after))
    change = only(old, new)
    assert change.kind is kind
    assert (change.old.versions if change.old else ()) == before
    assert (change.new.versions if change.new else ()) == after


@pytest.mark.parametrize(
    ("facts", "kind", "detail"),
    [
        pytest.param(
            {"files": (*SPAM.files, *SDIST)}, REBUILT, "files: 1 added", id="added"
        ),
        pytest.param(
            {"files": (file("spam-1.0-cp311-none-any.whl"),)},
            REBUILT,
            "files: 1 added, 1 removed",
            id="others",
        ),
        pytest.param(
            {"files": (replace(SPAM.files[0], sha256=digest("other")),)},
            REBUILT,
            "files: 1 replaced under the same name",
            id="replaced",
        ),
        pytest.param(
            {"files": SDIST},
            REBUILT,
            "files: 1 added, 1 removed; sdist only: it has to be built",
            id="sdist only",
        ),
        pytest.param(
            {"source": GIT},
            REBUILT,
            f"source the index -> git+https://example.org/x.git@{'c' * 40}",
            id="from git",
        ),
        pytest.param(
            {"source": IndexSource(index="https://example.org/simple")},
            REBUILT,
            "source the index -> https://example.org/simple",
            id="other index",
        ),
        pytest.param(
            {"wanted_by": wanted(main=None, test=None)},
            CHANGED,
            "groups +test",
            id="groups",
        ),
        pytest.param(
            {"wanted_by": wanted(main='os_name == "nt"')},
            CHANGED,
            'marker any -> os_name == "nt"',
            id="marker",
        ),
        pytest.param(
            {"requires_python": ">=3.12"},
            CHANGED,
            "python any -> >=3.12",
            id="python",
        ),
        pytest.param(
            {"extras": {"x": (), "y": ()}}, CHANGED, "extras +x, +y", id="extras"
        ),
        pytest.param(
            {"dependencies": (edge("ham"),)}, CHANGED, "requires +ham", id="edges"
        ),
    ],
)
def test_the_same_version_is_rebuilt_or_wanted_otherwise(
    facts: dict[str, object], kind: ChangeKind, detail: str
) -> None:
    change = only(group_lock([SPAM]), group_lock([replace(SPAM, **facts)]))
    assert (change.kind, "; ".join(change.details)) == (kind, detail)


def test_edges_that_ask_for_other_versions_are_said() -> None:
    old, new = (spam(dependencies=(edge(f"ham >={n}"),)) for n in (1, 2))
    said = only(group_lock([old]), group_lock([new])).details
    assert said == ("requires other versions, or elsewhere, of ham",)


def test_a_marker_of_one_group_says_which() -> None:
    new = spam(wanted_by=wanted(main=None, test='os_name == "nt"'))
    old = spam(wanted_by=wanted(main=None, test=None))
    change = only(group_lock([old]), group_lock([new]))
    assert change.details == ('marker any -> test: os_name == "nt"',)


def test_what_is_new_and_has_to_be_built_is_said() -> None:
    built = spam(files=SDIST, source=ArchiveSource(url="https://example.org/s.tar.gz"))
    assert only(None, group_lock([built])).details == (
        "sdist only: it has to be built",
        "source https://example.org/s.tar.gz",
    )


def test_hashes_without_names_are_files_too() -> None:
    old, new = (spam(files=(), hashes=(digest(each),)) for each in "ab")
    change = only(marker_lock([old]), marker_lock([new]))
    assert change.details == ("files: 1 added, 1 removed",)
    assert change.old
    assert change.old.files == 1


def test_equal_locks_do_not_differ_wherever_their_packages_stand() -> None:
    ham = package("ham==1.0", where="package[0]")
    moved = group_lock([SPAM, replace(ham, where="package[1]")])
    found = difference(group_lock([ham, SPAM]), moved)
    assert found == LockDifference(changes=(), unchanged=2)
    assert found.is_empty
    assert found.counts == {}


def test_direct_changes_come_first_each_with_the_shortest_way() -> None:
    old = [
        package("app==1.0", "tool", "zlib", wanted_by=wanted(main=None)),
        package("tool==1.0", "lib", wanted_by=wanted(main=None)),
        package("lib==1.0", "zlib", "deep", wanted_by=wanted(main=None)),
        package("zlib==1.0", wanted_by=wanted(main=None)),
        package("deep==1.0", wanted_by=wanted(main=None)),
    ]
    new = [replace(each, version="2.0") for each in old]
    asked = ByGroup(roots={MAIN: (edge("app"), edge("zlib"))})
    found = difference(*(group_lock(each, selection=asked) for each in (old, new)))
    assert [(c.name, c.direct, c.path) for c in found.changes] == [
        ("app", True, ("app",)),
        ("zlib", True, ("zlib",)),
        ("deep", False, ("app", "tool", "lib", "deep")),
        ("lib", False, ("app", "tool", "lib")),
        ("tool", False, ("app", "tool")),
    ]


def test_what_is_removed_was_pulled_in_by_the_old_lock() -> None:
    asked = ByGroup(roots={MAIN: (edge("app"),)})
    old = [package("app==1.0", "lib"), package("lib==1.0")]
    found = difference(
        group_lock(old, selection=asked),
        group_lock([package("app==1.0")], selection=asked),
    )
    assert [(c.name, c.kind, c.path) for c in found.changes] == [
        ("app", CHANGED, ("app",)),
        ("lib", REMOVED, ("app", "lib")),
    ]


def test_groups_limit_what_is_looked_at() -> None:
    def lock(version: str) -> Lock:
        main = package(f"a=={version}", wanted_by=wanted(main=None))
        test = package(f"b=={version}", wanted_by=wanted(test=None))
        return group_lock([main, test])

    found = difference(lock("1"), lock("2"), groups={"test"})
    assert [(c.name, c.groups) for c in found.changes] == [("b", ("test",))]
    assert difference(lock("1"), lock("1"), groups={"test"}).unchanged == 1


def test_groups_are_walked_to_or_read_out_of_markers() -> None:
    packages = [package("a==1", "b"), package("b==1"), package("c==1", "b")]
    walked = walk_lock(packages, {"main": ["a"], "test": ["c"]})
    found = difference(None, walked)
    groups = {change.name: change.groups for change in found.changes}
    assert groups == {"a": ("main",), "b": ("main", "test"), "c": ("test",)}

    text = '"test" in dependency_groups or "lint" in dependency_groups'
    named = marker_lock(
        [
            package("a==1", marker=Marker(text)),
            package("b==1", marker=Marker('"default" in dependency_groups')),
            package("c==1"),
        ],
        "default",
    )
    groups = {change.name: change.groups for change in difference(None, named).changes}
    assert groups == {
        "a": ("lint", "test"),
        "b": ("main", "default"),
        "c": ("main",),
    }


def test_of_two_formats_a_shorter_list_of_files_is_no_change() -> None:
    poetry = group_lock([spam(files=(*SPAM.files, *SDIST)), package("b==1")])
    pylock = marker_lock([spam(wanted_by={}), package("b==2")])
    found = difference(poetry, pylock)
    assert [(c.name, c.kind) for c in found.changes] == [("b", UP)]
    other = marker_lock([spam(files=(file("spam-1.0-1-py3-none-any.whl"),))])
    assert only(group_lock([SPAM]), other).kind is REBUILT
    assert difference(poetry, marker_lock([spam(files=())])).counts == {REMOVED: 1}


def test_what_changed_of_the_lock_itself_is_noted() -> None:
    old = group_lock([SPAM], requires_python=">=3.10")
    new = group_lock(
        [SPAM],
        requires_python=">=3.11",
        groups=(MAIN, GroupName("test")),
        environments=(Marker('os_name == "nt"'),),
    )
    found = difference(old, new)
    assert not found.is_empty
    assert found.notes == (
        "python >=3.10 -> >=3.11",
        "groups main -> main, test",
        'environments none -> os_name == "nt"',
    )
    assert difference(old, replace(new, format="other")).notes == ()


def test_conda_builds_are_told_apart_and_targets_said_together() -> None:
    def lock(*pins: str) -> CondaLock:
        each = (conda_package(pin) for pin in pins)
        packages = tuple(each)
        return conda_lock(
            conda_platform(*packages, name="linux-64"),
            conda_platform(*packages, name="osx-arm64"),
        )

    old = lock("a=1=h1234567_0", "b=1=h1_0", "c=1=cpu_0", "d=1=h1_0")
    new = lock("a=2=h89abcde_0", "b=1=h2_1", "c=2=cuda12_0", "d=1=h1_0")
    found = difference(old, new)
    both = ("linux-64", "osx-arm64")
    assert [(c.name, c.kind, c.details, c.targets) for c in found.changes] == [
        ("a", UP, (), both),
        ("b", REBUILT, ("build h1_0 -> h2_1",), both),
        ("c", UP, ("build cpu_0 -> cuda12_0",), both),
    ]
    assert (found.unchanged, found.targets) == (1, both)
    assert found.changes[1].old
    assert found.changes[1].old.builds == ("h1_0",)


def test_builds_that_differ_by_target_are_one_package_and_two_changes() -> None:
    def lock(number: int) -> CondaLock:
        return conda_lock(
            conda_platform(conda_package(f"a=1=hl_{number}"), name="linux-64"),
            conda_platform(conda_package(f"a=1=ho_{number}"), name="osx-arm64"),
        )

    found = difference(lock(0), lock(1))
    assert [(c.details, c.targets) for c in found.changes] == [
        (("build hl_0 -> hl_1",), ("linux-64",)),
        (("build ho_0 -> ho_1",), ("osx-arm64",)),
    ]
    assert found.counts == {REBUILT: 1}


def test_the_same_build_with_another_hash_or_container_is_rebuilt() -> None:
    one = conda_package("a=1=h1_0")
    for other, detail in (
        (replace(one, sha256=digest("other")), "other hash of the same file"),
        (
            replace(one, filename="a-1-h1_0.tar.bz2"),
            "file a-1-h1_0.conda -> a-1-h1_0.tar.bz2",
        ),
        (
            replace(one, channel="https://conda.example.org/other"),
            "channel https://conda.example.org/demo -> https://conda.example.org/other",
        ),
    ):
        old, new = (conda_lock(conda_platform(each)) for each in (one, other))
        change = only(old, new)
        assert (change.kind, change.details) == (REBUILT, (detail,))


def test_md5_alone_is_held_against_md5() -> None:
    both = conda_package("a=1=h1_0", md5="0" * 32)
    explicit = conda_lock(conda_platform(replace(both, sha256=None)), format="explicit")
    assert difference(conda_lock(conda_platform(both)), explicit).is_empty
    weak = replace(both, sha256=None, md5="1" * 32)
    other = conda_lock(conda_platform(weak), format="explicit")
    assert only(conda_lock(conda_platform(both)), other).kind is REBUILT


def test_targets_of_one_lock_alone_are_named_and_not_listed() -> None:
    one = conda_package("a=1=h1_0")
    old = conda_lock(
        conda_platform(one), conda_platform(one, name="osx-64"), channels=("x",)
    )
    new = conda_lock(
        conda_platform(one), conda_platform(one, name="win-64"), channels=("x", "y")
    )
    found = difference(old, new)
    assert (found.changes, found.unchanged) == ((), 1)
    assert (found.added_targets, found.removed_targets) == (("win-64",), ("osx-64",))
    assert found.notes == ("channels x -> x, y",)


def test_a_variant_is_held_against_the_only_lock_of_its_platform() -> None:
    old = conda_lock(conda_platform(conda_package("a=1=cuda_0")))
    new = conda_lock(
        conda_platform(conda_package("a=2=cuda_0"), name="linux-64-cuda"), format="pixi"
    )
    assert only(old, new).targets == ("linux-64-cuda",)
    plain = conda_platform(conda_package("a=3=cpu_0"))
    found = difference(old, conda_lock(*new.platforms, plain, format="pixi"))
    assert [c.targets for c in found.changes] == [("linux-64",)]
    assert found.added_targets == ("linux-64-cuda",)


def test_conda_ways_start_at_the_roots_or_at_what_nothing_requires() -> None:
    def lock(version: str, *roots: str) -> CondaLock:
        app = conda_package("app=1=h_0", "lib >=1", "__glibc >=2")
        lib = conda_package(f"lib={version}=h_0")
        return conda_lock(replace(conda_platform(app, lib), roots=roots))

    change = only(lock("1"), lock("2"))
    assert (change.direct, change.path) == (False, ("app", "lib"))
    change = only(lock("1"), lock("2", "app", "lib", "gone"))
    assert (change.direct, change.path) == (True, ("lib",))


def test_wheels_beside_conda_packages_are_of_their_own_layer() -> None:
    old = conda_lock(conda_platform(conda_package("a=1=h_0", "b"), pypi=[SPAM]))
    new = conda_lock(conda_platform(conda_package("a=1=h_0", "b"), pypi=[spam("2.0")]))
    change = only(old, new)
    assert (change.layer, change.direct, change.groups) == (Layer.PYPI, None, ("main",))


def test_a_lock_of_no_platform_is_held_against_each_platform() -> None:
    conda = conda_lock(
        conda_platform(pypi=[SPAM]), conda_platform(name="osx-64", pypi=[spam("2.0")])
    )
    change = only(group_lock([SPAM]), conda)
    assert (change.kind, change.targets) == (UP, ("osx-64",))


def test_a_lock_without_edges_tells_no_ways() -> None:
    change = only(None, marker_lock([package("a==1")]))
    assert (change.direct, change.path) == (None, ())


def test_nothing_against_nothing_is_nothing() -> None:
    assert difference(None, None).is_empty


def test_descriptions_are_words_and_all_else_is_not() -> None:
    lock = b'[[package]]\nname = "a"\ndescription = "old"\noptional = false\n'
    assert differs_in_words_only(lock, lock.replace(b"old", b"new, longer"))
    assert not differs_in_words_only(lock, lock.replace(b"false", b"true"))
    assert not differs_in_words_only(lock, b"# another writer\n" + lock)

"""From a lock and a request to one artifact a package, or one clear error."""

from __future__ import annotations

import pytest

from noxlock.errors import PlanError
from noxlock.model import (
    ArchiveSource,
    DirectorySource,
    IndexSource,
    Kind,
    LockedPackage,
    PlannedPackage,
    Subdir,
    Target,
    VcsSource,
)
from noxlock.plan import plan, plan_json
from support.locks import digest, file, group_lock, package, wanted

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7", variant="cuda")
MAIN = wanted(main=None)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = VcsSource(vcs="git", url="https://example.org/a.git", commit=COMMIT)
LIB = DirectorySource(path="../lib")
WHEEL, SDIST = "a-1-py3-none-any.whl", "a-1.tar.gz"


def planned(locked: LockedPackage, *, only_binary: bool = False) -> PlannedPackage:
    lock = group_lock([locked])
    made = plan(lock, groups=("main",), target=LINUX, only_binary=only_binary)
    (found,) = made.packages
    return found


def refused(locked: LockedPackage, *, only_binary: bool = False) -> PlanError:
    with pytest.raises(PlanError) as raised:
        planned(locked, only_binary=only_binary)
    return raised.value


def test_a_plan_says_what_it_was_made_from() -> None:
    lock = group_lock(
        [package("b==1", wanted_by=MAIN), package("a==1", wanted_by=MAIN)],
        indexes=("https://example.org/simple",),
    )

    made = plan(lock, groups=("Main",), target=LINUX)

    assert made.target == LINUX
    assert made.groups == ("main",)
    assert made.extras == ()
    assert (made.lock, made.lock_format) == ("poetry.lock", "poetry")
    assert made.indexes == ("https://example.org/simple",)
    assert [each.name for each in made.packages] == ["a", "b"]
    assert made.missing == ()
    assert made.warnings == ()


def test_a_wheel_is_taken_before_an_sdist() -> None:
    wheel = file(WHEEL, url="https://example.org/a.whl")

    found = planned(package("a==1", wanted_by=MAIN, files=(file(SDIST), wheel)))

    assert (found.kind, found.artifact) == (Kind.WHEEL, WHEEL)
    assert (found.url, found.sha256) == (wheel.url, digest(WHEEL))
    assert found.hashes == ()


def test_a_file_of_the_project_keeps_its_path() -> None:
    wheel = file(WHEEL, path=f"dist/{WHEEL}")

    found = planned(package("a==1", wanted_by=MAIN, files=(wheel,)))

    assert (found.url, found.path) == (None, f"dist/{WHEEL}")


def test_hashes_without_file_names_leave_the_choice_to_the_index() -> None:
    hashes = (digest("x"), digest("y"))

    found = planned(package("a==1", wanted_by=MAIN, files=(), hashes=hashes))

    assert (found.kind, found.artifact, found.sha256) == (None, None, None)
    assert found.hashes == hashes


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (GIT, {"kind": Kind.GIT, "url": GIT.url}),
        (LIB, {"kind": Kind.DIRECTORY, "path": "../lib"}),
        (
            ArchiveSource(url=f"https://example.org/{WHEEL}?x#y", sha256=digest("x")),
            {
                "kind": Kind.URL,
                "artifact": WHEEL,
                "url": f"https://example.org/{WHEEL}?x#y",
                "sha256": digest("x"),
            },
        ),
        (
            ArchiveSource(path=f"dist/{SDIST}", sha256=digest("x")),
            {
                "kind": Kind.URL,
                "artifact": SDIST,
                "path": f"dist/{SDIST}",
                "sha256": digest("x"),
            },
        ),
        (
            ArchiveSource(
                url="https://example.org/a-1%2Bcpu-py3-none-any.whl",
                sha256=digest("x"),
            ),
            {
                "kind": Kind.URL,
                "artifact": "a-1+cpu-py3-none-any.whl",
                "url": "https://example.org/a-1%2Bcpu-py3-none-any.whl",
                "sha256": digest("x"),
            },
        ),
    ],
    ids=["git", "directory", "wheel at an address", "sdist in the project", "quoted"],
)
def test_direct_sources_have_one_artifact(
    source: IndexSource, expected: dict[str, object]
) -> None:
    found = planned(package("a==1", wanted_by=MAIN, files=(), source=source))

    fields = ("kind", "artifact", "url", "path", "sha256")
    facts = {name: getattr(found, name) for name in fields}
    assert facts == dict.fromkeys(fields) | expected
    assert found.source == source


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            {"files": (file(SDIST),)},
            f"it has {SDIST}, and only-binary refuses sdists; the target's best tags",
        ),
        (
            {"source": GIT},
            "`a 1` would have to be built from a repository, which only-binary refuses",
        ),
        (
            {"source": LIB},
            "`a 1` would have to be built from a directory, which only-binary refuses",
        ),
        (
            {"source": ArchiveSource(path=SDIST, sha256=digest("x"))},
            f"would have to be built from `{SDIST}`, a source distribution, which",
        ),
    ],
    ids=["sdist", "git", "directory", "sdist at an address"],
)
def test_only_binary_refuses_what_would_have_to_be_built(
    facts: dict[str, object], what: str
) -> None:
    error = refused(package("a==1", wanted_by=MAIN, **facts), only_binary=True)

    assert what in error.what


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            {"files": (file(WHEEL, sha256=None), file(SDIST))},
            f"`a 1` comes as `{WHEEL}`, of which the lock has no SHA-256",
        ),
        (
            {"source": ArchiveSource(url=f"https://example.org/{WHEEL}")},
            f"`a 1` comes as `{WHEEL}`, of which the lock has no SHA-256",
        ),
        (
            {"source": ArchiveSource(url="https://example.org/download")},
            "`a 1` comes as `download`: neither a wheel nor an sdist",
        ),
        (
            {"source": VcsSource(vcs="hg", url="https://example.org", commit=COMMIT)},
            "`a 1` is in hg: only git is supported",
        ),
    ],
    ids=["weaker hash", "address without a hash", "no known file", "mercurial"],
)
def test_what_cannot_be_exact_is_refused(facts: dict[str, object], what: str) -> None:
    error = refused(package("a==1", wanted_by=MAIN, **facts))

    assert error.what == what
    assert error.where == "poetry.lock: package[a]"


def test_a_wheel_at_an_address_must_fit_too() -> None:
    name = "a-1-cp311-cp311-win_amd64.whl"
    source = ArchiveSource(url=f"https://example.org/{name}", sha256=digest("x"))

    error = refused(package("a==1", wanted_by=MAIN, files=(), source=source))

    assert f"with python 3.11.7: it has {name}; the target's best tags" in error.what


def test_a_package_that_nothing_fits_names_its_files_and_the_best_tags() -> None:
    names = [f"a-1-cp31{minor}-none-win_amd64.whl" for minor in range(10)]

    error = refused(
        package("a==1", wanted_by=MAIN, files=tuple(file(name) for name in names))
    )

    assert error.what == (
        "`a 1` has no file that fits linux-64-cuda with python 3.11.7: it has"
        f" {', '.join(names[:8])} and 2 more; the target's best tags are"
        " cp311-cp311-linux_x86_64, cp311-cp311-manylinux_2_39_x86_64,"
        " cp311-cp311-manylinux_2_38_x86_64"
    )
    assert error.hint == (
        "lock a version that has one, or take another target or python"
    )


def test_a_package_without_files_fits_nowhere() -> None:
    error = refused(package("a==1", wanted_by=MAIN, files=()))

    assert "with python 3.11.7: the lock lists none; the target's" in error.what


def test_keep_going_lists_what_has_no_artifact_and_why() -> None:
    lock = group_lock(
        [
            package("a==1", wanted_by=MAIN, files=()),
            package("b==1", wanted_by=MAIN),
            package("c==1", wanted_by=MAIN, files=(file(WHEEL, sha256=None),)),
        ]
    )

    made = plan(lock, groups=("main",), target=LINUX, keep_going=True)

    assert [each.artifact for each in made.packages] == [
        None,
        "b-1-py3-none-any.whl",
        None,
    ]
    assert [reason[:6] for reason in made.missing] == ["`a 1` ", "`c 1` "]


def test_plan_json_is_sorted_and_says_null_where_nothing_applies() -> None:
    lock = group_lock(
        [
            package("b==1", wanted_by=wanted(test=None, main=None)),
            package("a==1", wanted_by=MAIN, source=LIB, version=None),
            package("c==1", wanted_by=MAIN, files=(), hashes=(digest("x"),)),
        ]
    )

    assert plan_json(plan(lock, groups=("all",), target=LINUX)) == {
        "target": "linux-64-cuda",
        "python": "3.11.7",
        "packages": [
            {
                "name": "a",
                "version": None,
                "kind": "directory",
                "artifact": None,
                "url": None,
                "sha256": None,
                "groups": ["main"],
            },
            {
                "name": "b",
                "version": "1",
                "kind": "wheel",
                "artifact": "b-1-py3-none-any.whl",
                "url": None,
                "sha256": digest("b-1-py3-none-any.whl"),
                "groups": ["main", "test"],
            },
            {
                "name": "c",
                "version": "1",
                "kind": None,
                "artifact": None,
                "url": None,
                "sha256": None,
                "groups": ["main"],
            },
        ],
    }

"""What changed between two locks, in one line a package."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from noxlock.locks.difference import difference, differs_in_words_only
from noxlock.model import (
    ByGroup,
    GroupName,
    IndexSource,
    Lock,
    LockedFile,
    LockedPackage,
    Sha256,
    VcsSource,
)

GIT = VcsSource(vcs="git", url="https://example.org/x.git", commit="c" * 40)


def file(name: str, digest: str = "a") -> LockedFile:
    return LockedFile(filename=name, sha256=Sha256(digest * 64))


def package(
    name: str,
    version: str | None = "1.0",
    **fields: Any,  # noqa: ANN401 - fields of the package
) -> LockedPackage:
    given: dict[str, Any] = {"source": IndexSource(), "files": (file(f"{name}.whl"),)}
    return LockedPackage(
        name=canonicalize_name(name), version=version, **(given | fields)
    )


def lock(*packages: LockedPackage) -> Lock:
    return Lock(
        format="poetry", file="poetry.lock", packages=packages, selection=ByGroup()
    )


def lines(before: Lock | None, after: Lock) -> list[str]:
    return [str(change) for change in difference(before, after)]


SPAM = package("spam")


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        pytest.param((), (SPAM,), "added spam 1.0", id="added"),
        pytest.param((SPAM,), (), "removed spam 1.0", id="removed"),
        pytest.param(
            (SPAM,), (package("spam", "1.1"),), "spam 1.0 -> 1.1", id="version"
        ),
        pytest.param(
            (SPAM,),
            (SPAM, package("spam", "2.0")),
            "spam 1.0 -> 1.0, 2.0",
            id="one more version",
        ),
        pytest.param(
            (SPAM,),
            (replace(SPAM, files=(file("spam.whl", "b"), file("spam.tar.gz"))),),
            "spam 1.0: files changed (2 added, 1 removed)",
            id="files",
        ),
        pytest.param(
            (SPAM,),
            (replace(SPAM, files=()),),
            "spam 1.0: files changed (1 removed)",
            id="files removed",
        ),
        pytest.param(
            (package("spam", files=(), hashes=(Sha256("a" * 64),)),),
            (package("spam", files=(), hashes=(Sha256("b" * 64),)),),
            "spam 1.0: files changed (1 added, 1 removed)",
            id="hashes",
        ),
        pytest.param(
            (SPAM,), (replace(SPAM, source=GIT),), "spam 1.0: source changed", id="git"
        ),
        pytest.param(
            (SPAM,),
            (replace(SPAM, wanted_by={GroupName("main"): Marker("os_name == 'nt'")}),),
            "spam 1.0: groups, markers or dependencies changed",
            id="markers",
        ),
        pytest.param(
            (), (package("spam", None),), "added spam (no version)", id="no version"
        ),
    ],
)
def test_a_change_is_one_line(
    before: tuple[LockedPackage, ...], after: tuple[LockedPackage, ...], line: str
) -> None:
    assert lines(lock(*before), lock(*after)) == [line]


def test_equal_locks_do_not_differ_wherever_their_packages_stand() -> None:
    ham = package("ham", where="package[0]")
    moved = lock(SPAM, replace(ham, where="package[1]"))
    assert lines(lock(ham, SPAM), moved) == []


def test_changes_are_sorted_by_name() -> None:
    after = lock(package("b"), package("a"), package("c"))
    assert lines(None, after) == ["added a 1.0", "added b 1.0", "added c 1.0"]


def test_descriptions_are_words_and_all_else_is_not() -> None:
    lock = b'[[package]]\nname = "a"\ndescription = "old"\noptional = false\n'
    assert differs_in_words_only(lock, lock.replace(b"old", b"new, longer"))
    assert not differs_in_words_only(lock, lock.replace(b"false", b"true"))
    assert not differs_in_words_only(lock, b"# another writer\n" + lock)

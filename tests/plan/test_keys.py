"""A plan's key names every fact that reaches the environment's bytes, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from noxlock.model import (
    DirectorySource,
    GroupName,
    IndexSource,
    Kind,
    PlannedPackage,
    Subdir,
    Target,
    VcsSource,
)
from noxlock.plan import KEY_VERSION, plan_key
from support.locks import digest, edge

TARGET = Target(subdir=Subdir.LINUX_64, python="3.11.7")
WHEEL = PlannedPackage(
    name=edge("a").name,
    version="1.0",
    kind=Kind.WHEEL,
    artifact="a-1.0-py3-none-any.whl",
    url="https://example.org/a-1.0-py3-none-any.whl",
    sha256=digest("a"),
    groups=(GroupName("main"),),
    source=IndexSource(),
)
GIT = replace(
    WHEEL,
    kind=Kind.GIT,
    source=VcsSource(vcs="git", url="https://example.org/a", commit="0" * 40),
)
FOLDER = replace(WHEEL, kind=Kind.DIRECTORY, source=DirectorySource(path="lib"))
UNNAMED = replace(WHEEL, kind=None, hashes=(digest("x"), digest("y")))


def key(*packages: PlannedPackage, target: Target = TARGET) -> str:
    return plan_key(target, packages)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.1"},
        {"kind": Kind.SDIST},
        {"artifact": "a-1.0-1-py3-none-any.whl"},
        {"sha256": digest("b")},
        {"path": "dist/a-1.0-py3-none-any.whl"},
        {"hashes": (digest("x"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_fact_of_a_package_changes_the_key(change: dict[str, Any]) -> None:
    assert key(replace(WHEEL, **change)) != key(WHEEL)


@pytest.mark.parametrize(
    "change",
    [{"python": "3.11.8"}, {"subdir": Subdir.OSX_64}, {"variant": "cuda"}],
    ids=lambda change: next(iter(change)),
)
def test_any_fact_of_the_target_changes_the_key(change: dict[str, Any]) -> None:
    assert key(WHEEL, target=replace(TARGET, **change)) != key(WHEEL)


@pytest.mark.parametrize(
    ("package", "change"),
    [
        (GIT, {"commit": "1" * 40}),
        (GIT, {"subdirectory": "x"}),
        (FOLDER, {"editable": True}),
        (FOLDER, {"subdirectory": "x"}),
    ],
)
def test_any_fact_of_the_source_changes_the_key(
    package: PlannedPackage, change: dict[str, Any]
) -> None:
    other = replace(package, source=replace(package.source, **change))

    assert key(other) != key(package)


def test_the_address_counts_where_direct_url_json_says_it() -> None:
    assert key(replace(GIT, url="https://example.org/b")) != key(GIT)
    assert key(replace(WHEEL, url=None)) == key(WHEEL)


def test_the_machines_floors_count_where_the_index_decides() -> None:
    newer = replace(TARGET, glibc=(2, 40))

    assert key(UNNAMED, target=newer) != key(UNNAMED)
    assert key(WHEEL, target=newer) == key(WHEEL)


def test_neither_groups_nor_order_change_the_key() -> None:
    assert key(replace(WHEEL, groups=())) == key(WHEEL)
    assert key(WHEEL, GIT) == key(GIT, WHEEL)
    assert key(replace(UNNAMED, hashes=UNNAMED.hashes[::-1])) == key(UNNAMED)


def test_a_package_more_changes_the_key() -> None:
    assert len({key(), key(WHEEL), key(WHEEL, GIT)}) == 3


def test_the_key_is_the_same_in_every_release() -> None:
    """A new value orphans every environment in the field: then bump `KEY_VERSION`."""
    assert KEY_VERSION == "plan-v1"
    assert key(WHEEL, GIT, FOLDER, UNNAMED).startswith("plan-v1-6843b106")

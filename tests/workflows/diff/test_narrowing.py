"""What of two locks is asked about."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from noxlock.errors import PlanError
from noxlock.model import Environment, Lock
from noxlock.workflows.diff.narrowing import (
    NotForTargetError,
    Wanted,
    named_by,
    with_roots,
)
from support.conda_locks import conda_lock, conda_package, conda_platform
from support.locks import group_lock, package, wanted

CONDA = conda_lock(
    conda_platform(conda_package("app=1")), conda_platform(name="osx-arm64")
)
PYPI = group_lock([package("a==1", wanted_by=wanted(main=None, test=None))])
SOURCE = b"channels: [x]\ndependencies: [app, python=3.11]\n"


def test_groups_are_those_of_either_lock() -> None:
    asked = Wanted(groups=("Main", "lint"))
    newer = group_lock([package("a==1", wanted_by=wanted(lint=None))])
    assert asked.groups_of(PYPI, newer) == frozenset({"main", "lint"})
    assert Wanted().groups_of(PYPI, None) is None
    with pytest.raises(PlanError, match="unknown group `lint`: known groups are main"):
        asked.groups_of(PYPI, None)


def test_an_environment_takes_of_each_lock_the_groups_that_it_has() -> None:
    environment = Environment(python="3", groups=("test",), target="osx-arm64")
    asked = Wanted().in_environment(environment)
    assert (asked.target, asked.python, asked.extras) == ("osx-arm64", None, ())
    assert asked.groups_of(PYPI, PYPI) == frozenset({"test"})
    assert asked.groups_of(CONDA, CONDA) == frozenset({"main"})
    assert asked.groups_of(group_lock([]), None) == frozenset({"test"})
    matrix = Environment(python=("3.12", "3.11"))
    assert Wanted(groups=("x",)).in_environment(matrix) == Wanted(
        groups=("x",), extras=(), python="3.12", lenient=True
    )


def test_a_lock_that_is_not_for_the_target_is_as_if_it_were_not_there() -> None:
    asked = Wanted(target="osx-arm64")
    one = replace(CONDA, platforms=CONDA.platforms[:1])
    old, new = asked.on_target(one, CONDA)
    assert old is None
    assert new is not None
    assert not isinstance(new, Lock)
    assert [each.name for each in new.platforms] == ["osx-arm64"]
    with pytest.raises(NotForTargetError) as caught:
        asked.on_target(one, None)
    assert caught.value.file == "conda-lock.yml"
    assert Wanted().on_target(one, PYPI) == (one, PYPI)


def test_platforms_are_called_as_the_definition_calls_them() -> None:
    names = [each.name for each in named_by(CONDA, ["linux-64-cuda"]).platforms]
    assert names == ["linux-64-cuda", "osx-arm64"]
    pixi = replace(CONDA, format="pixi")
    assert named_by(pixi, ["linux-64-cuda"]) is pixi


@pytest.mark.parametrize(
    ("sources", "roots"),
    [
        (["environment.yml"], ("app", "python")),
        (["environment.yml", "gone.yml"], ()),
        (["pixi.toml"], ()),
        (["broken.yml"], ()),
        ([], ()),
    ],
)
def test_roots_are_read_where_they_can_be(
    sources: list[str], roots: tuple[str, ...]
) -> None:
    files = {"environment.yml": SOURCE, "broken.yml": b"- x\n", "pixi.toml": b""}
    lock = with_roots(CONDA, sources, files.get)
    assert lock.platforms[0].roots == roots

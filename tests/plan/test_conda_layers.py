"""Wheels on top of conda packages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from noxlock.errors import PlanError
from noxlock.model import ByGroup, Kind
from noxlock.plan import (
    LayersRequest,
    disagreements,
    parse_platform,
    parse_target,
    plan,
    plan_json,
    plan_key,
    plan_layers,
)
from support.conda_locks import conda_lock, conda_package, conda_platform
from support.locks import digest, file, group_lock, package, walk_lock, wanted

if TYPE_CHECKING:
    from noxlock.model import CondaLock, Plan

LINUX = LayersRequest(target=parse_platform("linux-64"))
PYTHON = conda_package("python=3.11.7")
TORCH = conda_package("pytorch=2.4.0=py3.11_cuda_0", "python")
NUMPY = conda_package("numpy=2.0=py311_0", "python")
IDNA = package("idna==3.7", wanted_by=wanted(main=None))
CONDA = conda_lock(conda_platform(PYTHON, TORCH, NUMPY, pypi=[IDNA]))
POETRY = group_lock(
    [
        package("torch==2.4.0+cpu", wanted_by=wanted(main=None)),
        package("numpy==1.26", wanted_by=wanted(main=None, test=None)),
        package("idna==3.7", wanted_by=wanted(main=None)),
        package("pytest==8.0", wanted_by=wanted(test=None)),
    ]
)


def names(made: Plan) -> list[str]:
    return [str(each["name"]) for each in plan_json(made)["packages"]]


def test_the_layers_are_one_list() -> None:
    made = plan_layers(CONDA, None, LINUX)

    assert made.target.python == "3.11.7"
    assert (made.lock, made.lock_format) == ("conda-lock.yml", "conda-lock")
    assert made.conda_lock == "conda-lock.yml"
    assert names(made) == ["idna", "numpy", "python", "pytorch"]
    idna, numpy, *_ = plan_json(made)["packages"]
    assert idna["kind"] == "wheel"
    assert numpy == {
        "name": "numpy",
        "version": "2.0",
        "kind": "conda",
        "artifact": "numpy-2.0-py311_0.conda",
        "url": NUMPY.url,
        "sha256": NUMPY.sha256,
        "groups": ["main"],
    }


def test_what_conda_provides_is_not_installed_twice() -> None:
    made = plan_layers(CONDA, POETRY, replace(LINUX, groups=("main", "test")))

    assert names(made) == ["idna", "numpy", "pytest", "python", "pytorch"]
    assert made.groups == ("main", "test")
    assert (made.lock, made.conda_lock) == ("poetry.lock", "conda-lock.yml")
    assert made.warnings == (
        (
            "`numpy` is 2.0 in conda-lock.yml (package[numpy]) but 1.26 in poetry.lock"
            " (package[numpy])"
        ),
    )


def test_a_wheel_that_conda_provides_need_not_fit() -> None:
    only_windows = (file("torch-2.4.0-cp311-cp311-win_amd64.whl"),)
    torch = package("torch==2.4.0", wanted_by=wanted(main=None), files=only_windows)

    made = plan_layers(CONDA, group_lock([torch]), LINUX)

    assert "torch" not in names(made)


def test_what_conda_provides_may_be_needed_in_the_other_lock() -> None:
    lock = walk_lock(
        [package("a==1", "torch >=2"), package("torch==2.4.0")], {"main": ["a"]}
    )

    made = plan_layers(CONDA, lock, LINUX)

    assert names(made) == ["a", "idna", "numpy", "python", "pytorch"]
    assert made.warnings == ()


def test_each_lock_takes_the_groups_that_it_has() -> None:
    dev = conda_package("ruff", categories=("dev",))
    conda = conda_lock(conda_platform(PYTHON, dev))

    made = plan_layers(conda, POETRY, replace(LINUX, groups=("dev", "test", "main")))
    assert "ruff" in names(made)
    assert "pytest" in names(made)

    made = plan_layers(conda, POETRY, replace(LINUX, groups=("test",)))
    assert names(made) == ["numpy", "pytest", "python"]

    made = plan_layers(conda, POETRY, replace(LINUX, groups=("dev",)))
    assert names(made) == ["ruff"]

    made = plan_layers(conda, POETRY, replace(LINUX, groups=("all",)))
    assert names(made) == ["idna", "numpy", "pytest", "python", "ruff", "torch"]


def test_python_comes_along_where_wheels_need_it() -> None:
    dev = conda_package("ruff", categories=("dev",))
    lock = group_lock([package("a==1", wanted_by=wanted(dev=None))])

    made = plan_layers(
        conda_lock(conda_platform(PYTHON, dev)), lock, replace(LINUX, groups=("dev",))
    )

    assert names(made) == ["a", "python", "ruff"]
    assert made.groups == ("dev", "main")


def test_a_group_that_neither_lock_has_is_named_with_the_nearest() -> None:
    with pytest.raises(PlanError) as raised:
        plan_layers(CONDA, POETRY, replace(LINUX, groups=("tets",)))

    assert raised.value.what == (
        "unknown group `tets`: conda-lock.yml has main, dev; poetry.lock has main, test"
    )
    assert raised.value.hint == "did you mean `test`?"


def test_wheels_alone_are_planned_as_ever() -> None:
    target = parse_target("linux-64", python="3.11.7")

    made = plan_layers(None, POETRY, LayersRequest(target=target))

    assert made == plan(POETRY, groups=["main"], target=target)
    with pytest.raises(PlanError, match="no lock is given"):
        plan_layers(None, None, LINUX)


@pytest.mark.parametrize("version", ["3", "odd", "\x013.11.7"])
def test_the_python_below_has_a_version_that_says_which_wheels_fit(
    version: str,
) -> None:
    conda = conda_lock(conda_platform(conda_package(f"python={version}"), pypi=[IDNA]))

    with pytest.raises(PlanError) as raised:
        plan_layers(conda, None, LINUX)

    assert raised.value.file == "conda-lock.yml"
    assert raised.value.what == f"{version!r} is no version of python"


def test_wheels_need_a_python_below() -> None:
    conda = conda_lock(conda_platform(NUMPY))

    assert plan_layers(conda, None, LINUX).target.python == ""
    assert plan_json(plan_layers(conda, None, LINUX))["python"] is None
    with pytest.raises(PlanError) as raised:
        plan_layers(conda, POETRY, LINUX)

    assert str(raised.value) == (
        "poetry.lock: no python is locked that the wheels could be for"
    )
    assert raised.value.hint


def test_wheels_of_the_pip_section_fit_the_locks_python() -> None:
    old = package(
        "a==1",
        files=(file("a-1-cp310-cp310-manylinux_2_17_x86_64.whl"),),
        wanted_by=wanted(main=None),
    )
    conda = conda_lock(conda_platform(PYTHON, pypi=[old]))

    with pytest.raises(PlanError, match=r"`a 1` has no file that fits linux-64 with"):
        plan_layers(conda, None, LINUX)
    made = plan_layers(conda, None, replace(LINUX, keep_going=True))
    assert len(made.missing) == 1


def test_the_pip_section_of_other_groups_is_left_out() -> None:
    dev = package("a==1", wanted_by=wanted(dev=None))

    made = plan_layers(conda_lock(conda_platform(NUMPY, pypi=[dev])), None, LINUX)

    assert names(made) == ["numpy"]


def test_building_can_be_refused_in_both() -> None:
    sdist = package("a==1", files=(file("a-1.tar.gz"),), wanted_by=wanted(main=None))
    conda = conda_lock(conda_platform(PYTHON, pypi=[sdist]))

    assert plan_layers(conda, None, LINUX).packages[0].kind is Kind.SDIST
    with pytest.raises(PlanError, match="only-binary refuses"):
        plan_layers(conda, None, replace(LINUX, only_binary=True))


def test_a_listing_warns_of_what_no_digest_pins() -> None:
    weak = conda_package("weak", sha256=None, md5="ab" * 16)
    bare = conda_package("bare", sha256=None)
    conda = conda_lock(conda_platform(PYTHON, weak))
    both = conda_lock(conda_platform(PYTHON, weak, bare))

    made = plan_layers(conda, None, replace(LINUX, listing=True))

    assert made.warnings == (
        "`weak` has an MD5 digest only, which takes `allow-md5: true` to be installed",
    )
    assert plan_layers(both, None, replace(LINUX, listing=True)).warnings[1] == (
        "`bare` has no SHA-256 digest, and cannot be installed"
    )
    assert plan_json(made)["packages"][1]["sha256"] is None
    with pytest.raises(PlanError, match="an MD5 digest only"):
        plan_layers(conda, None, LINUX)
    assert plan_layers(conda, None, replace(LINUX, allow_md5=True)).warnings


def test_every_fact_of_a_conda_package_reaches_the_key() -> None:
    target = parse_target("linux-64", python="3.11.7")
    weak = structs.replace(NUMPY, sha256=None, md5="ab" * 16)
    changed = [
        structs.replace(NUMPY, sha256=digest("other")),
        structs.replace(NUMPY, version="2.1"),
        structs.replace(NUMPY, build="py311_1"),
        structs.replace(NUMPY, subdir="noarch"),
        structs.replace(NUMPY, filename="numpy-2.0-py311_0.tar.bz2"),
        weak,
        structs.replace(weak, md5="cd" * 16),
        structs.replace(weak, url="https://mirror.example.org/numpy"),
        structs.replace(weak, md5=None),
    ]

    keys = {plan_key(target, [], [package]) for package in [NUMPY, *changed]}

    assert len(keys) == len(changed) + 1
    assert plan_key(target, [], []) not in keys
    assert plan_key(target, [], [NUMPY, TORCH]) == plan_key(target, [], [TORCH, NUMPY])


def test_what_does_not_reach_the_bytes_is_not_in_the_key() -> None:
    target = parse_target("linux-64", python="3.11.7")
    url = "https://mirror.example.org/x"
    moved = structs.replace(NUMPY, url=url, categories=(), where="")

    assert plan_key(target, [], [moved]) == plan_key(target, [], [NUMPY])


def test_disagreements_say_both_places() -> None:
    found = disagreements(CONDA, POETRY, replace(LINUX, groups=("all",)))

    (numpy,) = found
    assert (numpy.name, numpy.conda.version, numpy.pypi.version) == (
        "numpy",
        "2.0",
        "1.26",
    )
    assert (numpy.conda.file, numpy.conda.where) == ("conda-lock.yml", "package[numpy]")
    assert (numpy.pypi.file, numpy.pypi.name) == ("poetry.lock", "numpy")


def test_the_pip_section_can_disagree_too() -> None:
    newer = group_lock([package("idna==3.8", wanted_by=wanted(main=None))])

    (idna,) = disagreements(CONDA, newer, LINUX)

    assert (idna.conda.version, idna.pypi.version) == ("3.7", "3.8")


@pytest.mark.parametrize(
    ("conda", "groups"),
    [
        (conda_lock(conda_platform(NUMPY)), ("main",)),
        (CONDA, ("dev",)),
    ],
    ids=["no python", "no group in common"],
)
def test_what_is_not_installed_together_does_not_disagree(
    conda: CondaLock, groups: tuple[str, ...]
) -> None:
    assert disagreements(conda, POETRY, replace(LINUX, groups=groups)) == ()


def test_a_version_that_is_not_locked_does_not_disagree() -> None:
    folder = package("numpy", wanted_by=wanted(main=None), version=None)

    assert disagreements(CONDA, group_lock([folder]), LINUX) == ()


def test_errors_of_the_selection_name_the_lock() -> None:
    again = structs.replace(POETRY.packages[1], version="1.25")
    twice = structs.replace(
        POETRY,
        packages=(
            *POETRY.packages,
            again,
        ),
        selection=ByGroup(roots={}),
    )

    with pytest.raises(PlanError, match="two entries for `numpy`") as raised:
        disagreements(CONDA, twice, LINUX)

    assert raised.value.file == "poetry.lock"

"""From a lock of conda packages to the exact ones of an environment."""

from __future__ import annotations

import pytest

from noxlock.errors import NoxlockError, PlanError
from noxlock.model import GroupName, Subdir
from noxlock.plan import conda_python, parse_platform, plan_conda, platform_of
from support.conda_locks import conda_lock, conda_package, conda_platform

MAIN, DEV = GroupName("main"), GroupName("dev")
LINUX = parse_platform("linux-64")
CUDA = parse_platform("linux-64-cuda")

PYTHON = conda_package("python=3.11.7")
PYTEST = conda_package("pytest=8.0=pyh1_0", categories=(DEV,))
NUMPY = conda_package("numpy=2.0=py311_0", categories=(DEV, MAIN))
LOCK = conda_lock(conda_platform(PYTHON, PYTEST, NUMPY), conda_platform(name="osx-64"))


def test_the_platform_of_a_target_has_no_python_yet() -> None:
    assert (CUDA.subdir, CUDA.variant, CUDA.python) == (Subdir.LINUX_64, "cuda", "")
    assert CUDA.name == "linux-64-cuda"


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (("main",), ["numpy", "python"]),
        (("Dev",), ["numpy", "pytest"]),
        (("main", "dev"), ["numpy", "pytest", "python"]),
        (("all",), ["numpy", "pytest", "python"]),
    ],
)
def test_categories_are_groups(groups: tuple[str, ...], names: list[str]) -> None:
    found = plan_conda(LOCK, groups=groups, target=LINUX)

    assert [package.name for package in found] == names


def test_a_package_says_which_of_the_requested_groups_want_it() -> None:
    (numpy, _) = plan_conda(LOCK, groups=["main"], target=LINUX)
    assert numpy.categories == (MAIN,)

    (numpy, pytest_, _) = plan_conda(LOCK, groups=["main", "dev"], target=LINUX)
    assert numpy.categories == (DEV, MAIN)
    assert pytest_.categories == (DEV,)


def test_a_group_that_is_not_known_is_named_with_the_nearest() -> None:
    with pytest.raises(PlanError) as raised:
        plan_conda(LOCK, groups=["mian"], target=LINUX)

    assert str(raised.value) == (
        "conda-lock.yml: unknown group `mian`: known groups are main, dev"
    )
    assert raised.value.hint == "did you mean `main`?"


def test_no_group_is_no_request() -> None:
    with pytest.raises(PlanError, match="no group is asked for") as raised:
        plan_conda(LOCK, groups=[], target=LINUX)

    assert raised.value.hint == "known groups are main, dev"


def test_a_lock_for_other_platforms_is_refused() -> None:
    with pytest.raises(PlanError) as raised:
        plan_conda(LOCK, groups=["main"], target=parse_platform("osx-arm64"))

    assert str(raised.value) == (
        "conda-lock.yml: the lock is not for osx-arm64, only for linux-64, osx-64"
    )
    assert raised.value.hint


def test_a_variant_is_the_platform_of_that_name() -> None:
    plain, cuda = conda_platform(), conda_platform(name="linux-64-cuda")
    lock = conda_lock(plain, cuda)

    assert platform_of(lock, LINUX) is plain
    assert platform_of(lock, CUDA) is cuda
    with pytest.raises(PlanError, match="only for linux-64, linux-64-cuda"):
        platform_of(lock, parse_platform("linux-64-rocm"))


def test_a_lock_with_one_platform_of_the_subdir_holds_the_variant_asked_for() -> None:
    assert platform_of(LOCK, CUDA) is LOCK.platforms[0]


def test_a_variant_is_not_taken_for_the_plain_subdir() -> None:
    with pytest.raises(PlanError, match=r"not for linux-64, only for linux-64-cuda"):
        platform_of(conda_lock(conda_platform(name="linux-64-cuda")), LINUX)


def test_two_packages_of_one_name_are_refused() -> None:
    other = conda_package("numpy=1.26=py311_0", categories=(GroupName("old"),))
    lock = conda_lock(
        conda_platform(NUMPY, other), categories=(MAIN, DEV, GroupName("old"))
    )

    with pytest.raises(PlanError) as raised:
        plan_conda(lock, groups=["main", "old"], target=LINUX)

    assert raised.value.where == "conda-lock.yml: package[numpy]"
    assert raised.value.what == (
        "two packages of the name `numpy` are wanted at once: 2.0 py311_0 (for main at"
        " package[numpy]) and 1.26 py311_0 (for old at package[numpy])"
    )
    assert len(plan_conda(lock, groups=["main"], target=LINUX)) == 1


WEAK = conda_package("weak", sha256=None, md5="ab" * 16)
BARE = conda_package("bare", sha256=None)


@pytest.mark.parametrize(
    ("packages", "allow_md5", "message", "hint"),
    [
        ((WEAK,), False, "`weak` has an MD5 digest only", "allow-md5: true"),
        ((BARE,), True, "`bare` has no SHA-256 digest", "lock again with a tool"),
        ((WEAK, BARE), False, "`weak`, `bare` have no SHA-256 digest", "lock again"),
    ],
)
def test_what_a_digest_does_not_pin_is_refused(
    packages: tuple[object, ...], message: str, hint: str, *, allow_md5: bool
) -> None:
    lock = conda_lock(conda_platform(PYTHON, *packages))  # type: ignore[arg-type]

    with pytest.raises(NoxlockError) as raised:
        plan_conda(lock, groups=["main"], target=LINUX, allow_md5=allow_md5)

    assert raised.value.what == message
    assert raised.value.file == "conda-lock.yml"
    assert raised.value.key.startswith("package[")
    assert hint in str(raised.value.hint)
    assert plan_conda(lock, groups=["main"], target=LINUX, listing=True)


def test_md5_is_enough_where_it_is_allowed() -> None:
    lock = conda_lock(conda_platform(PYTHON, WEAK))

    assert plan_conda(lock, groups=["main"], target=LINUX, allow_md5=True)


def test_many_weak_packages_are_counted() -> None:
    many = [conda_package(f"p{i}", sha256=None) for i in range(8)]

    with pytest.raises(PlanError, match="`p4` and 3 more have no SHA-256 digest"):
        plan_conda(conda_lock(conda_platform(*many)), groups=["main"], target=LINUX)


@pytest.mark.parametrize(
    ("version", "python"),
    [("3.11.7", "3.11.7"), ("3.14.0rc2", "3.14.0rc2"), ("3.12.0rc1_0", "3.12.0rc1")],
)
def test_the_python_is_the_locks(version: str, python: str) -> None:
    assert conda_python([NUMPY, conda_package(f"python={version}")]) == python
    assert conda_python([NUMPY]) is None

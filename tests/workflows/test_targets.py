"""Which target `auto` is, on which machine."""

from __future__ import annotations

import pytest

from noxlock.errors import PlanError
from noxlock.model import Subdir
from noxlock.workflows.targets import machine_subdir, needs_cuda, pick_target

LINUX = ("linux-64", "linux-64-cuda118", "linux-64-cuda124", "osx-arm64")


@pytest.mark.parametrize(
    ("subdir", "targets", "cuda", "picked"),
    [
        (Subdir.LINUX_64, LINUX, None, "linux-64"),
        (Subdir.LINUX_64, LINUX, "11.2", "linux-64"),
        (Subdir.LINUX_64, LINUX, "12.0", "linux-64-cuda118"),
        (Subdir.LINUX_64, LINUX, "13.0", "linux-64-cuda124"),
        (Subdir.LINUX_64, ("linux-64-cuda",), "11.2", "linux-64-cuda"),
        (Subdir.OSX_ARM64, LINUX, None, "osx-arm64"),
        (Subdir.OSX_ARM64, ("osx-arm64", "osx-arm64-mps"), None, "osx-arm64-mps"),
    ],
)
def test_auto_is_the_machines_own(
    subdir: Subdir, targets: tuple[str, ...], cuda: str | None, picked: str
) -> None:
    assert pick_target(subdir, targets, lambda: cuda) == picked


def test_a_machine_that_no_target_is_for_is_told_so() -> None:
    with pytest.raises(PlanError, match="the lock is not for win-64, only for linux"):
        pick_target(Subdir.WIN_64, LINUX, lambda: None)
    with pytest.raises(PlanError) as caught:
        pick_target(Subdir.LINUX_64, ("linux-64-cuda",), lambda: None)
    assert str(caught.value) == (
        "the lock is for linux-64-cuda, and this machine is linux-64 without CUDA"
    )
    assert "`target: linux-64-cuda` makes it all the same" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("target", "needs"),
    [
        ("linux-64", False),
        ("linux-64-cuda", True),
        ("win-64-cuda12", True),
        ("osx-arm64-mps", False),
        ("auto", False),
    ],
)
def test_a_variant_tells_whether_it_is_for_cuda(target: str, *, needs: bool) -> None:
    assert needs_cuda(target) is needs


def test_this_machine_has_a_platform() -> None:
    assert machine_subdir() in set(Subdir)

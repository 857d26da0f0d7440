"""One file a package: the best wheel for the target, else the sdist."""

from __future__ import annotations

import pytest

from noxlock.model import Kind, Subdir, Target
from noxlock.plan.wheels import choose, fits, is_sdist, is_wheel
from support.locks import file

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7")
MAC = Target(subdir=Subdir.OSX_ARM64, python="3.11.7")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a-1-py3-none-any.whl a-1-cp311-cp311-manylinux_2_17_x86_64.whl", 1),
        ("a-1-cp311-cp311-manylinux2014_x86_64.whl a-1-cp311-abi3-linux_x86_64.whl", 0),
        ("a-1-cp38-abi3-manylinux1_x86_64.whl a-1-py3-none-any.whl", 0),
        ("a-1-py2-none-any.whl a-1-py2.py3-none-any.whl", 1),
        ("a-1-py3-none-any.whl a-1-2-py3-none-any.whl a-1-10b-py3-none-any.whl", 2),
        ("a-1-cp311-cp311-manylinux_2_40_x86_64.whl a-1.tar.gz", 1),
        ("a-1-cp312-cp312-linux_x86_64.whl a-1.zip a-1.tar.gz", 2),
        ("a-1.tar.bz2 a-1.zip", 1),
        ("odd.whl a-1.tar.gz", 1),
        ("a-1.exe a-1.tar.gz", 1),
    ],
    ids=[
        "platform before any",
        "own abi before the stable one",
        "stable abi before pure",
        "python 3",
        "higher build number",
        "glibc too new",
        "python too new",
        "zip before bz2",
        "name of no wheel",
        "installer",
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_the_best_file_is_chosen(names: str, expected: int, turn: int) -> None:
    files = [file(name) for name in names.split()]

    chosen = choose(files[::turn], LINUX, only_binary=False)

    assert chosen is not None
    assert chosen[0] == files[expected]
    assert chosen[1] is (Kind.WHEEL if is_wheel(chosen[0].filename) else Kind.SDIST)


def test_the_same_files_give_another_target_another_wheel() -> None:
    files = [
        file("a-1-cp311-cp311-macosx_11_0_arm64.whl"),
        file("a-1-cp311-cp311-macosx_15_0_arm64.whl"),
        file("a-1-cp311-cp311-manylinux_2_28_x86_64.whl"),
    ]

    assert choose(files, MAC, only_binary=True) == (files[0], Kind.WHEEL)
    assert choose(files, LINUX, only_binary=True) == (files[2], Kind.WHEEL)


def test_only_binary_takes_no_sdist() -> None:
    assert choose([file("a-1.tar.gz")], LINUX, only_binary=True) is None


def test_nothing_fits_where_there_is_nothing() -> None:
    assert choose([], LINUX, only_binary=False) is None


def test_names_tell_the_kinds_apart() -> None:
    assert fits("a-1-py3-none-any.whl", LINUX)
    assert not fits("a-1-py3-none-win_amd64.whl", LINUX)
    assert not fits("a-1.tar.gz", LINUX)
    assert is_sdist("a-1.tgz")
    assert not is_sdist("a-1.egg")

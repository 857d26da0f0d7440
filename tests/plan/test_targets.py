"""Targets are facts of another machine: markers, tags and versions of python."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from packaging.markers import Marker, default_environment
from packaging.tags import Tag, sys_tags
from packaging.version import Version

from noxlock.errors import PlanError
from noxlock.model import Subdir, Target
from noxlock.plan import full_python, marker_environment, parse_target, tags

if TYPE_CHECKING:
    from collections.abc import Callable

LINUX = Target(subdir=Subdir.LINUX_64, python="3.11.7")


@pytest.mark.parametrize("subdir", Subdir)
def test_every_subdir_is_a_target_with_markers_and_tags(subdir: Subdir) -> None:
    target = parse_target(subdir, python="3.12.4")

    assert target == Target(subdir=subdir, python="3.12.4")
    environment = marker_environment(target)
    assert environment["python_version"] == "3.12"
    assert environment["python_full_version"] == "3.12.4"
    assert Tag("py3", "none", "any") in tags(target)
    assert Marker("platform_python_implementation == 'CPython'").evaluate(environment)


def test_a_variant_follows_the_subdir() -> None:
    target = parse_target("linux-64-cuda", python="3.11")

    assert (target.subdir, target.variant) == (Subdir.LINUX_64, "cuda")
    assert target.name == "linux-64-cuda"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("linux_64", "did you mean `linux-64`?"),
        ("linux-64cuda", "did you mean `linux-64`?"),
        ("beos", "a variant follows a hyphen: `linux-64-cuda`"),
        ("linux-64-", "did you mean `linux-64`?"),
    ],
)
def test_an_unknown_target_lists_the_known_ones(text: str, hint: str) -> None:
    with pytest.raises(PlanError) as raised:
        parse_target(text, python="3.11")

    assert raised.value.what == (
        f"unknown target `{text}`: known are linux-64, linux-aarch64, linux-ppc64le,"
        " osx-64, osx-arm64, win-64"
    )
    assert raised.value.hint == hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.11.7", "3.11.7"),
        ("3.14.0rc1", "3.14.0rc1"),
        ("3.8", "3.8.20"),
        ("3.99", "3.99.0"),
    ],
)
def test_a_minor_version_stands_for_its_last_release(text: str, expected: str) -> None:
    assert full_python(text) == expected


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        (lambda version: version == "3.9.17", "3.9.17"),
        (lambda version: Version(version) < Version("3.9.5"), "3.9.4"),
        (lambda version: Version(version) > Version("3.9.30"), "3.9.40"),
        (lambda _: True, "3.9.25"),
        (lambda _: False, "3.9.25"),
    ],
)
def test_a_minor_version_stands_for_a_release_that_fits(
    fits: Callable[[str], bool], expected: str
) -> None:
    assert full_python("3.9", fits) == expected
    assert full_python("3.9.1", fits) == "3.9.1"


@pytest.mark.parametrize("text", ["3", "", "3.11.x", "python3.11", ">=3.11"])
def test_what_is_no_version_of_python_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="is not a python version") as raised:
        parse_target("linux-64", python=text)

    assert raised.value.hint == (
        "give major and minor, `3.11`, or the full version, `3.11.7`"
    )


@pytest.mark.parametrize(
    ("subdir", "expected"),
    [
        (Subdir.LINUX_64, ("posix", "linux", "Linux", "x86_64")),
        (Subdir.LINUX_AARCH64, ("posix", "linux", "Linux", "aarch64")),
        (Subdir.OSX_64, ("posix", "darwin", "Darwin", "x86_64")),
        (Subdir.OSX_ARM64, ("posix", "darwin", "Darwin", "arm64")),
        (Subdir.WIN_64, ("nt", "win32", "Windows", "AMD64")),
    ],
)
def test_markers_see_the_target(
    subdir: Subdir, expected: tuple[str, str, str, str]
) -> None:
    environment = marker_environment(Target(subdir=subdir, python="3.11.7"))

    names = ("os_name", "sys_platform", "platform_system", "platform_machine")
    assert tuple(environment[name] for name in names) == expected


def platforms(target: Target) -> list[str]:
    return list(dict.fromkeys(tag.platform for tag in tags(target)))


def test_linux_wheels_may_ask_for_any_glibc_up_to_the_targets() -> None:
    assert platforms(replace(LINUX, glibc=(2, 17))) == [
        "linux_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
        "manylinux_2_16_x86_64",
        "manylinux_2_15_x86_64",
        "manylinux_2_14_x86_64",
        "manylinux_2_13_x86_64",
        "manylinux_2_12_x86_64",
        "manylinux2010_x86_64",
        "manylinux_2_11_x86_64",
        "manylinux_2_10_x86_64",
        "manylinux_2_9_x86_64",
        "manylinux_2_8_x86_64",
        "manylinux_2_7_x86_64",
        "manylinux_2_6_x86_64",
        "manylinux_2_5_x86_64",
        "manylinux1_x86_64",
        "any",
    ]


def test_other_machines_than_x86_begin_with_glibc_2_17() -> None:
    target = replace(LINUX, subdir=Subdir.LINUX_AARCH64, glibc=(2, 18))

    assert platforms(target) == [
        "linux_aarch64",
        "manylinux_2_18_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
        "any",
    ]


def test_macos_wheels_may_ask_for_any_release_up_to_the_targets() -> None:
    target = replace(LINUX, subdir=Subdir.OSX_ARM64, macos=(12, 0))

    found = platforms(target)

    assert found[:2] == ["macosx_12_0_arm64", "macosx_12_0_universal2"]
    assert "macosx_13_0_arm64" not in found
    assert "macosx_10_9_universal2" in found


def test_tags_begin_with_the_interpreters_own() -> None:
    found = tags(replace(LINUX, subdir=Subdir.WIN_64))

    assert str(found[0]) == "cp311-cp311-win_amd64"
    assert str(found[-1]) == "py30-none-any"


def test_the_abi_of_old_pythons_names_pymalloc() -> None:
    assert tags(replace(LINUX, python="3.7.17"))[0].abi == "cp37m"
    assert tags(replace(LINUX, python="3.8.20"))[0].abi == "cp38"


@pytest.mark.skipif(
    (sys.platform, platform.machine(), platform.libc_ver()[0])
    != ("linux", "x86_64", "glibc"),
    reason="compares with a linux machine",
)
def test_a_target_like_this_machine_has_its_tags_and_markers() -> None:
    major, minor = platform.libc_ver()[1].split(".")[:2]
    target = Target(
        subdir=Subdir.LINUX_64,
        python=platform.python_version(),
        glibc=(int(major), int(minor)),
    )

    assert list(tags(target)) == list(sys_tags())
    machines = {"platform_release", "platform_version"}
    here = {k: v for k, v in default_environment().items() if k not in machines}
    found = marker_environment(target)
    assert {k: v for k, v in found.items() if k not in machines} == here
    assert found.keys() == default_environment().keys()


def test_tags_are_made_once_a_target() -> None:
    assert tags(LINUX) is tags(replace(LINUX))

"""What a target is to markers and to wheel tags. Pure: never this machine's facts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

from noxlock.errors import PlanError, nearest
from noxlock.model import Subdir, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "full_python",
    "known_pythons",
    "marker_environment",
    "parse_target",
    "tags",
]

# What `3.11` stands for where no interpreter says it: the last release known here.
_LAST: Final[Mapping[str, str]] = {
    "3.6": "3.6.15",
    "3.7": "3.7.17",
    "3.8": "3.8.20",
    "3.9": "3.9.25",
    "3.10": "3.10.19",
    "3.11": "3.11.14",
    "3.12": "3.12.12",
    "3.13": "3.13.11",
    "3.14": "3.14.2",
}
_MOST_PATCHES: Final = 40
_PYTHON: Final = re.compile(r"(\d+\.\d+)(\.\d+(?:(?:a|b|rc)\d+)?)?")
_LINUX: Final = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_release": "6.8.0-31-generic",
    "platform_version": "#31-Ubuntu SMP",
}
_MACOS: Final = {
    "os_name": "posix",
    "sys_platform": "darwin",
    "platform_system": "Darwin",
    "platform_release": "23.6.0",
    "platform_version": "Darwin Kernel Version 23.6.0",
}
_WINDOWS: Final = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_release": "10",
    "platform_version": "10.0.19045",
}
_PLATFORMS: Final[Mapping[Subdir, tuple[Mapping[str, str], str]]] = {
    Subdir.LINUX_64: (_LINUX, "x86_64"),
    Subdir.LINUX_AARCH64: (_LINUX, "aarch64"),
    Subdir.LINUX_PPC64LE: (_LINUX, "ppc64le"),
    Subdir.OSX_64: (_MACOS, "x86_64"),
    Subdir.OSX_ARM64: (_MACOS, "arm64"),
    Subdir.WIN_64: (_WINDOWS, "AMD64"),
}
# PEP 600: the old names of three policies.
_LEGACY_POLICIES: Final[Mapping[int, str]] = {
    17: "manylinux2014",
    12: "manylinux2010",
    5: "manylinux1",
}


def parse_target(text: str, *, python: str) -> Target:
    """Return the target that *text* names: `linux-64`, `linux-64-cuda`, `osx-arm64`.

    Args:
        text: A subdir, and a variant after another hyphen.
        python: `3.11` or `3.11.7`.

    Raises:
        PlanError: The subdir is not known, or *python* is no version.
    """
    full = full_python(python)
    for subdir in sorted(Subdir, key=len, reverse=True):
        rest = text.removeprefix(subdir)
        if rest == text or (rest and not re.fullmatch(r"-[\w.\-]+", rest)):
            continue
        return Target(subdir=subdir, python=full, variant=rest[1:] or None)
    raise PlanError(
        f"unknown target `{text}`: known are {', '.join(Subdir)}",
        hint=nearest(text, Subdir) or "a variant follows a hyphen: `linux-64-cuda`",
    )


def full_python(text: str, fits: Callable[[str], bool] | None = None) -> str:
    """Return the full version that *text*, `3.11` or `3.11.7`, stands for.

    Args:
        text: Minor version, or a full one, which stands for itself.
        fits: Which versions will do, as a lock for `>=3.9.2,<3.9.18` says it. Of those
            the last release known here is taken, else the newest, else none is.

    Raises:
        PlanError: It is no version.
    """
    found = _PYTHON.fullmatch(text)
    if not found:
        raise PlanError(
            f"`{text}` is not a python version",
            hint="give major and minor, `3.11`, or the full version, `3.11.7`",
        )
    if found[2]:
        return text
    last = _LAST.get(text, f"{text}.0")
    if fits is None or fits(last):
        return last
    patches = (f"{text}.{patch}" for patch in range(_MOST_PATCHES, -1, -1))
    return next(filter(fits, patches), last)


def known_pythons() -> tuple[str, ...]:
    """Return the last release known of each minor version, the oldest first."""
    return tuple(_LAST.values())


def marker_environment(target: Target) -> dict[str, str]:
    """Return the values of PEP 508's environment markers on *target*."""
    platform, machine = _PLATFORMS[target.subdir]
    return {
        **platform,
        "platform_machine": machine,
        "python_version": target.python_minor,
        "python_full_version": target.python,
        "implementation_name": "cpython",
        "implementation_version": target.python,
        "platform_python_implementation": "CPython",
    }


@lru_cache(maxsize=64)
def tags(target: Target) -> tuple[Tag, ...]:
    """Return the wheel tags that fit *target*, best first."""
    major, minor = (int(part) for part in target.python_minor.split("."))
    # PEP 3149's `m` for pymalloc, which was in every build, went with 3.8.
    abi = f"cp{major}{minor}" + ("m" if (major, minor) < (3, 8) else "")
    platforms = list(_platforms(target))
    return (
        *cpython_tags((major, minor), abis=[abi], platforms=platforms),
        *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
    )


def _platforms(target: Target) -> Iterator[str]:
    match target.subdir:
        case Subdir.WIN_64:
            yield "win_amd64"
        case Subdir.OSX_64:
            yield from mac_platforms(target.macos, "x86_64")
        case Subdir.OSX_ARM64:
            yield from mac_platforms(target.macos, "arm64")
        case Subdir.LINUX_64 | Subdir.LINUX_AARCH64 | Subdir.LINUX_PPC64LE:
            yield from _linux_platforms(target)


def _linux_platforms(target: Target) -> Iterator[str]:
    machine = _PLATFORMS[target.subdir][1]
    major, newest = target.glibc
    # "manylinux1 wheels are x86_64 and i686 only": other machines begin with 2.17.
    oldest = 5 if target.subdir is Subdir.LINUX_64 else 17
    # Built for this very machine, as packaging has it, so before any policy.
    yield f"linux_{machine}"
    for minor in range(newest, oldest - 1, -1):
        yield f"manylinux_{major}_{minor}_{machine}"
        if minor in _LEGACY_POLICIES:
            yield f"{_LEGACY_POLICIES[minor]}_{machine}"

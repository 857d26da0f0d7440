"""From a lock of conda packages and a request to the exact packages. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from noxlock.errors import PlanError, nearest
from noxlock.model import GroupName
from noxlock.plan.targets import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from noxlock.model import CondaLock, CondaPackage, CondaPlatform, Target

__all__ = [
    "check_hashes",
    "conda_python",
    "parse_platform",
    "plan_conda",
    "platform_of",
    "requested_categories",
    "weakness",
]

_ALL: Final = "all"
_PYTHON: Final = "python"
_SHOWN: Final = 5
# `3.12.0rc1`; conda puts an underscore after some: `3.12.0rc1_0` is no version.
_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?")


def parse_platform(text: str) -> Target:
    """Return the target that *text* names, its python being left for the lock to say.

    Raises:
        PlanError: The subdir is not known.
    """
    return replace(parse_target(text, python="3.0"), python="")


def plan_conda(
    lock: CondaLock,
    *,
    groups: Sequence[str],
    target: Target,
    allow_md5: bool = False,
    listing: bool = False,
) -> tuple[CondaPackage, ...]:
    """Return the packages of *groups*, sorted by name, each with those that want it.

    Args:
        lock: What is pinned.
        groups: Categories of the lock; `all` is every one.
        target: Where it must run; its variant picks the platform, its python is not
            looked at.
        allow_md5: Take a package of which the lock has no more than an MD5 digest.
        listing: Take any package, since nothing is to be installed.

    Not checked: whether the packages satisfy each other; the lock is their solution.

    Raises:
        PlanError: With the lock as its file. A category is not known, the platform is
            not in the lock, two packages of one name are wanted, or a digest is absent.
    """
    try:
        wanted = requested_categories(lock, groups)
        found = [
            replace(package, categories=by)
            for package in platform_of(lock, target).packages
            if (by := tuple(g for g in wanted if g in package.categories))
        ]
        _check_names(found)
        if not listing:
            check_hashes(found, allow_md5=allow_md5)
    except PlanError as error:
        raise error.inside(file=lock.file) from error.__cause__
    return tuple(sorted(found, key=lambda package: package.name))


def requested_categories(
    lock: CondaLock, groups: Sequence[str]
) -> tuple[GroupName, ...]:
    """Return *groups* as the lock names them, sorted; `all` is every one of them.

    Raises:
        PlanError: One is not known; lists those that are.
    """
    known = ", ".join(lock.categories)
    if _ALL in groups:
        return tuple(sorted(lock.categories))
    if not groups:
        raise PlanError("no group is asked for", hint=f"known groups are {known}")
    wanted = {GroupName(canonicalize_name(group)) for group in groups}
    for group in sorted(wanted - set(lock.categories)):
        raise PlanError(
            f"unknown group `{group}`: known groups are {known}",
            hint=nearest(group, lock.categories),
        )
    return tuple(sorted(wanted))


def platform_of(lock: CondaLock, target: Target) -> CondaPlatform:
    """Return what *lock* holds for *target*.

    A variant picks the platform of that name. Where the lock has but one platform for
    the subdir, it is that one: conda-lock.yml holds one variant a file.

    Raises:
        PlanError: It holds nothing for it; lists what it does hold.
    """
    of_subdir = [p for p in lock.platforms if p.subdir == target.subdir]
    for platform in of_subdir:
        if platform.name == target.name:
            return platform
    if target.variant and [p.name for p in of_subdir] == [target.subdir]:
        return of_subdir[0]
    names = ", ".join(platform.name for platform in lock.platforms)
    raise PlanError(
        f"the lock is not for {target.name}, only for {names}",
        hint="take a target that it is for, or lock again for this one",
    )


def conda_python(packages: Iterable[CondaPackage]) -> str | None:
    """Return the full version of the python among *packages*; None without one.

    Raises:
        PlanError: It has none that says which wheels fit.
    """
    for package in packages:
        if package.name == _PYTHON:
            if (found := _VERSION.match(package.version)) is None:
                raise PlanError(
                    f"{package.version!r} is no version of python",
                    key=package.where,
                    hint="lock again",
                )
            return found[0]
    return None


def check_hashes(packages: Iterable[CondaPackage], *, allow_md5: bool = False) -> None:
    """Hold *packages* to what an exact environment needs.

    Raises:
        PlanError: A package has no SHA-256 digest, nor an MD5 one where that is enough.
    """
    weak = [package for package in packages if package.sha256 is None]
    if allow_md5:
        weak = [package for package in weak if package.md5 is None]
    if not weak:
        return
    md5 = all(package.md5 for package in weak)
    hint = (
        "take a lock with SHA-256 digests: conda-lock.yml rather than conda's own"
        " @EXPLICIT; or set `allow-md5: true`: MD5 does not hold against tampering"
        if md5
        else "lock again with a tool that writes digests"
    )
    raise PlanError(weakness(weak), key=weak[0].where, hint=hint)


def weakness(packages: Sequence[CondaPackage]) -> str:
    """Say of *packages*, which have no SHA-256 digest, what they have."""
    names = ", ".join(f"`{package.name}`" for package in packages[:_SHOWN])
    more = len(packages) - _SHOWN
    if more > 0:
        names += f" and {more} more"
    md5 = all(package.md5 for package in packages)
    what = "an MD5 digest only" if md5 else "no SHA-256 digest"
    return f"{names} {'has' if len(packages) == 1 else 'have'} {what}"


def _check_names(packages: Iterable[CondaPackage]) -> None:
    seen: dict[str, CondaPackage] = {}
    for package in packages:
        other = seen.setdefault(package.name, package)
        if other is not package:
            raise PlanError(
                f"two packages of the name `{package.name}` are wanted at once:"
                f" {_pin(other)} and {_pin(package)}",
                key=package.where,
                hint="ask for fewer groups: environments of pixi do not mix",
            )


def _pin(package: CondaPackage) -> str:
    groups = ", ".join(package.categories)
    return f"{package.version} {package.build} (for {groups} at {package.where})"

"""Locks of conda packages, written down in the fewest words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from noxlock.model import CondaLock, CondaPackage, CondaPlatform, GroupName, Subdir
from support.locks import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.model import LockedPackage

__all__ = ["conda_lock", "conda_package", "conda_platform"]

BASE = "https://conda.example.org/demo"


def conda_package(pin: str, *depends: str, **facts: Any) -> CondaPackage:  # noqa: ANN401 - fields of CondaPackage
    """Return the package `name=version=build`, of `main` unless *facts* say other."""
    name, version, build, *_ = [*pin.split("="), "1", "h1_0"]
    filename = f"{name}-{version}-{build}.conda"
    return CondaPackage(
        **{
            "name": name,
            "version": version,
            "build": build,
            "subdir": "linux-64",
            "filename": filename,
            "url": f"{BASE}/linux-64/{filename}",
            "channel": BASE,
            "sha256": digest(filename),
            "depends": depends,
            "categories": (GroupName("main"),),
            "where": f"package[{name}]",
            **facts,
        }
    )


def conda_platform(
    *packages: CondaPackage, name: str = "linux-64", pypi: Iterable[LockedPackage] = ()
) -> CondaPlatform:
    """Return what a lock holds for the platform *name*, a variant or not."""
    subdir = next(subdir for subdir in Subdir if name.startswith(subdir))
    return CondaPlatform(name=name, subdir=subdir, packages=packages, pypi=tuple(pypi))


def conda_lock(*platforms: CondaPlatform, **facts: Any) -> CondaLock:  # noqa: ANN401 - fields of CondaLock
    """Return a conda-lock.yml with `main` and `dev`."""
    return CondaLock(
        **{
            "format": "conda-lock",
            "file": "conda-lock.yml",
            "platforms": platforms,
            "categories": (GroupName("main"), GroupName("dev")),
            **facts,
        }
    )

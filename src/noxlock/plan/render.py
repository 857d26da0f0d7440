"""A plan as data for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from noxlock.model import Kind

if TYPE_CHECKING:
    from noxlock.model import CondaPackage, Plan, PlannedPackage

__all__ = ["plan_json"]


def plan_json(plan: Plan, *, python: str | None = None) -> dict[str, Any]:
    """Return *plan* as `noxlock plan --json` prints it; None where nothing applies.

    Args:
        plan: Both of its layers are in one list, sorted by name.
        python: What was asked for, `3.11`, where the target's own version is but
            assumed.
    """
    packages = [_conda(package) for package in plan.conda]
    packages += [_package(package) for package in plan.packages]
    return {
        "target": plan.target.name,
        "python": python or plan.target.python or None,
        "packages": sorted(packages, key=lambda package: str(package["name"])),
    }


def _conda(package: CondaPackage) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "kind": str(Kind.CONDA),
        "artifact": package.filename,
        "url": package.url,
        "sha256": package.sha256,
        "groups": list(package.categories),
    }


def _package(package: PlannedPackage) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.version,
        "kind": None if package.kind is None else str(package.kind),
        "artifact": package.artifact,
        "url": package.url,
        "sha256": package.sha256,
        "groups": list(package.groups),
    }

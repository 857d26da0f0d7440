"""A plan as data for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from noxlock.model import Plan, PlannedPackage

__all__ = ["plan_json"]


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return *plan* as `noxlock plan --json` prints it; None where nothing applies."""
    return {
        "target": plan.target.name,
        "python": plan.target.python,
        "packages": [_package(package) for package in plan.packages],
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

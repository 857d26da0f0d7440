"""Markers and constraints, asked of a target."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from poetry.core.constraints.version import Version, parse_constraint

from noxlock.errors import PlanError
from noxlock.plan.targets import marker_environment

if TYPE_CHECKING:
    from collections.abc import Set

    from packaging.markers import Marker
    from poetry.core.constraints.version import VersionConstraint

    from noxlock.model import Target

__all__ = ["Conditions", "allows", "allows_python"]


class Conditions:
    """Whether markers hold on one target, each asked once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._environment = marker_environment(target)
        self._known: dict[tuple[int, Set[str], Set[str]], bool] = {}
        self._alive: list[Marker] = []

    def hold(
        self,
        marker: Marker | None,
        *,
        extras: Set[str] = frozenset(),
        groups: Set[str] = frozenset(),
    ) -> bool:
        """Return whether *marker* holds with these extras and groups; None always does.

        Raises:
            PlanError: It compares what cannot be compared.
        """
        if marker is None:
            return True
        # By identity: to hash a marker is to write it out.
        key = (id(marker), extras, groups)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = self._evaluate(marker, extras, groups)
            self._alive.append(marker)
        return known

    def _evaluate(self, marker: Marker, extras: Set[str], groups: Set[str]) -> bool:
        asked = {"extras": extras, "dependency_groups": groups}
        try:
            return marker.evaluate({**self._environment, **asked}, context="lock_file")
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            what = " ".join(str(error).split())
            raise PlanError(f"marker `{marker}` cannot be evaluated: {what}") from error


@lru_cache(maxsize=16384)
def allows(constraint: str, version: str) -> bool:
    """Return whether a version constraint, Poetry's or PEP 440's, allows *version*.

    Raises:
        PlanError: Either is malformed.
    """
    try:
        return _constraint(constraint).allows(Version.parse(version))
    except ValueError as error:
        what = " ".join(str(error).split())
        raise PlanError(f"not a version constraint: {what}") from error


def allows_python(constraint: str, python: str) -> bool:
    """Return whether *constraint* allows *python*, a pre-release as its release."""
    return allows(constraint, Version.parse(python).stable.text)


@lru_cache(maxsize=4096)
def _constraint(text: str) -> VersionConstraint:
    # Real projects have `>=1.2;<=1.21.5`, which Poetry once read as a comma.
    return parse_constraint(text.replace(";", ","))

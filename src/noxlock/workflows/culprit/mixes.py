"""Mixes of two locks: what each holds, and its environment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from msgspec import json, structs

from noxlock.model import CondaPackage, PlanKey, PlannedPackage
from noxlock.search import ChangeId, Compatibility, changes_between, locked_metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from noxlock.model import Plan
    from noxlock.search import Candidate, Change, Changes, Metadata, Probe
    from noxlock.workflows.culprit.sides import Side
    from noxlock.workflows.environments import Builder, BuiltEnvironment

__all__ = ["Mixes"]

_PYTHON: Final = ChangeId("interpreter/python")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mixes:
    """All mixes of the old lock and the new one."""

    old: Side
    new: Side
    changes: Changes
    rules: Compatibility

    @classmethod
    def of(
        cls,
        old: Side,
        new: Side,
        *,
        metadata: Mapping[tuple[str, str | None], Metadata],
        satisfies: Callable[[str, Candidate], bool],
    ) -> Self:
        """Return the mixes of two locks of one environment.

        Args:
            old: The lock that was good.
            new: The lock that is not.
            metadata: What the wheels themselves say, where their lock does not.
            satisfies: Whether a conda package is what a match spec asks for.
        """
        from noxlock.plan import (  # noqa: PLC0415 - slow to import
            marker_environment,
            pypi_names,
        )

        known = dict(metadata)
        for side in (old, new):
            if side.lock is not None:
                known |= {
                    key: found
                    for key, found in locked_metadata(side.lock).items()
                    if found.requirements or key not in known
                }
        found = changes_between(
            old.plan, new.plan, metadata=known, pypi_names=pypi_names
        )
        rules = Compatibility(
            found,
            environments=(
                marker_environment(old.plan.target),
                marker_environment(new.plan.target),
            ),
            extras=_extras(new),
            satisfies=satisfies,
        )
        return cls(old=old, new=new, changes=found, rules=rules)

    def change(self, name: ChangeId) -> Change:
        """Return the change of this name."""
        return next(each for each in self.changes.changed if each.id == name)

    def plan(
        self, probe: Probe, releases: Mapping[ChangeId, Mapping[str, Candidate]]
    ) -> Plan:
        """Return what the environment of *probe* holds.

        Args:
            probe: A mix, one of its changes perhaps at a release in between.
            releases: Those, by change and version.
        """
        pins = self.changes.at(probe.new)
        if probe.release is not None:
            name, version = probe.release
            pins = {**pins, name: releases[name][version]}
        elif len(probe.new) == len(self.changes.changed):
            return self.new.plan
        elif not probe.new:
            return self.old.plan
        held = [pin.package for pin in pins.values()]
        wheels = sorted(
            (each for each in held if isinstance(each, PlannedPackage)),
            key=lambda package: package.name,
        )
        conda = sorted(
            (each for each in held if isinstance(each, CondaPackage)),
            key=lambda package: package.name,
        )
        return self._mixed(self._side(probe), wheels, conda)

    def _mixed(
        self, side: Side, wheels: list[PlannedPackage], conda: list[CondaPackage]
    ) -> Plan:
        target = side.plan.target
        for package in conda:
            if package.name == "python":
                target = structs.replace(target, python=package.version)
        facts = json.encode([side.plan.key, target, wheels, conda])
        digest = hashlib.sha256(facts).hexdigest()
        one, other = self.new.plan, self.old.plan
        return structs.replace(
            one,
            key=PlanKey(f"mix-{digest[:32]}"),
            target=target,
            packages=tuple(wheels),
            conda=tuple(conda),
            indexes=_together(one.indexes, other.indexes),
            extra_indexes=_together(one.extra_indexes, other.extra_indexes),
            find_links=_together(one.find_links, other.find_links),
            missing=(),
            warnings=(),
        )

    def build(
        self, builder: Builder, probe: Probe, plan: Plan, prefix: Path
    ) -> BuiltEnvironment:
        """Make the environment of *probe* at *prefix*.

        Raises:
            NoxlockError: It cannot be had, built or linked.
        """
        side = self._side(probe)
        return builder.build(
            replace(
                side.request,
                python=side.python or side.request.python,
                plan=plan,
                prefix=prefix,
                reuse=False,
                compile_first=False,
            )
        )

    def _side(self, probe: Probe) -> Side:
        """Return whose interpreter the mix has."""
        if any(each.id == _PYTHON for each in self.changes.changed):
            return self.new if _PYTHON in probe.new else self.old
        return self.new


def _together(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _extras(side: Side) -> dict[str, set[str]]:
    """Return the extras that the project itself asks for, by distribution."""
    roots = getattr(side.lock and side.lock.selection, "roots", {})
    found: dict[str, set[str]] = {}
    for group in side.plan.groups:
        for root in roots.get(group, ()):
            found.setdefault(root.name, set()).update(root.extras)
    return found

"""What changed between two plans of one environment, package by package. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from noxlock.model import CondaPackage, Plan, PlannedPackage

__all__ = [
    "Candidate",
    "Change",
    "ChangeId",
    "Changes",
    "Layer",
    "Metadata",
    "changes_between",
]

ChangeId = NewType("ChangeId", str)
"""A layer and a name in it: `pypi/numpy`, `conda/numpy`, `interpreter/python`."""


class Layer(StrEnum):
    """Where a package lies: a name may stand in two of them."""

    PYPI = "pypi"
    CONDA = "conda"
    INTERPRETER = "interpreter"


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """What a distribution asks of others."""

    requirements: tuple[str, ...] = ()
    """PEP 508, as its `Requires-Dist` says them."""
    requires_python: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A package as one lock pins it."""

    version: str | None
    """None: a folder or a commit whose version is not known."""
    identity: str = ""
    """Tells its bytes from another build of the same version: a sha256, a commit."""
    requirements: tuple[str, ...] = ()
    """PEP 508 for a distribution, match specs for a conda package."""
    requires_python: str | None = None
    wheel: str | None = None
    """File name of a wheel: the tags in it say which pythons can run it."""
    provides: tuple[str, ...] = ()
    """What PEP 508 requirements call it, normalised: of conda's `pytorch`, `torch`."""
    package: PlannedPackage | CondaPackage | None = None
    """What it was made from; None for an interpreter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A package that the two locks have otherwise, or that only one of them has."""

    name: str
    layer: Layer = Layer.PYPI
    old: Candidate | None
    """None: the old lock has it not."""
    new: Candidate | None

    @property
    def id(self) -> ChangeId:
        """Its name in probes."""
        return ChangeId(f"{self.layer}/{self.name}")

    @property
    def rebuilt(self) -> bool:
        """Whether both ends have the same version, in other bytes."""
        return bool(self.old and self.new and self.old.version == self.new.version)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Two locks, package by package."""

    changed: tuple[Change, ...]
    """Sorted by id."""
    kept: tuple[Change, ...] = ()
    """What both have alike; its `old` is its `new`."""

    def at(self, new: Container[ChangeId]) -> dict[ChangeId, Candidate]:
        """Return what a mix holds: *new* as the new lock has them, the rest as the old.

        Not checked: that its packages go together.
        """
        taken = ((c.id, c.new if c.id in new else c.old) for c in self.changed)
        kept = ((c.id, c.new) for c in self.kept)
        return {each: found for each, found in (*taken, *kept) if found}


def changes_between(
    old: Plan,
    new: Plan,
    *,
    metadata: Mapping[tuple[str, str | None], Metadata],
    pypi_names: Callable[[CondaPackage], Sequence[NormalizedName]],
) -> Changes:
    """Return how *new* differs from *old*: versions, bytes, and the interpreter.

    The interpreter counts as a change of its own only where no conda lock brings it.
    Not told apart: two artifacts of one name and version that a lock pins by the same
    hashes; folders, whose bytes are the working tree's.

    Args:
        old: The plan of the lock that was good.
        new: Of the same environment, groups and target, from the lock that is not.
        metadata: By name and version; what is not there asks for nothing.
        pypi_names: What PyPI calls a conda package (`noxlock.plan.pypi_names`).
    """
    before = dict(_candidates(old, metadata, pypi_names))
    after = dict(_candidates(new, metadata, pypi_names))
    found = [
        Change(name=name, layer=layer, old=before.get(key), new=after.get(key))
        for key in before.keys() | after.keys()
        for layer, name in [key]
    ]
    found.sort(key=lambda change: change.id)
    kept = {change.id for change in found if _same(change.old, change.new)}
    return Changes(
        changed=tuple(change for change in found if change.id not in kept),
        kept=tuple(change for change in found if change.id in kept),
    )


def _same(old: Candidate | None, new: Candidate | None) -> bool:
    if old is None or new is None:
        return False
    return (old.version, old.identity) == (new.version, new.identity)


def _candidates(
    plan: Plan,
    metadata: Mapping[tuple[str, str | None], Metadata],
    pypi_names: Callable[[CondaPackage], Sequence[NormalizedName]],
) -> Iterator[tuple[tuple[Layer, str], Candidate]]:
    for wheel in plan.packages:
        known = metadata.get((wheel.name, wheel.version), Metadata())
        yield (Layer.PYPI, wheel.name), _of_pypi(wheel, known)
    for package in plan.conda:
        names = tuple(pypi_names(package))
        yield (Layer.CONDA, package.name), _of_conda(package, names)
    if plan.target.python and all(each.name != "python" for each in plan.conda):
        yield (Layer.INTERPRETER, "python"), Candidate(version=plan.target.python)


def _of_pypi(package: PlannedPackage, known: Metadata) -> Candidate:
    pinned = package.sha256 or ",".join(package.hashes)
    commit = getattr(package.source, "commit", None)
    artifact = package.artifact or ""
    return Candidate(
        version=package.version,
        identity=pinned or commit or package.path or "",
        requirements=known.requirements,
        requires_python=known.requires_python,
        wheel=artifact if artifact.endswith(".whl") else None,
        provides=(package.name,),
        package=package,
    )


def _of_conda(package: CondaPackage, names: tuple[str, ...]) -> Candidate:
    return Candidate(
        version=package.version,
        identity=package.sha256 or package.md5 or f"{package.build} {package.url}",
        requirements=package.depends,
        provides=names,
        package=package,
    )

"""From what makes a judge refuse a lock to what is held back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from noxlock.model import ChangeKind, Layer
from noxlock.model.culprit import ChangedLayer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from noxlock.model import LockChange
    from noxlock.model.culprit import Blamed, Changed, Culprit, CulpritReport
    from noxlock.model.update import JudgeKind, Ruling

__all__ = ["Hold", "Key", "Refusal", "chosen", "suspected"]

Key: TypeAlias = tuple[Layer, str]
"""What tells a package from any other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A lock that a judge did not let pass."""

    judge: str
    kind: JudgeKind
    ruling: Ruling
    difference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One package, and the versions that it may have."""

    name: str
    layer: Layer
    bounds: str
    """`<1.15.0`; of a conda package perhaps with a build, `==1.14.1 py311_0`."""
    refusal: Refusal
    first_bad: str | None = None
    path: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    instead: str = ""
    proven: bool = True

    @property
    def key(self) -> Key:
        """Which package it is."""
        return self.layer, self.name

    @property
    def pin(self) -> str:
        """The requirement that it is."""
        gap = " " if self.layer is Layer.CONDA else ""
        return f"{self.name}{gap}{self.bounds}"


def chosen(
    found: CulpritReport,
    refusal: Refusal,
    holds: Mapping[Key, Hold],
    changes: Mapping[Key, LockChange],
) -> tuple[tuple[Hold, ...], tuple[str, ...]]:
    """Return what to hold besides *holds*, and the culprits that cannot be held.

    Of an interaction one package is enough: rather one that the project does not ask
    for itself. A hold that was not enough is made tighter, at last the old version.

    Args:
        found: Why the judge refuses the lock that *holds* gave.
        refusal: What it said.
        holds: What is held already.
        changes: From the old lock to that one.
    """
    new: dict[Key, Hold] = {}
    beyond: list[str] = []
    for culprit in found.culprits:
        known = {**holds, **new}
        hold = next(_possible(culprit, refusal, known, changes), None)
        if hold is None:
            beyond.append(" and ".join(each.name for each in culprit.packages))
        else:
            new[hold.key] = hold
    return tuple(new.values()), tuple(beyond)


def suspected(
    found: CulpritReport, refusal: Refusal, holds: Mapping[Key, Hold]
) -> tuple[Hold, ...]:
    """Return what holds all that may be the culprit, where the search had to end."""
    held = (_exactly(each, refusal) for each in found.suspects)
    new = [
        replace(each, proven=False)
        for each in held
        if each and holds.get(each.key) != each
    ]
    return tuple(new) if len(found.suspects) < found.changed else ()


def _possible(
    culprit: Culprit,
    refusal: Refusal,
    holds: Mapping[Key, Hold],
    changes: Mapping[Key, LockChange],
) -> Iterator[Hold]:
    """Yield what keeps the culprit out and is not held already, the best first."""
    packages = sorted(culprit.packages, key=lambda each: len(each.path) == 1)
    for package in packages:
        for hold in _holds_of(package, refusal, changes):
            known = holds.get(hold.key)
            if known is not None and known.bounds in {hold.bounds, f"=={package.old}"}:
                continue
            others = (each.name for each in packages if each is not package)
            yield replace(
                hold,
                first_bad=package.first_bad,
                path=hold.path or package.path,
                together=tuple(others),
            )


def _holds_of(
    package: Blamed, refusal: Refusal, changes: Mapping[Key, LockChange]
) -> Iterator[Hold]:
    """Yield the loosest first."""
    exact = _exactly(package, refusal)
    if package.layer is ChangedLayer.INTERPRETER:
        yield from _by_python(refusal, changes)
    elif package.kind in {ChangeKind.ADDED, ChangeKind.REMOVED}:
        yield from _by_parents(package, refusal, changes)
    elif exact is not None:
        if package.pin is not None:
            bounds = package.pin.removeprefix(package.name).strip()
            yield replace(exact, bounds=bounds)
        yield exact


def _by_python(refusal: Refusal, changes: Mapping[Key, LockChange]) -> Iterator[Hold]:
    """Yield what holds the interpreter, where a lock brings it."""
    change = changes.get((Layer.CONDA, "python"))
    if change is not None and change.old is not None:
        yield Hold(
            name="python",
            layer=Layer.CONDA,
            bounds=f"=={_only(change.old.versions)}",
            refusal=refusal,
            path=change.path,
        )


def _exactly(package: Blamed | Changed, refusal: Refusal) -> Hold | None:
    """Return what holds a package at its old version; None where nothing does."""
    if not package.old or package.layer is ChangedLayer.INTERPRETER:
        return None
    layer = Layer(package.layer)
    bounds = f"=={package.old}"
    if package.kind is ChangeKind.REBUILT:
        word, _, rest = package.detail.partition(" ")
        if layer is not Layer.CONDA or word != "build":
            return None  # an index has one set of files for a version
        bounds += f" {rest.partition(' -> ')[0]}"
    return Hold(
        name=package.name,
        layer=layer,
        bounds=bounds,
        refusal=refusal,
        path=package.path,
    )


def _by_parents(
    package: Blamed, refusal: Refusal, changes: Mapping[Key, LockChange]
) -> Iterator[Hold]:
    """Yield what holds one that brings the package in, or has left it out."""
    layer = Layer(package.layer)
    for number in range(len(package.path) - 2, -1, -1):
        name = package.path[number]
        change = changes.get((layer, name))
        if change is None or change.old is None or change.new is None:
            continue
        yield Hold(
            name=name,
            layer=layer,
            bounds=f"=={_only(change.old.versions)}",
            refusal=refusal,
            path=package.path[: number + 1],
            instead=package.name,
        )


def _only(versions: Sequence[str]) -> str:
    return versions[-1]

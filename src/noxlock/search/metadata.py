"""What a lock itself says of its packages' requirements. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from poetry.core.constraints.version import parse_constraint

from noxlock.search.changes import Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Dependency, Lock, LockedPackage

__all__ = ["locked_metadata"]


def locked_metadata(lock: Lock) -> dict[tuple[str, str | None], Metadata]:
    """Return the requirements of the packages in *lock*, by name and version.

    poetry.lock has them all; other formats may have names alone, or nothing: there the
    metadata of the wheels themselves tell more. A constraint that PEP 440 has no words
    for (a gap in a range) is told as the name alone.
    """
    return {
        (package.name, package.version): Metadata(
            requirements=tuple(_requirements(package)),
            requires_python=_specifier(package.requires_python or "*") or None,
        )
        for package in lock.packages
    }


def _requirements(package: LockedPackage) -> Iterator[str]:
    for dependency in package.dependencies:
        if not dependency.optional:
            yield _requirement(dependency)
    for extra, added in package.extras.items():
        for name in added:
            # poetry.lock has the constraint with the package's other dependencies.
            full = [each for each in package.dependencies if each.name == name.name]
            for dependency in full or [name]:
                yield _requirement(dependency, extra)


def _requirement(dependency: Dependency, extra: str = "") -> str:
    asked = f"[{','.join(dependency.extras)}]" if dependency.extras else ""
    conditions = [f"({dependency.marker})"] if dependency.marker else []
    if extra:
        conditions.append(f'extra == "{extra}"')
    marker = f"; {' and '.join(conditions)}" if conditions else ""
    return f"{dependency.name}{asked}{_specifier(dependency.constraint)}{marker}"


def _specifier(constraint: str) -> str:
    """Return *constraint*, in Poetry's words, in those of PEP 440; "" for any."""
    try:
        said = str(parse_constraint(constraint.replace(";", ",")))
        exact = f"=={said}" if said[:1].isdigit() else said
        return "" if said == "*" else str(SpecifierSet(exact))
    except (InvalidSpecifier, ValueError):
        return ""

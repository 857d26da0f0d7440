"""Packages that two locks pin to different versions: the seed of CUDA accidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.plan.naming import same_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.utils import NormalizedName

    from noxlock.model import LockedPackage

__all__ = ["Disagreement", "Pin", "compare_pins", "pin_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """One package as one lock pins it."""

    name: str
    """As that lock spells it."""
    version: str
    file: str
    where: str
    """Its key path, or line, in the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """A Python package that both locks pin, to different versions."""

    name: NormalizedName
    conda: Pin
    pypi: Pin

    def __str__(self) -> str:
        """Return both pins, and where each stands."""
        return (
            f"`{self.name}` is {self.conda.version} in {self.conda.file}"
            f" ({self.conda.where}) but {self.pypi.version} in {self.pypi.file}"
            f" ({self.pypi.where})"
        )


def pin_of(package: LockedPackage, file: str) -> Pin:
    """Return how *file* pins *package*."""
    return Pin(
        name=package.name,
        version=package.version or "",
        file=file,
        where=package.where,
    )


def compare_pins(
    conda: Mapping[NormalizedName, Pin], pypi: Iterable[LockedPackage], file: str
) -> Iterator[Disagreement]:
    """Yield where *pypi*, the packages of *file*, have other versions than *conda*.

    Not checked: what either lock has without a version.
    """
    for package in pypi:
        ours = conda.get(package.name)
        if ours is None or not ours.version or not package.version:
            continue
        if not same_version(package.name, ours.version, package.version):
            theirs = pin_of(package, file)
            yield Disagreement(name=package.name, conda=ours, pypi=theirs)

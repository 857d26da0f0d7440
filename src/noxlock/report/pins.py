"""The requirements that hold a culprit back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.model import ChangeKind
from noxlock.model.culprit import ChangedLayer

if TYPE_CHECKING:
    from noxlock.model.culprit import Blamed

__all__ = ["pin"]


def pin(package: Blamed) -> str | None:
    """Return `scipy<1.15.0`, of a conda package `scipy <1.15.0`; None: there is none.

    Of releases that were not tested it lets none in: between the last good one and the
    first bad one they may drift too.
    """
    bounds = _bounds(package)
    if bounds is None:
        return None
    gap = " " if package.layer is ChangedLayer.CONDA else ""
    return f"{package.name}{gap}{bounds}"


def _bounds(package: Blamed) -> str | None:
    first, good = package.first_bad, package.last_good or package.old
    if package.kind is ChangeKind.REBUILT or good is None:
        return None
    if package.kind is ChangeKind.REMOVED or package.new is None:
        return f"=={good}"
    down = package.kind is ChangeKind.DOWNGRADED
    if first is None or not package.adjacent:
        return f"{'>' if down else '<'}={good}"
    if first == package.new and package.good_again:
        return f"!={first}"
    return f"{'>' if down else '<'}{first}"

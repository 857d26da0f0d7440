"""What to do about a culprit: the requirement that holds it back, or to accept it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.model import ChangeKind
from noxlock.model.culprit import ChangedLayer, CulpritVerdict
from noxlock.report.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model.culprit import Blamed, Culprit, CulpritReport

__all__ = ["next_lines", "pin"]

_NAMED: Final = 3


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
    if package.layer is ChangedLayer.INTERPRETER or package.new is None:
        return f"=={package.old}"
    down = package.kind is ChangeKind.DOWNGRADED
    if first is None or not package.adjacent:
        return f"{'>' if down else '<'}={good}"
    if first == package.new and package.good_again:
        return f"!={first}"
    return f"{'>' if down else '<'}{first}"


def next_lines(found: CulpritReport) -> list[tuple[str, str]]:
    """Return what to do next: words, and a command or requirement to copy, or ""."""
    return [(plain(words), plain(copied)) for words, copied in _next(found)]


def _next(found: CulpritReport) -> Iterator[tuple[str, str]]:
    if found.verdict is CulpritVerdict.NOT_THE_LOCK and found.noise:
        yield "have the check run several times, to see how it varies", "repeat: 3"
    elif found.verdict is CulpritVerdict.NOT_THE_LOCK:
        yield "see what else changed", f'nox -s "repro({found.check})" -- -v'
    elif not found.complete:
        yield "go on where it ended", f'nox -s "why({found.check})"'
    for culprit in found.culprits:
        yield from _held(culprit)
    if found.culprits:
        accept = f'nox -s "repro({found.check})" -- --accept'
        yield "or, where the new result is right", accept


def _held(culprit: Culprit) -> Iterator[tuple[str, str]]:
    """Yield how to hold a culprit back: one package of it is enough."""
    pinned = [each for each in culprit.packages if each.pin]
    for number, package in enumerate(pinned[:_NAMED]):
        yield _hold(package, "or " if number else "")
    if not pinned:
        for package in culprit.packages[:_NAMED]:
            yield _unpinned(package), ""


def _hold(package: Blamed, either: str) -> tuple[str, str]:
    match package.layer:
        case ChangedLayer.PYPI:
            where = "pyproject.toml"
        case ChangedLayer.CONDA:
            where = "environment.yml"
        case ChangedLayer.INTERPRETER:
            what = f"{either}keep the environment's python as it was"
            return what, f'python: "{package.old}"'
    what = f"{either}hold {package.name} back, in {where}, then nox -s lock"
    return what, package.pin or ""


def _unpinned(package: Blamed) -> str:
    if package.kind is ChangeKind.ADDED:
        wants = package.path[-2] if package.path[1:] else "what asks for it"
        return f"no pin keeps {package.name} out: hold back {wants}, or the old lock"
    return (
        f"no pin holds {package.name} back, its version is the same:"
        " keep the old lock, whose hash is the pin"
    )

"""What to notice besides the verdict: tolerances, settings, warnings, noise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.report._tolerances import changed_tolerances
from noxlock.report.counts import counted
from noxlock.report.words import passed, plain, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model import CheckReport, Tolerance, Warned

__all__ = ["Notice", "noise_line", "notices", "telling", "warning_line", "warnings"]

_MOST: Final = 5
"""Notices of one kind that are said where not everything is asked for."""
_LENGTH: Final = 160
_NUMERICAL: Final = re.compile(
    r"accura|converge|determinis|diverge|divi(de|sion) by zero|ill-?condition|infinit"
    r"|invalid value|iterations|\bnan\b|nonfinite|overflow|precision|rank"
    r"|singular|toleranc|underflow|unstable",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(
    r"Deprecat|Future|Import|Resource|Syntax|Encoding|Bytes|Unicode"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One line: `new warning`, and what it says."""

    label: str
    text: str


def notices(report: CheckReport, *, everything: bool = False) -> Iterator[Notice]:
    """Yield changed tolerances, what did not take effect, and the warnings.

    A tolerance moves no result, but its verdict: it is said of what passes as well.
    Warnings come most telling first; those that the baseline's run raised too are said
    where the check does not pass, or where *everything* is asked for: then all of them.
    """
    yield from _tolerances(report, everything=everything)
    for sentence in report.actual.unmet:
        yield Notice(label="not in effect", text=plain(sentence))
    known = _known(report) if everything or not passed(report) else ()
    for label, found in (
        ("new warning", report.new_warnings),
        ("warning, as in the baseline", known),
        ("warning gone", report.gone_warnings),
    ):
        shown = telling(found) if everything else telling(found)[:_MOST]
        for each in shown:
            yield Notice(label=label, text=warning_line(each))
        if rest := len(found) - len(shown):
            yield Notice(label=label, text=f"and {rest:,} more")


def _tolerances(report: CheckReport, *, everything: bool) -> Iterator[Notice]:
    if report.baseline is None:
        return
    old, new = report.baseline.tolerances, report.actual.tolerances
    changed = list(changed_tolerances(old, new))
    shown = changed if everything else changed[:_MOST]
    for name, text in shown:
        label = f"tolerance of {shortened(name, _LENGTH)}"
        yield Notice(label=label, text=plain(text))
    if rest := len(changed) - len(shown):
        yield Notice(label="tolerances", text=f"and {rest:,} more changed")


def _known(report: CheckReport) -> tuple[Warned, ...]:
    new = {(each.category, each.message) for each in report.new_warnings}
    return tuple(
        each
        for each in report.actual.warnings
        if (each.category, each.message) not in new
    )


def warnings(report: CheckReport) -> list[Warned]:
    """Return every warning that the run raised, most telling first."""
    return telling(report.actual.warnings)


def telling(found: Sequence[Warned]) -> list[Warned]:
    """Return warnings in order: of numbers, others, of deprecation and the like."""
    return sorted(found, key=_rank)


def _rank(warned: Warned) -> int:
    name = warned.category.rpartition(".")[2]
    if _NUMERICAL.search(name) or name == "RuntimeWarning":
        return 0
    if _HARMLESS.search(name):
        return 3
    return 1 if _NUMERICAL.search(warned.message) else 2


def warning_line(warned: Warned) -> str:
    """Return `ConvergenceWarning: it did not converge (3 times)`."""
    times = f" ({counted(warned.count, 'time')})" if warned.count > 1 else ""
    return plain(f"{warned.category}: {shortened(warned.message, _LENGTH)}{times}")


def noise_line(report: CheckReport) -> str:
    """Return how far runs in the same surroundings lie apart; "": not measured."""
    if report.noise is None:
        return ""
    runs = counted(report.noise.runs, "run")
    line = f"{runs} in the same surroundings: {report.noise.verdict}"
    outputs = report.actual.tolerances.outputs.values()
    if any(_has_distribution(each) for each in outputs):
        line += ", numbers with a distribution left out"
    return line


def _has_distribution(tolerance: Tolerance) -> bool:
    return tolerance.distribution is not None or any(
        _has_distribution(each) for each in tolerance.keys.values()
    )

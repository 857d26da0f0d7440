"""Counts what was compared, and keeps the place of the largest difference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from noxlock.model import Difference, OutputReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.compare.tolerance import Limit

__all__ = ["Block", "Tally", "Worst", "gap"]

_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Worst:
    """The largest violation of some values, else their largest difference."""

    violates: bool
    size: float
    """Absolute; inf where one value is no number, or not finite."""
    where: str
    actual: str
    baseline: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What the comparison of some values found."""

    compared: int
    differing: int = 0
    violations: int = 0
    absolute: float | None = None
    relative: float | None = None
    worst: Worst | None = None


@dataclass(slots=True)
class Tally:
    """What has been found of one output so far.

    NaN equals NaN at the same place, infinities of one sign are equal, and -0.0 equals
    0.0. A difference that has no size (NaN or infinity against another number) counts
    as infinite and is always a violation.
    """

    compared: int = 0
    differing: int = 0
    violations: int = 0
    absolute: float | None = None
    relative: float | None = None
    worst: Worst | None = None
    notes: list[str] = field(default_factory=list)
    """What differs besides values: shapes, keys, columns, line ends."""

    def note(self, text: str) -> None:
        """Note a change that no tolerance covers."""
        self.notes.append(text)

    def add(self, block: Block) -> None:
        """Add what was found in one more block of values."""
        self.compared += block.compared
        self.differing += block.differing
        self.violations += block.violations
        self.absolute = _larger(self.absolute, block.absolute)
        self.relative = _larger(self.relative, block.relative)
        worst = block.worst
        if worst and self._beaten(violates=worst.violates, size=worst.size):
            self.worst = worst

    def number(
        self,
        values: tuple[float, float],
        limit: Limit,
        where: Callable[[], str],
        texts: tuple[str, str] | None = None,
    ) -> None:
        """Compare one number, actual and baseline, with its limit."""
        actual, baseline = values
        if actual == baseline or (actual != actual and baseline != baseline):  # noqa: PLR0124 - NaN, also for ints too large for a float
            self.compared += 1
            self.absolute = self.absolute or 0.0
            self.relative = self.relative or 0.0
            return
        absolute, relative, violates = gap(actual, baseline, limit)
        self.compared += 1
        self.differing += 1
        self.violations += violates
        self.absolute = _larger(self.absolute, absolute)
        self.relative = _larger(self.relative, relative)
        if self._beaten(violates=violates, size=absolute):
            shown = texts or (repr(actual), repr(baseline))
            self.worst = Worst(
                violates=violates,
                size=absolute,
                where=where(),
                actual=shown[0],
                baseline=shown[1],
            )

    def _beaten(self, *, violates: bool, size: float) -> bool:
        worst = self.worst
        return worst is None or (violates, size) > (worst.violates, worst.size)

    def same(self, count: int = 1) -> None:
        """Count values that are no numbers, and are equal."""
        self.compared += count

    def other(self, actual: str, baseline: str, where: str) -> None:
        """Count a value that differs and is no number: always a violation."""
        worst = Worst(
            violates=True,
            size=math.inf,
            where=where,
            actual=actual,
            baseline=baseline,
        )
        self.add(Block(compared=1, differing=1, violations=1, worst=worst))

    def report(self, output: str) -> OutputReport:
        """Return the report of *output*."""
        verdict = Verdict.IDENTICAL
        if self.notes or self.violations:
            verdict = Verdict.DRIFTED
        elif self.differing:
            verdict = Verdict.WITHIN_TOLERANCE
        reason = "; ".join(self.notes[:_SHOWN])
        if len(self.notes) > _SHOWN:
            reason += f"; and {len(self.notes) - _SHOWN} more"
        difference = None
        if self.worst is not None:
            difference = Difference(
                absolute=self.absolute,
                relative=self.relative,
                where=self.worst.where,
                actual=self.worst.actual,
                baseline=self.worst.baseline,
                violations=self.violations,
                compared=self.compared,
            )
        return OutputReport(
            output=output, verdict=verdict, difference=difference, reason=reason
        )


def gap(actual: float, baseline: float, limit: Limit) -> tuple[float, float, bool]:
    """Return |a - b|, |a - b| / |b| and whether it violates *limit*; a != b."""
    if isinstance(actual, int) and isinstance(baseline, int):
        return _exact_gap(actual, baseline, limit)
    try:
        a, b = float(actual), float(baseline)
    except OverflowError:
        if all(isinstance(v, int) or math.isfinite(v) for v in (actual, baseline)):
            return _exact_gap(actual, baseline, limit)
        return math.inf, math.inf, True
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf, math.inf, True
    if a == b:  # an int beyond 2**53 against a float
        return _exact_gap(actual, baseline, limit)
    absolute = abs(a - b)
    violates = not absolute <= limit.atol + limit.rtol * abs(b)
    return absolute, _ratio(absolute, abs(b)), violates


def _exact_gap(
    actual: float, baseline: float, limit: Limit
) -> tuple[float, float, bool]:
    size = abs(Fraction(baseline))
    absolute = abs(Fraction(actual) - Fraction(baseline))
    violates = absolute > Fraction(limit.atol) + Fraction(limit.rtol) * size
    relative = _float(absolute / size) if size else math.inf
    return _float(absolute), relative, violates


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _ratio(absolute: float, size: float) -> float:
    return absolute / size if size else math.inf


def _larger(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)

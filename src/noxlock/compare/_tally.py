"""Counts what was compared, and keeps the first and the worst place that differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.compare._blocks import Block, Spot
from noxlock.compare._scalars import gap, ulp_bin, ulp_distance
from noxlock.model import Difference, OutputReport, Part, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from noxlock.compare.tolerance import Limit
    from noxlock.model import Place

__all__ = ["UNEQUAL_NAN", "Block", "Spot", "Tally"]

UNEQUAL_NAN: Final = "NaN equals NaN only with equal-nan"
"""What is noted of a place where both values are NaN."""
_NOTES: Final = 5
_LINES: Final = 200


@dataclass(slots=True)
class Tally:
    """What has been found of one output, or of one part of it, so far.

    It is filled in the order of the values, by one thread. -0.0 equals 0.0; NaN and
    infinities are equal where the limit says so. A difference that has no size (NaN or
    infinity against another number) counts as infinite and is always a violation.
    """

    key: str = ""
    dtype: str = ""
    shape: tuple[int, ...] | None = None
    compared: int = 0
    differing: int = 0
    violations: int = 0
    absolute: float | None = None
    relative: float | None = None
    ulp: int | None = None
    histogram: list[int] = field(default_factory=list)
    unsized: int = 0
    first: Spot | None = None
    worst: Spot | None = None
    notes: list[str] = field(default_factory=list)
    """What differs besides values: shapes, keys, columns, line ends."""
    lines: list[str] = field(default_factory=list)
    """Of the readable diff."""
    left_out: int = 0
    failed: str = ""
    """Why it could not be compared."""
    parts: list[Tally] = field(default_factory=list)

    def part(
        self, key: str, *, dtype: str = "", shape: tuple[int, ...] | None = None
    ) -> Tally:
        """Return the tally of a new part; `Job.part` is what comparers use."""
        self.parts.append(Tally(key=key, dtype=dtype, shape=shape))
        return self.parts[-1]

    def note(self, text: str) -> None:
        """Note a change that no tolerance covers."""
        self.notes.append(text)

    def fail(self, reason: str) -> None:
        """Say that this part could not be compared: then the output is not either."""
        self.failed = self.failed or reason

    def line(self, text: str) -> None:
        """Add a line to the readable diff, `-` the baseline's, `+` the actual one."""
        if len(self.lines) < _LINES:
            self.lines.append(text)
        else:
            self.left_out += 1

    def add(self, block: Block | Tally) -> None:
        """Add what was found in the values that come next."""
        self.compared += block.compared
        self.differing += block.differing
        self.violations += block.violations
        self.unsized += block.unsized
        self.absolute = _larger(self.absolute, block.absolute)
        self.relative = _larger(self.relative, block.relative)
        if block.ulp is not None:
            self.ulp = max(self.ulp or 0, block.ulp)
        pairs = zip_longest(self.histogram, block.histogram, fillvalue=0)
        self.histogram = [mine + other for mine, other in pairs]
        first = block.first
        if first and (not self.first or first.violates > self.first.violates):
            self.first = first
        if block.worst and block.worst.worse(self.worst):
            self.worst = block.worst

    def number(
        self,
        values: tuple[float, float],
        limit: Limit,
        where: Callable[[], str],
        texts: tuple[str, str] | None = None,
    ) -> None:
        """Compare one number, actual and baseline, with its limit.

        Two integers are compared exactly and have no ULP; all others are float64.
        """
        actual, baseline = values
        reals = not (isinstance(actual, int) and isinstance(baseline, int))
        if _equal(actual, baseline, limit):
            self._same_number(reals=reals)
            return
        absolute, relative, violates = gap(actual, baseline, limit)
        ulp = ulp_distance(actual, baseline) if reals else None
        shown = texts or (repr(actual), repr(baseline))
        spot = Spot(
            violates=violates,
            size=absolute,
            where=where() if self._keeps(absolute, violates=violates) else "",
            actual=shown[0],
            baseline=shown[1],
            relative=relative,
            ulp=ulp,
        )
        self.add(
            Block(
                compared=1,
                differing=1,
                violations=int(violates),
                absolute=absolute,
                relative=relative,
                ulp=ulp,
                histogram=() if ulp is None else (*(0,) * ulp_bin(ulp), 1),
                unsized=int(reals and ulp is None),
                first=spot,
                worst=spot,
            )
        )

    def _same_number(self, *, reals: bool) -> None:
        self.compared += 1
        self.absolute = self.absolute or 0.0
        self.relative = self.relative or 0.0
        if reals:
            self.ulp = self.ulp or 0
            if self.histogram:
                self.histogram[0] += 1
            else:
                self.histogram.append(1)

    def _keeps(self, size: float, *, violates: bool) -> bool:
        """Whether a difference becomes the first or the worst one."""
        if self.first is None or self.worst is None:
            return True
        worse = (violates, size) > (self.worst.violates, self.worst.size)
        return worse or violates > self.first.violates

    def same(self, count: int = 1) -> None:
        """Count values that are no numbers, and are equal."""
        self.compared += count

    def other(self, actual: str, baseline: str, where: str) -> None:
        """Count a value that differs and is no number: always a violation."""
        spot = Spot(
            violates=True, size=math.inf, where=where, actual=actual, baseline=baseline
        )
        self.add(Block(compared=1, differing=1, violations=1, first=spot, worst=spot))

    def leaves(self) -> Iterator[Tally]:
        """Yield it where it has values or no parts, then the parts of all depths."""
        if not self.parts or self.compared or self.notes or self.failed:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def report(self, output: str, format: str = "") -> OutputReport:  # noqa: A002 - the report's own word
        """Return the report of *output*, all parts together."""
        whole = Tally()
        parts = []
        for part in self.leaves():
            whole.merge(part, f"{part.key}: " if part is not self else "")
            if part is not self:
                parts.append(part.part_report())
        parts.sort(key=lambda part: part.verdict is Verdict.IDENTICAL)
        more = (f"... and {whole.left_out} more lines",) if whole.left_out else ()
        return OutputReport(
            output=output,
            verdict=whole.verdict,
            format=format,
            compared=whole.compared,
            difference=whole.difference,
            parts=tuple(parts),
            reason=whole.reason,
            diff=(*whole.lines, *more),
        )

    def merge(self, other: Tally, prefix: str) -> None:
        """Add all that *other* has found, its notes with *prefix*."""
        self.add(other)
        self.notes += [prefix + note for note in other.notes]
        if other.failed:
            self.fail(prefix + other.failed)
        for line in other.lines:
            self.line(line)
        self.left_out += other.left_out

    def part_report(self) -> Part:
        """Return the report of this part alone."""
        return Part(
            key=self.key,
            verdict=self.verdict,
            dtype=self.dtype,
            shape=self.shape,
            compared=self.compared,
            difference=self.difference,
            reason=self.reason,
        )

    @property
    def verdict(self) -> Verdict:
        """Of what has been found so far, parts left out."""
        if self.failed:
            return Verdict.NOT_COMPARABLE
        if self.notes or self.violations:
            return Verdict.DRIFTED
        return Verdict.WITHIN_TOLERANCE if self.differing else Verdict.IDENTICAL

    @property
    def difference(self) -> Difference | None:
        """What differs between values, parts left out; None where nothing does."""
        if self.first is None or self.worst is None:
            return None
        return Difference(
            compared=self.compared,
            differing=self.differing,
            violations=self.violations,
            first=_place(self.first),
            worst=_place(self.worst),
            absolute=self.absolute,
            relative=self.relative,
            ulp=self.ulp,
            histogram=tuple(self.histogram),
            unsized=self.unsized,
        )

    @property
    def reason(self) -> str:
        """Why it could not be compared, and what differs besides values."""
        notes = [self.failed, *self.notes] if self.failed else self.notes
        reason = "; ".join(notes[:_NOTES])
        if len(notes) > _NOTES:
            reason += f"; and {len(notes) - _NOTES} more"
        return reason


def _equal(actual: float, baseline: float, limit: Limit) -> bool:
    if actual != actual and baseline != baseline:  # noqa: PLR0124 - NaN, also for ints too large for a float
        return limit.equal_nan
    if actual != baseline:
        return False
    return limit.equal_inf or isinstance(baseline, int) or not math.isinf(baseline)


def _place(spot: Spot) -> Place:
    """Return a place, with the setting that two NaN differ by."""
    place = spot.place()
    if spot.note or not _differ_by_nan(spot.actual, spot.baseline):
        return place
    return replace(place, note=UNEQUAL_NAN)


def _differ_by_nan(actual: str, baseline: str) -> bool:
    """Whether values, as they are shown, are the same but for NaN against NaN."""
    if actual == baseline == "NaT":
        return True
    try:
        pair = complex(actual), complex(baseline)
    except ValueError:
        return False
    parts = [(value.real, value.imag) for value in pair]
    nans = [
        x != x and y != y  # noqa: PLR0124 - NaN
        for x, y in zip(*parts, strict=True)
    ]
    same = [x == y for x, y in zip(*parts, strict=True)]
    return any(nans) and all(map(max, nans, same))


def _larger(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)

"""The geometry of the page's plots: values in, paths of SVG out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.report.words import bins, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from noxlock.model import Difference
    from noxlock.model.preview import Curve

__all__ = ["HEIGHT", "WIDTH", "Bar", "Plot", "Row", "bars", "near", "plots", "rows"]

WIDTH: Final = 1000
HEIGHT: Final = 240
_EDGE: Final = 12
_NEAR: Final = 20
"""Values to each side of the worst one in the plot of its neighbourhood."""
_ROWS: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """One plot, as wide as WIDTH and as high as HEIGHT, whatever it is shown at."""

    title: str
    alt: str
    top: str
    """The value at its upper edge; `bottom` at its lower one."""
    bottom: str
    left: str
    """The place at its left edge; `right` at its right one."""
    right: str
    baseline: str = ""
    """A line through the baseline's values."""
    actual: str = ""
    """A line through the actual values, or through the differences."""
    dots: str = ""
    """The actual values that are out of tolerance."""
    band: str = ""
    """What the tolerance allows."""
    zero: float | None = None
    """Where 0 lies, in the plot of the differences."""
    worst: tuple[float, float] | None = None
    """Where the worst value lies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A row of a histogram; with no count: empty bins that are left out."""

    name: str
    count: int
    percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One value near the worst one, as text."""

    place: int
    baseline: str
    actual: str
    difference: str
    worst: bool


def bars(found: Difference) -> list[Bar]:
    """Return the histogram's rows, each as long as the logarithm of its count.

    None where no float differs: a bar of equal ones says nothing.
    """
    if not any(found.histogram[1:]) and not found.unsized:
        return []
    named = [*bins(found.histogram), ("no size", found.unsized)]
    top = math.log10(max((count for _, count in named), default=0) + 1)
    result: list[Bar] = []
    for name, count in named:
        if count:
            percent = 100 * math.log10(count + 1) / top
            result.append(Bar(name=name, count=count, percent=round(percent, 1)))
        elif result and result[-1].count:
            result.append(Bar(name="...", count=0, percent=0))
    return result[:-1] if result and not result[-1].count else result


def near(curve: Curve) -> list[int]:
    """Return which of its values lie around the worst one; [] where all are shown."""
    worst = curve.worst
    if worst is None or curve.total <= 4 * _NEAR:
        return []
    return [at for at, to in enumerate(curve.places) if abs(to - worst) <= _NEAR]


def rows(curve: Curve) -> list[Row]:
    """Return the values next to the worst one."""
    worst = curve.worst
    if worst is None:
        return []
    return [
        Row(
            place=place,
            baseline=f"{baseline:.9g}",
            actual=f"{actual:.9g}",
            difference=short(actual - baseline) if actual != baseline else "0",
            worst=place == worst,
        )
        for place, baseline, actual in zip(
            curve.places, curve.baseline, curve.actual, strict=True
        )
        if abs(place - worst) <= _ROWS
    ]


def plots(curve: Curve) -> list[Plot]:
    """Return the plots: the whole curve, what is around the worst, what differs."""
    whole = range(len(curve.places))
    name = f"{curve.key}: " if curve.key else ""
    shown = [
        _values(curve, whole, f"{name}values"),
        _values(curve, near(curve), f"{name}values around the worst place"),
        _differences(curve, whole, f"{name}actual - baseline"),
    ]
    return [plot for plot in shown if plot is not None]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie in a plot."""

    first: int
    last: int
    low: float
    high: float

    def x(self, place: int) -> float:
        share = (place - self.first) / max(1, self.last - self.first)
        return round(_EDGE + share * (WIDTH - 2 * _EDGE), 1)

    def y(self, value: float) -> float:
        # Halves: the difference of two large floats may be no float.
        span = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / span
        share = min(1.0, max(0.0, share))
        return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 1)

    def line(self, points: Iterable[tuple[int, float]]) -> str:
        """Return a line through the finite points, broken at all others."""
        path, pen = [], "M"
        for place, value in points:
            if not math.isfinite(value):
                pen = "M"
                continue
            path.append(f"{pen}{self.x(place)} {self.y(value)}")
            pen = "L"
        return "".join(path)

    def dots(self, points: Iterable[tuple[int, float]]) -> str:
        """Return a dot at each point; what is not finite lies at the edge."""
        return "".join(
            f"M{self.x(place)} {self.y(_clear(value))}h0" for place, value in points
        )

    def band(self, points: Sequence[tuple[int, float, float]]) -> str:
        """Return the area between a lower and an upper line."""
        upper = [f"{self.x(at)} {self.y(high)}" for at, _, high in points]
        lower = [f"{self.x(at)} {self.y(low)}" for at, low, _ in reversed(points)]
        return f"M{'L'.join([*upper, *lower])}Z" if points else ""


def _clear(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _frame(places: Sequence[int], values: Iterable[float]) -> _Frame | None:
    finite = [value for value in values if math.isfinite(value)]
    if not finite or len(places) < 2:  # noqa: PLR2004 - one value is no plot
        return None
    low, high = min(finite), max(finite)
    if low == high:
        pad = abs(low) / 10 or 1.0
        low, high = low - pad, high + pad
    if not high / 2 - low / 2 > 0:  # two neighbouring floats, or the largest ones
        return None
    return _Frame(places[0], places[-1], low, high)


def _values(curve: Curve, chosen: Sequence[int], title: str) -> Plot | None:
    places = [curve.places[at] for at in chosen]
    old = [curve.baseline[at] for at in chosen]
    new = [curve.actual[at] for at in chosen]
    frame = _frame(places, [*old, *new])
    if frame is None:
        return None
    allowed = curve.allowed or (0.0,) * len(curve.places)
    gaps = [abs(_gap(a, b)) for a, b in zip(old, new, strict=True)]
    differing = [
        (place, b)
        for place, b, gap, at in zip(places, new, gaps, chosen, strict=True)
        if not gap <= allowed[at]
    ]
    how = "are out of tolerance" if curve.allowed else "differ"
    return Plot(
        title=title,
        alt=(
            f"{title}, places {places[0]:,} to {places[-1]:,}: {len(differing)} of"
            f" {len(places)} shown values {how}"
        ),
        top=f"{frame.high:.4g}",
        bottom=f"{frame.low:.4g}",
        left=f"{places[0]:,}",
        right=f"{places[-1]:,}",
        baseline=frame.line(zip(places, old, strict=True)),
        actual=frame.line(zip(places, new, strict=True)),
        dots=frame.dots(differing),
        worst=_worst(curve, frame, dict(zip(places, new, strict=True))),
    )


def _differences(curve: Curve, chosen: Sequence[int], title: str) -> Plot | None:
    places = list(curve.places)
    gaps = [_gap(curve.baseline[at], curve.actual[at]) for at in chosen]
    if not any(gaps):
        return None
    reach = max((abs(gap) for gap in gaps if math.isfinite(gap)), default=0.0)
    frame = _frame(places, [-reach, reach])
    if frame is None or reach == 0:
        return None
    band = [
        (place, -allowed, allowed)
        for place, allowed in zip(places, curve.allowed, strict=False)
        if math.isfinite(allowed)
    ]
    return Plot(
        title=title,
        alt=f"{title}: at most {short(reach)} of the shown values",
        top=short(frame.high),
        bottom=short(frame.low),
        left=f"{places[0]:,}",
        right=f"{places[-1]:,}",
        actual="".join(
            f"M{frame.x(place)} {frame.y(0)}V{frame.y(_clear(gap))}"
            for place, gap in zip(places, gaps, strict=True)
            if gap
        ),
        band=frame.band(band),
        zero=frame.y(0),
        worst=_worst(curve, frame, dict(zip(places, gaps, strict=True))),
    )


def _gap(baseline: float, actual: float) -> float:
    if baseline == actual or (math.isnan(baseline) and math.isnan(actual)):
        return 0.0
    return actual - baseline


def _worst(
    curve: Curve, frame: _Frame, values: dict[int, float]
) -> tuple[float, float] | None:
    if curve.worst is None or curve.worst not in values:
        return None
    return frame.x(curve.worst), frame.y(_clear(values[curve.worst]))

"""Words that every form shares: numbers, sizes, places, and the one headline."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from noxlock.model import Verdict
from noxlock.report.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model import (
        CheckReport,
        Difference,
        Noise,
        OutputReport,
        Place,
        Resources,
        Variation,
    )

__all__ = [
    "bins",
    "headline",
    "judged",
    "largest_ulps",
    "memory",
    "output_line",
    "passed",
    "place",
    "plain",
    "resources_line",
    "sentence",
    "short",
    "shortened",
    "size_line",
    "took",
    "ulps",
]

_NAMED: Final = 3
_HOW: Final = {
    Verdict.DRIFTED: "the result changes with",
    Verdict.NOT_COMPARABLE: "not comparable with",
}
_POWERS: Final = 20
"""Bits: beyond it a range of distances is named by powers of two."""
_MILLIONS: Final = 10_000_000
"""From here on a number is said in two digits again."""
_HUNDREDS: Final = 99.5
_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls, what turns the direction of text, and bytes of a name that are no UTF-8."""


def short(number: float | None) -> str:
    """Return a number in two digits: `0.0012`, `4e-5`; `-` where there is none.

    Hundreds and thousands are whole: `6.7e2` would have to be read twice.
    """
    if number is None:
        return "-"
    if _HUNDREDS <= abs(number) < _MILLIONS:
        return f"{number:,.0f}"
    mantissa, mark, exponent = f"{number:.2g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def plain(text: str) -> str:
    """Return *text* without characters that steer a terminal, or no stream takes."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def shortened(text: str, limit: int = 60) -> str:
    """Return *text* on one line, at most *limit* characters, cut in the middle."""
    line = plain(" ".join(text.split()))
    if len(line) <= limit:
        return line
    half = (limit - 3) // 2
    return f"{line[: limit - 3 - half]}...{line[len(line) - half :]}"


def memory(size: int) -> str:
    """Return a number of bytes: `512 B`, `96 MiB`, `1.5 GiB`."""
    amount, units = float(size), iter(("B", "KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    while amount >= 1024 and unit != "TiB":  # noqa: PLR2004 - what makes the next unit
        amount, unit = amount / 1024, next(units)
    return f"{amount:.3g} {unit}" if amount < 1000 else f"{amount:.0f} {unit}"  # noqa: PLR2004 - four digits


def took(seconds: float) -> str:
    """Return a time: `0.31 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def resources_line(resources: Resources | None) -> str:
    """Return what a run took: `12 s, 96 MiB`; "" where it is not known."""
    if resources is None:
        return ""
    peak = resources.peak_memory
    return took(resources.seconds) + (f", {memory(peak)}" if peak is not None else "")


def place(output: str, where: str) -> str:
    """Return the place in its output: `weights.npy[3]`, `m.json: loss`."""
    if not where:
        return output
    return f"{output}{where}" if where.startswith("[") else f"{output}: {where}"


def size_line(at: Place) -> str | None:
    """Return `0.0012 (relative 4e-5, 12 ULP)`; None where the place has no size."""
    if at.absolute is None or not math.isfinite(at.absolute):
        return None
    relative = f"relative {short(at.relative)}"
    distance = "" if at.ulp is None else f", {ulps(at.ulp)} ULP"
    return f"{short(at.absolute)} ({relative}{distance})"


def passed(report: CheckReport) -> bool:
    """Return whether the check may go green."""
    return report.verdict.passed and not report.flaky


def headline(report: CheckReport) -> str:
    """Return the one line that says it all: check, verdict, worst place, size."""
    if report.accepted:
        return plain(f"{report.check}: {sentence(report)}")
    return plain(f"{report.check}: {judged(report)}: {sentence(report)}")


def judged(report: CheckReport) -> str:
    """Return the verdict as a word; of runs that do not agree: `flaky`."""
    return "flaky" if report.flaky else str(report.verdict)


def sentence(report: CheckReport) -> str:
    """Return the headline without check and verdict: what decides it."""
    if report.accepted:
        recorded = f"recorded as the baseline: {_outputs(report)}"
        if passed(report):
            return recorded
        why = "; ".join(filter(None, _clauses(report)))
        return f"{recorded}, but the check fails: {why}"
    return "; ".join(filter(None, _clauses(report))) or _outputs(report)


def _clauses(report: CheckReport) -> Iterator[str]:
    """Yield all that a check fails by: its runs, its outputs, what was varied."""
    worst = _worst(report.outputs)
    if passed(report):
        differs = worst is not None and worst.verdict is not Verdict.IDENTICAL
        yield output_line(worst) if worst and differs else _outputs(report)
    whole = bool(report.reason) and report.verdict is Verdict.NOT_COMPARABLE
    if report.flaky and report.noise is not None:
        yield _noisy(report.noise)
    elif worst is not None and not worst.verdict.passed and not whole:
        yield output_line(worst)
    yield report.reason
    if not report.flaky and not whole:
        yield from _varied(report.variations)


def _noisy(noise: Noise) -> str:
    runs = counted(noise.runs, "run")
    worst = _worst(noise.outputs)
    by = f": {output_line(worst, against='another run')}" if worst else ""
    return f"{runs} in the same surroundings do not agree{by}"


def _varied(variations: Sequence[Variation]) -> Iterator[str]:
    for verdict, how in _HOW.items():
        failing = [each for each in variations if each.verdict is verdict]
        names = ", ".join(f"{each.axis} {each.value}" for each in failing[:_NAMED])
        more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
        if failing:
            yield f"{how} {names}{more}"


def _worst(outputs: Sequence[OutputReport]) -> OutputReport | None:
    """Return the output that decides: the worst verdict, the first of them."""
    order = list(Verdict)
    return max(outputs, key=lambda each: order.index(each.verdict), default=None)


def _outputs(report: CheckReport) -> str:
    line = counted(len(report.outputs), "output")
    if report.variations:
        line += f", {counted(len(report.variations), 'variation')}"
    return line


def output_line(output: OutputReport, *, against: str = "the baseline") -> str:
    """Return the sentence of one output: its worst place and size, or why none."""
    found = output.difference
    if found is None or (output.reason and output.verdict is Verdict.NOT_COMPARABLE):
        return place(output.output, output.reason or output.verdict)
    text = f"{place(output.output, found.worst.where)} {_differs(found.worst, against)}"
    if found.violations:
        values = f"{found.violations:,} of {counted(found.compared, 'value')}"
        why = f", {found.worst.note}" if found.worst.note else ""
        return f"{text}{why}, {values} out of tolerance"
    if output.reason:
        return f"{output.output}: {output.reason}"
    return f"{text}, within tolerance"


def _differs(at: Place, against: str) -> str:
    size = size_line(at)
    if size is None:
        return f"is {shortened(at.actual)}, {against} {shortened(at.baseline)}"
    return f"differs by {size}"


def bins(histogram: tuple[int, ...], rows: int = 16) -> list[tuple[str, int]]:
    """Return a ULP histogram in at most *rows* rows: `0`, `1`, `2-3`, `4-7`.

    The first row is of equal values; where there are more bins than rows, as many of
    the others are taken together as it needs.
    """
    if not histogram:
        return []
    step = -(-(len(histogram) - 1) // (rows - 1)) or 1
    found = [("0", histogram[0])]
    for first in range(1, len(histogram), step):
        last = min(first + step, len(histogram)) - 1
        low, high = 1 << (first - 1), (1 << last) - 1
        name = f"{low:,}-{high:,}" if low < high else f"{low}"
        if last > _POWERS:
            name = f"2^{first - 1} to 2^{last}"
        found.append((name, sum(histogram[first : last + 1])))
    return found


def largest_ulps(found: Difference) -> str:
    """Return the largest distance; `-` where no float is among what differs."""
    others = found.ulp == 0 and found.absolute != 0
    return "-" if others else ulps(found.ulp)


def ulps(distance: int | None) -> str:
    """Return a distance in ULP: `336`, `4e14`; `-` where there is none."""
    if distance is None:
        return "-"
    return f"{distance:,}" if distance < _MILLIONS else short(float(distance))

"""Compare the outputs of a check with its baseline: one module a format."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from noxlock.compare._files import Side, reason_of
from noxlock.compare._job import Job
from noxlock.compare._tally import UNEQUAL_NAN
from noxlock.compare.formats import FORMATS, Format, compare_sides, format_of
from noxlock.compare.tolerance import KEY, Limits
from noxlock.errors import CompareError
from noxlock.model import DefaultTolerance, OutputReport, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.compare.distributions import Samples
    from noxlock.model import Tolerance

__all__ = [
    "FORMATS",
    "UNEQUAL_NAN",
    "Format",
    "Settings",
    "compare_output",
    "compare_sides",
    "format_of",
    "mistaken_key",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How outputs are compared, besides their own tolerances."""

    defaults: DefaultTolerance = field(default_factory=DefaultTolerance)
    threads: int | None = None
    """None: as many as there are processors. No figure depends on it."""
    block: int = 1 << 16
    """Elements that are compared at once."""
    samples: Samples | None = None
    """Of the runs, for outputs whose tolerance has a `distribution`."""
    names: tuple[str, str] = ("baseline", "output")
    """What messages call the two sides."""


_DEFAULT: Final = Settings()
_MISTAKE: Final = re.compile(rf"(?:^|; )({KEY} `.* matches nothing in the output.*)$")


def compare_output(
    baseline: Path,
    actual: Path,
    tolerance: Tolerance,
    *,
    output: str | None = None,
    settings: Settings = _DEFAULT,
) -> OutputReport:
    """Compare the file or folder *actual* with *baseline*; never raises for either.

    Args:
        baseline: What was recorded; it decides the format.
        actual: What is judged.
        tolerance: How far its values may be from the baseline's.
        output: What the report calls it; else the baseline's file name.
        settings: Of all outputs.
    """
    name = output or baseline.name
    form = format_of(baseline)
    try:
        limits = Limits(tolerance, settings.defaults)
        job = Job.of(
            limits,
            threads=settings.threads or os.cpu_count() or 1,
            block=settings.block,
            samples=settings.samples,
        )
        old, new = map(Side, settings.names, (baseline, actual))
        compare_sides(old, new, job)
    except CompareError as error:
        return OutputReport(
            output=name,
            verdict=Verdict.NOT_COMPARABLE,
            format=form.label,
            reason=reason_of(error),
        )
    report = job.tally.report(name, form.label)
    if (mistake := limits.unmatched()) is None:
        return report
    return msgspec.structs.replace(
        report,
        verdict=Verdict.NOT_COMPARABLE if report.verdict.passed else report.verdict,
        reason=f"{report.reason}; {mistake}" if report.reason else mistake,
    )


def mistaken_key(report: OutputReport) -> str:
    """Return what is wrong where a key of the tolerance matched nothing; else ""."""
    found = _MISTAKE.search(report.reason)
    return found[1] if found else ""

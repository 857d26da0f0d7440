"""Compare the outputs of a check with its baseline: one module a format."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from noxlock.compare._files import Side
from noxlock.compare._tally import Tally
from noxlock.compare.tolerance import Limits
from noxlock.errors import CompareError
from noxlock.model import OutputReport, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Tolerance

__all__ = ["FORMATS", "OTHER", "Format", "compare_output"]


class _Compare(Protocol):
    def __call__(
        self, baseline: Side, actual: Side, limits: Limits, tally: Tally, /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format and the function that compares it, imported when it is needed."""

    name: str
    suffix: str
    module: str
    function: str = "compare"

    def load(self) -> _Compare:
        """Return the function; its module may import NumPy."""
        module = import_module(f"noxlock.compare.{self.module}")
        return cast("_Compare", getattr(module, self.function))


FORMATS: Final = (
    Format("npy", ".npy", "arrays"),
    Format("npz", ".npz", "arrays", "compare_archive"),
    Format("json", ".json", "tree"),
    Format("csv", ".csv", "tables"),
)
OTHER: Final = Format("text", "", "text")
"""For every other suffix: text, else by digest."""


def compare_output(
    baseline: Path, actual: Path, tolerance: Tolerance, *, output: str | None = None
) -> OutputReport:
    """Compare the file *actual* with *baseline*; never raises for what they hold.

    Args:
        baseline: The recorded file; its suffix decides the format.
        actual: The file to judge.
        tolerance: How far its values may be from the baseline's.
        output: What the report calls it; else the baseline's file name.
    """
    name = output or baseline.name
    suffix = baseline.suffix.lower()
    chosen = next((form for form in FORMATS if form.suffix == suffix), OTHER)
    tally = Tally()
    try:
        limits = Limits(tolerance)
        chosen.load()(Side("baseline", baseline), Side("output", actual), limits, tally)
    except CompareError as error:
        return OutputReport(
            output=name, verdict=Verdict.NOT_COMPARABLE, reason=error.what
        )
    report = tally.report(name)
    if (mistake := limits.unmatched()) is None:
        return report
    return msgspec.structs.replace(
        report,
        verdict=Verdict.NOT_COMPARABLE if report.verdict.passed else report.verdict,
        reason=f"{report.reason}; {mistake}" if report.reason else mistake,
    )

"""The noise between runs in the same surroundings: flaky is not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.model import Noise, Verdict, worst
from noxlock.workflows.comparison import worse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import OutputReport
    from noxlock.workflows.comparison import Comparing
    from noxlock.workflows.repro.runs import Ran

__all__ = ["below_noise", "incomparable", "is_flaky", "measure_noise"]


def measure_noise(comparing: Comparing, runs: Sequence[Ran]) -> Noise | None:
    """Return how far *runs* in the same surroundings lie apart; None for a single one.

    Noisy numbers, those with a `distribution`, do not count.
    """
    first, *others = runs
    if not others:
        return None
    reports: dict[str, OutputReport] = {}
    for other in others:
        for report in comparing.runs(first.found, other.found):
            known = reports.get(report.output)
            reports[report.output] = report if known is None else worse(known, report)
    return Noise(
        runs=len(runs),
        verdict=worst([report.verdict for report in reports.values()]),
        outputs=tuple(reports.values()),
    )


def is_flaky(noise: Noise | None) -> bool:
    """Return whether runs in the same surroundings differ by more than is tolerated."""
    return noise is not None and noise.verdict is Verdict.DRIFTED


def incomparable(noise: Noise | None) -> str:
    """Return why runs in the same surroundings cannot be compared; "": they can."""
    if noise is None or noise.verdict is not Verdict.NOT_COMPARABLE:
        return ""
    bad = next(each for each in noise.outputs if each.verdict is noise.verdict)
    what = "runs in the same surroundings cannot be compared"
    return f"{what}: {bad.output}: {bad.reason}"


def below_noise(outputs: Sequence[OutputReport], noise: Noise | None) -> bool:
    """Return whether what drifted lies no farther off than the runs lie apart."""
    if noise is None:
        return False
    drifted = [each for each in outputs if each.verdict is Verdict.DRIFTED]
    floors = {each.output: _size(each) for each in noise.outputs}
    return bool(drifted) and all(
        0 < _size(each) <= floors.get(each.output, 0.0) for each in drifted
    )


def _size(report: OutputReport) -> float:
    found = report.difference
    size = None if found is None else found.worst.absolute
    return 0.0 if size is None else size

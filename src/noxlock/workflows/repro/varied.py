"""The runs under other surroundings, each judged against the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.envs import unmet
from noxlock.errors import CompareError
from noxlock.model import Resources, Variation, Verdict, worst
from noxlock.workflows.comparison import beside, samples_of, worse
from noxlock.workflows.repro.places import slug
from noxlock.workflows.repro.runs import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.compare.distributions import Samples
    from noxlock.envs import Surroundings
    from noxlock.model import OutputReport
    from noxlock.workflows.comparison import BySample, Comparing
    from noxlock.workflows.repro.runs import Ran

__all__ = ["judge_variation", "variation_runs", "was_not_run"]


def variation_runs(surroundings: Surroundings, runs: int) -> tuple[Wanted, ...]:
    """Return the runs that one variation needs: as many as distributions ask for."""
    title = f"{surroundings.axis} {surroundings.value}"
    name = f"{surroundings.axis}-{slug(surroundings.value)}"
    return tuple(
        Wanted(
            label=name if runs == 1 else f"{name}-{number}",
            title=title if runs == 1 else f"{title}, run {number} of {runs}",
            surroundings=surroundings,
        )
        for number in range(1, runs + 1)
    )


def judge_variation(
    comparing: Comparing, first: Ran, runs: Sequence[Ran], samples: BySample
) -> Variation:
    """Compare the *runs* of one variation with the *first* run of the check.

    What agrees needs its outputs no more: they are removed.

    Args:
        comparing: How.
        first: The run that was not varied.
        runs: Those of one variation: several where numbers are noisy.
        samples: The noisy numbers of the runs that were not varied.
    """
    surroundings = runs[0].wanted.surroundings
    reason = _why_not(runs)
    outputs: tuple[OutputReport, ...] = ()
    if not reason:
        try:
            own = samples_of(comparing.tolerances, [run.found for run in runs])
        except CompareError as error:
            reason = str(error)
        else:
            outputs = _compared(comparing, first, runs, beside(samples, own))
    verdict = worst([report.verdict for report in outputs])
    if reason:
        verdict = Verdict.NOT_COMPARABLE
    if verdict.passed:
        for run in runs:
            run.folder.drop()
    return Variation(
        axis=surroundings.axis,
        value=surroundings.value,
        verdict=verdict,
        outputs=outputs,
        reason=reason,
        resources=_together(runs),
    )


def was_not_run(axis: str, value: str, reason: str) -> Variation:
    """Return the variation that could not even be tried."""
    return Variation(
        axis=axis, value=value, verdict=Verdict.NOT_COMPARABLE, reason=reason
    )


def _why_not(runs: Sequence[Ran]) -> str:
    """Return why the runs say nothing of their surroundings, or ""."""
    for run in runs:
        if run.failed:
            return f"{run.failed}; its log: {run.folder.log}"
        asked = run.wanted.surroundings.variables
        missing = unmet({name: run.asked[name] for name in asked}, run.probed)
        if missing:
            return f"the variation did not take effect: {'; '.join(missing)}"
    return ""


def _compared(
    comparing: Comparing, first: Ran, runs: Sequence[Ran], told: dict[str, Samples]
) -> tuple[OutputReport, ...]:
    reports: dict[str, OutputReport] = {}
    for run in runs:
        for report in comparing.runs(first.found, run.found, told):
            known = reports.get(report.output)
            reports[report.output] = report if known is None else worse(known, report)
    return tuple(reports.values())


def _together(runs: Sequence[Ran]) -> Resources:
    peaks = [run.resources.peak_memory for run in runs]
    return Resources(
        seconds=sum(run.resources.seconds for run in runs),
        peak_memory=max((each for each in peaks if each is not None), default=None),
    )

"""The noise between runs in the same surroundings: flaky is not changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError
from noxlock.model import Noise, Verdict, worst
from noxlock.report.words import short
from noxlock.workflows.comparison import samples_of, together, worse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from noxlock.model import OutputReport
    from noxlock.workflows.comparison import BySample, Comparing
    from noxlock.workflows.repro.runs import Ran

__all__ = ["Repeats", "incomparable", "is_flaky", "noise_note", "take_repeats"]

_FAR: Final = 10
"""So many times the noise is no noise any more."""


@dataclass(kw_only=True, slots=True)
class Repeats:
    """The runs of a check in its own surroundings, each compared with the first."""

    comparing: Comparing
    runs: list[Ran] = field(default_factory=list)
    samples: BySample = field(default_factory=dict)
    """The noisy numbers of all of them."""
    reason: str = ""
    """Why the noisy numbers cannot be had."""
    apart: Ran | None = None
    """The first one that does not agree with the first of all."""
    _reports: dict[str, OutputReport] = field(default_factory=dict)

    @property
    def first(self) -> Ran:
        """The run that all others are held against."""
        return self.runs[0]

    @property
    def failed(self) -> Ran | None:
        """The one that failed: the last, as no other was needed any more."""
        return self.runs[-1] if self.runs[-1].failed else None

    @property
    def noise(self) -> Noise | None:
        """How far the runs lie apart; None of a single one.

        Noisy numbers, those with a `distribution`, do not count.
        """
        if len(self.runs) == 1 or self.failed:
            return None
        return Noise(
            runs=len(self.runs),
            verdict=worst([report.verdict for report in self._reports.values()]),
            outputs=tuple(self._reports.values()),
        )

    def add(self, run: Ran) -> None:
        """Take in a run that has just ended; what agrees needs its outputs no more."""
        self.runs.append(run)
        if run.failed:
            return
        self._sample(run)
        if run is self.first:
            return
        reports = self.comparing.runs(self.first.found, run.found)
        for report in reports:
            known = self._reports.get(report.output)
            self._reports[report.output] = (
                report if known is None else worse(known, report)
            )
        if all(report.verdict.passed for report in reports):
            run.folder.drop()
        elif self.apart is None:
            self.apart = run

    def _sample(self, run: Ran) -> None:
        try:
            own = samples_of(self.comparing.tolerances, [run.found])
        except CompareError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.reason = self.reason or f"{error}{hint}"
        else:
            self.samples = together(self.samples, own)


def take_repeats(comparing: Comparing, ended: Iterator[Ran], count: int) -> Repeats:
    """Take the first *count* runs of *ended*, or those up to one that failed."""
    repeats = Repeats(comparing=comparing)
    for run in islice(ended, count):
        repeats.add(run)
        if run.failed:
            break
    return repeats


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


def noise_note(
    outputs: Sequence[OutputReport], noise: Noise | None
) -> tuple[str, bool]:
    """Return what a flaky result's distance to its baseline means.

    Returns:
        A sentence, or "" where there is nothing to say; and whether the result has
        changed besides: an output drifted whose runs agree, or by far more than its
        runs lie apart.
    """
    drifted = [each for each in outputs if each.verdict is Verdict.DRIFTED]
    if not is_flaky(noise) or noise is None or not drifted:
        return "", False
    floors = {each.output: each for each in noise.outputs}
    for each in drifted:
        floor = floors.get(each.output)
        if floor is None or floor.verdict.passed:
            what = f"{each.output} drifted, and does not differ between these runs"
            return f"it has changed, too: {what}", True
        apart, away = _size(floor), _size(each)
        if apart and away > _FAR * apart:
            how = f"{short(away)} from the baseline, these runs {short(apart)} apart"
            return f"it has changed, too: {each.output} lies {how}", True
    if all(0 < _size(each) <= _size(floors[each.output]) for each in drifted):
        what = "the baseline is no farther away than runs in the same surroundings are"
        return f"{what} from each other", False
    return "", False


def _size(report: OutputReport) -> float:
    found = report.difference
    size = None if found is None else found.worst.absolute
    return 0.0 if size is None else size

"""The verdict of a check, and all that its report says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from noxlock.model import CheckReport, Verdict, worst
from noxlock.report import causes
from noxlock.workflows.repro.following import next_commands
from noxlock.workflows.repro.repeats import incomparable, is_flaky, noise_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import (
        HistoryEntry,
        Noise,
        OutputReport,
        Record,
        Variation,
        Warned,
    )
    from noxlock.workflows.comparison import Compared
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["Evidence", "make_report", "worst_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the runs of a check have shown."""

    request: CheckRequest
    actual: Record
    runs: Sequence[Ran]
    """All that were made, in order; those of the check's own surroundings first."""
    apart: Ran | None = None
    """The first of those that does not agree with the first of all."""
    variations: tuple[Variation, ...] = ()
    old: Record | None = None
    """The baseline's."""
    history: tuple[HistoryEntry, ...] = ()

    @property
    def noise(self) -> Noise | None:
        """How far runs in the same surroundings lie apart."""
        return self.actual.noise


def make_report(
    evidence: Evidence,
    compared: Compared,
    reason: str = "",
    *,
    note: str = "",
    accepted: bool = False,
) -> CheckReport:
    """Return the report.

    Args:
        evidence: What the runs have shown.
        compared: What became of each output.
        reason: Why the check as a whole is not comparable; "": it is.
        note: What is to be said besides, and decides nothing.
        accepted: The outputs are the baseline now.
    """
    old, actual, outputs = evidence.old, evidence.actual, compared.reports
    flaky = is_flaky(evidence.noise)
    new, gone = _warnings(evidence)
    said, changed = noise_note(outputs, evidence.noise)
    verdict = Verdict.NOT_COMPARABLE if reason else _verdict(evidence, outputs)
    if not reason and worst_of(outputs).passed and not verdict.passed:
        reason = incomparable(evidence.noise)
    report = CheckReport(
        check=evidence.request.name,
        verdict=verdict,
        outputs=outputs,
        baseline=old,
        actual=actual,
        reason="; ".join(filter(None, (note, reason, said))),
        flaky=flaky,
        noise=evidence.noise,
        variations=evidence.variations,
        # What moves by itself is not moved by a package.
        causes=()
        if old is None or (flaky and not changed)
        else causes(old, actual, evidence.request.direct),
        new_warnings=new,
        gone_warnings=gone,
        attempts=max(run.attempts for run in evidence.runs),
        history=evidence.history,
        accepted=accepted,
    )
    commands = next_commands(report, evidence, compared, changed=changed)
    return structs.replace(report, next=tuple(commands))


def worst_of(outputs: Sequence[OutputReport]) -> Verdict:
    """Return the worst verdict of *outputs*; of none at all nothing was compared."""
    return worst([report.verdict for report in outputs])


def _verdict(evidence: Evidence, outputs: tuple[OutputReport, ...]) -> Verdict:
    """Return what the outputs say; where they pass, what the other runs say too."""
    own = worst_of(outputs)
    if not own.passed:
        return own
    found = [own, *(variation.verdict for variation in evidence.variations)]
    if evidence.noise is not None:
        found.append(evidence.noise.verdict)
    return worst(found)


def _warnings(evidence: Evidence) -> tuple[tuple[Warned, ...], tuple[Warned, ...]]:
    """Return the warnings that are new since the baseline, and those that are gone."""
    if not evidence.runs[0].probed.ran:
        return (), ()  # it is not known what was warned of
    before = evidence.old.warnings if evidence.old is not None else ()
    now = evidence.actual.warnings
    old = {(each.category, each.message) for each in before}
    new = {(each.category, each.message) for each in now}
    return (
        tuple(each for each in now if (each.category, each.message) not in old),
        tuple(each for each in before if (each.category, each.message) not in new),
    )

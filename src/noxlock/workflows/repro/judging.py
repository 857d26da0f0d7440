"""The verdict of a check, and all that its report says."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from noxlock.model import CheckReport, Verdict, worst
from noxlock.report import causes
from noxlock.workflows.repro.repeats import below_noise, is_flaky

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.model import (
        HistoryEntry,
        Noise,
        OutputReport,
        Record,
        Variation,
        Warned,
    )
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["Evidence", "attempts_note", "make_report", "shown_path"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the runs of a check have shown."""

    request: CheckRequest
    actual: Record
    runs: Sequence[Ran]
    """All that were made, in order; those of the check's own surroundings first."""
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
    outputs: tuple[OutputReport, ...],
    reason: str = "",
    *,
    accepted: bool = False,
) -> CheckReport:
    """Return the report.

    Args:
        evidence: What the runs have shown.
        outputs: What became of each output.
        reason: Why the check as a whole is not comparable; "": it is.
        accepted: The outputs are the baseline now.
    """
    old, actual = evidence.old, evidence.actual
    flaky = is_flaky(evidence.noise)
    new, gone = _warnings(evidence)
    verdict = _verdict(evidence, outputs, reason)
    if flaky and not reason and below_noise(outputs, evidence.noise):
        reason = (
            "the baseline is no farther away than runs in the same surroundings are"
            " from each other"
        )
    report = CheckReport(
        check=evidence.request.name,
        verdict=verdict,
        outputs=outputs,
        baseline=old,
        actual=actual,
        reason=reason,
        flaky=flaky,
        noise=evidence.noise,
        variations=evidence.variations,
        # What moves by itself is not moved by a package.
        causes=()
        if old is None or flaky
        else causes(old, actual, evidence.request.direct),
        new_warnings=new,
        gone_warnings=gone,
        attempts=max(run.attempts for run in evidence.runs),
        history=evidence.history,
        accepted=accepted,
    )
    return _with_next(report, evidence)


def _verdict(
    evidence: Evidence, outputs: tuple[OutputReport, ...], reason: str
) -> Verdict:
    if reason:
        return Verdict.NOT_COMPARABLE
    found = [report.verdict for report in outputs]
    if not found:
        return Verdict.NOT_COMPARABLE
    found += [variation.verdict for variation in evidence.variations]
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


def attempts_note(run: Ran) -> str:
    """Return ` in each of 3 attempts`, or "" where there was but one."""
    return f" in each of {run.attempts} attempts" if run.attempts > 1 else ""


def shown_path(path: Path, root: Path) -> str:
    """Return *path* as one types it in the project's folder."""
    return shlex.quote(os.path.relpath(path, root))


def _with_next(report: CheckReport, evidence: Evidence) -> CheckReport:
    return structs.replace(report, next=tuple(_next(report, evidence)))


def _next(report: CheckReport, evidence: Evidence) -> list[str]:
    request, runs = evidence.request, evidence.runs
    accept = f"{request.session} -- --accept"
    if failed := next((run for run in runs if run.failed), None):
        log = f"less {shown_path(failed.folder.log, request.root)}"
        if report.verdict is Verdict.NOT_COMPARABLE:
            return [log]
    found: list[str] = []
    if report.accepted:
        folder = shlex.quote(request.baseline.folder)
        found += [f"git add {folder}"] if report.actual.commit else []
    elif report.flaky:
        return [_compare(evidence, runs[0], runs[1])]
    elif evidence.old is None:
        return [] if any(runs[0].found.faults) else [accept]
    verdicts = {output.verdict for output in report.outputs}
    if Verdict.DRIFTED in verdicts:
        found += [f"noxlock log {request.name}", accept]
    if Verdict.NOT_COMPARABLE in verdicts:
        found += [f"noxlock verify {request.name}"]
    for varied in report.variations:
        run = _run_of(evidence, varied)
        if varied.verdict is Verdict.DRIFTED and run is not None:
            return [*found, _compare(evidence, runs[0], run)]
    return found


def _run_of(evidence: Evidence, varied: Variation) -> Ran | None:
    for run in evidence.runs:
        around = run.wanted.surroundings
        if (around.axis, around.value) == (varied.axis, varied.value):
            return run
    return None


def _compare(evidence: Evidence, one: Ran, other: Ran) -> str:
    root = evidence.request.root
    sides = (shown_path(run.folder.outputs, root) for run in (one, other))
    return f"noxlock compare {' '.join(sides)}"

"""What to type after a check, the likeliest first."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from noxlock.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.model import CheckReport, Variation
    from noxlock.workflows.comparison import Compared
    from noxlock.workflows.repro.judging import Evidence
    from noxlock.workflows.repro.runs import Ran

__all__ = ["attempts_note", "next_commands", "shown_path"]


def attempts_note(run: Ran) -> str:
    """Return ` in each of 3 attempts`, or "" where there was but one."""
    return f" in each of {run.attempts} attempts" if run.attempts > 1 else ""


def shown_path(path: Path, root: Path) -> str:
    """Return *path* as one types it in the project's folder."""
    return shlex.quote(os.path.relpath(path, root))


def next_commands(
    report: CheckReport, evidence: Evidence, compared: Compared, *, changed: bool
) -> list[str]:
    """Return the commands that help with what *report* says.

    Args:
        report: All but these commands.
        evidence: What the runs have shown.
        compared: What became of each output.
        changed: A flaky result has changed besides.
    """
    failed = next((run for run in evidence.runs if run.failed), None)
    if failed and not report.outputs:
        return [_log(evidence, failed)]
    if report.accepted:
        return _commit(evidence) + _varied(report, evidence)
    found = list(dict.fromkeys(_of_outputs(report, evidence, compared)))
    if report.flaky and evidence.apart:
        # Nothing that is flaky can be accepted.
        own = [each for each in found if each != _accept(evidence)]
        apart = _compare(evidence, evidence.runs[0], evidence.apart)
        return [apart, *(own if changed or compared.unproved else ())]
    return found + _varied(report, evidence)


def _of_outputs(
    report: CheckReport, evidence: Evidence, compared: Compared
) -> Iterator[str]:
    request, first = evidence.request, evidence.runs[0]
    verdicts = {output.verdict for output in report.outputs}
    faults = first.found.faults
    if compared.unproved:
        yield f"noxlock verify {request.name}"
        if evidence.actual.commit:
            yield f"git status {shlex.quote(request.baseline.folder)}"
    if faults:
        yield _log(evidence, first)
    elif evidence.old is None:
        yield _accept(evidence)
    if Verdict.DRIFTED in verdicts and evidence.old is not None:
        yield f"noxlock log {request.name}"
    changed = Verdict.DRIFTED in verdicts or compared.undeclared
    if changed and not compared.unproved and not faults:
        yield _accept(evidence)


def _commit(evidence: Evidence) -> list[str]:
    folder = shlex.quote(evidence.request.baseline.folder)
    return [f"git add {folder}"] if evidence.actual.commit else []


def _varied(report: CheckReport, evidence: Evidence) -> list[str]:
    """Return how to look at the first variation that does not pass."""
    for varied in report.variations:
        run = _run_of(evidence, varied)
        if run is None or varied.verdict.passed:
            continue
        if run.failed:
            return [_log(evidence, run)]
        if varied.verdict is Verdict.DRIFTED:
            return [_compare(evidence, evidence.runs[0], run)]
    return []


def _run_of(evidence: Evidence, varied: Variation) -> Ran | None:
    for run in evidence.runs:
        around = run.wanted.surroundings
        if (around.axis, around.value) == (varied.axis, varied.value):
            return run
    return None


def _accept(evidence: Evidence) -> str:
    return f"{evidence.request.session} -- --accept"


def _log(evidence: Evidence, run: Ran) -> str:
    return f"less {shown_path(run.folder.log, evidence.request.root)}"


def _compare(evidence: Evidence, one: Ran, other: Ran) -> str:
    root = evidence.request.root
    sides = (shown_path(run.folder.outputs, root) for run in (one, other))
    return f"noxlock compare {' '.join(sides)}"

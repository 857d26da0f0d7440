"""What to type after a check, the likeliest first."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from noxlock.compare import mistaken_key
from noxlock.definitions.document import dotted
from noxlock.model import Verdict
from noxlock.workflows.repro.tree import is_uncommitted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.model import CheckReport, Variation
    from noxlock.workflows.comparison import Compared
    from noxlock.workflows.repro.judging import Evidence
    from noxlock.workflows.repro.request import CheckRequest
    from noxlock.workflows.repro.runs import Ran

__all__ = ["attempts_note", "commit_commands", "next_commands", "shown_path"]


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
        return commit_commands(evidence.request) + _varied(report, evidence)
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
    mistakes = list(_mistakes(report, first))
    yield from mistakes
    if faults:
        yield _log(evidence, first)
    # An output that cannot be compared even with itself would be refused.
    elif evidence.old is None and all(verdict.passed for verdict in verdicts):
        yield _accept(evidence)
    if Verdict.DRIFTED in verdicts and evidence.old is not None:
        yield f"noxlock log {request.name}"
    changed = Verdict.DRIFTED in verdicts or compared.undeclared
    if changed and not (compared.unproved or faults or mistakes):
        yield _accept(evidence)


def _mistakes(report: CheckReport, first: Ran) -> Iterator[str]:
    """Yield what to correct in the definition: comments, to be pasted without harm."""
    outputs = "checks", report.check, "outputs"
    for name, written in first.found.misspelt.items():
        path = dotted((*outputs, name))
        yield f"# correct {path}: the command writes `{written}`"
    for output in report.outputs:
        if mistake := mistaken_key(output):
            yield f"# correct {dotted((*outputs, output.output, 'keys'))}: {mistake}"


def commit_commands(request: CheckRequest) -> list[str]:
    """Return how to commit the baseline, where git has not got all of it."""
    folder = request.baseline.folder
    if not is_uncommitted(request.root, folder, request.environ):
        return []
    return [f"git {verb} {shlex.quote(folder)}" for verb in ("add", "commit")]


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

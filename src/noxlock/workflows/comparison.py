"""Compare what a check wrote with its baseline, output by output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from noxlock.compare import compare_output
from noxlock.model import OutputReport, Verdict
from noxlock.workflows.records import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import Record, Tolerance
    from noxlock.workflows.outputs import Collected

__all__ = ["compare_outputs", "compare_with_itself"]


def compare_outputs(
    found: Collected,
    tolerances: Mapping[str, Tolerance],
    folder: Path,
    record: Record,
) -> tuple[OutputReport, ...]:
    """Return a report of each output: the declared ones first, then all others.

    Args:
        found: What was written.
        tolerances: The declared outputs.
        folder: The baseline.
        record: The baseline's record, whose digests its files must have.
    """
    reports = []
    for name, tolerance in tolerances.items():
        if (fault := found.faults.get(name)) is not None:
            reports.append(fault)
            continue
        report = compare_output(
            folder / name, found.files[name], tolerance, output=name
        )
        reports.append(_vouched(report, folder / name, record.outputs.get(name)))
    reports += [fault for name, fault in found.faults.items() if name not in tolerances]
    reports += [
        OutputReport(
            output=name,
            verdict=Verdict.NOT_COMPARABLE,
            reason="in the baseline, but not declared any more",
        )
        for name in record.outputs
        if name not in tolerances and name not in found.faults
    ]
    return tuple(reports)


def compare_with_itself(
    found: Collected, tolerances: Mapping[str, Tolerance]
) -> tuple[OutputReport, ...]:
    """Return whether each output could be compared at all, as a baseline must be."""
    reports = [
        compare_output(path, path, tolerances[name], output=name)
        for name, path in found.files.items()
    ]
    return (*reports, *found.faults.values())


def _vouched(
    report: OutputReport, baseline: Path, recorded: str | None
) -> OutputReport:
    """Add that the baseline is not what was recorded: then no verdict can pass."""
    try:
        found = digest(baseline)
    except OSError:  # the comparison has said so
        return report
    if recorded is None:
        note = "the baseline's record does not list it"
    elif found != recorded:
        note = "the baseline was changed since it was recorded: its sha256 differs"
    else:
        return report
    verdict = Verdict.NOT_COMPARABLE if report.verdict.passed else report.verdict
    reason = f"{report.reason}; {note}" if report.reason else note
    return msgspec.structs.replace(report, verdict=verdict, reason=reason)

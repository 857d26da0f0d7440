"""Small reports and records."""

from __future__ import annotations

from noxlock.model import (
    CheckReport,
    Difference,
    OutputReport,
    PackageRecord,
    Record,
    Verdict,
    worst,
)

__all__ = ["drift", "package", "record", "report"]


def package(
    name: str, version: str, sha256: str = "1" * 64, *, built: bool = False
) -> PackageRecord:
    """Return the record of one wheel."""
    return PackageRecord(
        name=name,
        version=version,
        kind="wheel",
        artifact=f"{name}-{version}-py3-none-any.whl",
        sha256=sha256,
        built=built,
    )


def record(*packages: PackageRecord) -> Record:
    """Return a record of *packages*."""
    return Record(
        format=1,
        check="digits",
        command=("python -m digits {outputs}",),
        created="2026-01-02T03:04:05Z",
        locks={"poetry.lock": "0" * 64},
        plan="plan-v1-0",
        target="linux-64",
        packages=packages,
        interpreter={"version": "3.11.7"},
        machine={"cpu": "a small one"},
        profile={"B": "2", "A": "1"},
    )


def drift(
    output: str = "weights.npy", *, absolute: float = 1.2e-3, where: str = "[3]"
) -> OutputReport:
    """Return the report of an output with 5 of 650 values out of tolerance."""
    difference = Difference(
        absolute=absolute,
        relative=4e-5,
        where=where,
        actual="30.0012",
        baseline="30.0",
        violations=5,
        compared=650,
    )
    return OutputReport(output=output, verdict=Verdict.DRIFTED, difference=difference)


def report(
    *outputs: OutputReport,
    baseline: Record | None = None,
    actual: Record | None = None,
    reason: str = "",
) -> CheckReport:
    """Return the report of a check with *outputs*."""
    return CheckReport(
        check="digits",
        verdict=worst([output.verdict for output in outputs]),
        outputs=outputs,
        baseline=baseline,
        actual=actual or record(),
        reason=reason,
    )

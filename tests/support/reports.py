"""Small reports and records."""

from __future__ import annotations

import msgspec

from noxlock.model import (
    CheckReport,
    Difference,
    OutputReport,
    PackageRecord,
    Place,
    Record,
    Verdict,
    worst,
)

__all__ = ["difference", "drift", "package", "record", "report"]


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


def difference(where: str = "[3]", **changed: object) -> Difference:
    """Return a difference of which 5 of 650 values are out of tolerance."""
    place = Place(
        where=where,
        baseline="30.0",
        actual="30.0012",
        absolute=1.2e-3,
        relative=4e-5,
        ulp=336,
    )
    found = Difference(
        compared=650,
        differing=20,
        violations=5,
        first=place,
        worst=place,
        absolute=1.2e-3,
        relative=4e-5,
        ulp=336,
        histogram=(630, 8, 2, 0, 0, 5, 0, 0, 0, 5),
    )
    return msgspec.structs.replace(found, **changed)


def drift(
    output: str = "weights.npy", *, where: str = "[3]", **changed: object
) -> OutputReport:
    """Return the report of an output with 5 of 650 values out of tolerance."""
    return OutputReport(
        output=output,
        verdict=Verdict.DRIFTED,
        format="npy",
        compared=650,
        difference=difference(where, **changed),
    )


def report(
    *outputs: OutputReport,
    baseline: Record | None = None,
    actual: Record | None = None,
    reason: str = "",
    **changed: object,
) -> CheckReport:
    """Return the report of a check with *outputs*."""
    made = CheckReport(
        check="digits",
        verdict=worst([output.verdict for output in outputs]),
        outputs=outputs,
        baseline=baseline,
        actual=actual or record(),
        reason=reason,
    )
    return msgspec.structs.replace(made, **changed)

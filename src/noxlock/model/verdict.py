"""What a comparison found, and the record that a baseline carries."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

__all__ = [
    "CheckReport",
    "Difference",
    "OutputReport",
    "PackageRecord",
    "Record",
    "Verdict",
    "worst",
]


class Verdict(StrEnum):
    """Of one output, or of a check: then the worst of its outputs."""

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within-tolerance"
    DRIFTED = "drifted"
    NOT_COMPARABLE = "not-comparable"

    @property
    def passed(self) -> bool:
        """Whether the check may go green; what could not be compared never may."""
        return self in {Verdict.IDENTICAL, Verdict.WITHIN_TOLERANCE}


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of *verdicts*; of none at all nothing was compared."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.NOT_COMPARABLE)


class _Value(Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=False):
    """Base of what reports and records hold."""


class Difference(_Value, frozen=True, kw_only=True):
    """The largest difference of one output."""

    absolute: float | None
    """Largest |actual - baseline|; None where the values are no numbers."""
    relative: float | None
    """Largest |actual - baseline| / |baseline|; None likewise; inf for baseline 0."""
    where: str
    """Place of the largest violation, else of the largest difference: `coef[3, 0]`."""
    actual: str
    baseline: str
    violations: int
    """How many values are out of tolerance."""
    compared: int
    """How many values were compared."""


class OutputReport(_Value, frozen=True, kw_only=True):
    """What the comparison of one output found."""

    output: str
    verdict: Verdict
    difference: Difference | None = None
    """None where it is identical or could not be compared."""
    reason: str = ""
    """Why it is not comparable, or what differs besides numbers."""


class PackageRecord(_Value, frozen=True, kw_only=True):
    """One artifact that was installed when the record was made."""

    name: str
    version: str | None
    kind: str
    artifact: str | None
    sha256: str | None
    built: bool = False
    """Built on this machine from source: its bytes are not pinned by the lock."""
    note: str = ""
    """How it was built, where the lock does not say all of that either."""


class Record(_Value, frozen=True, kw_only=True):
    """Where a baseline, or a rerun, comes from."""

    format: int
    check: str
    command: tuple[str, ...]
    created: str
    """UTC, ISO 8601."""
    locks: dict[str, str]
    """File to its sha256."""
    plan: str
    """The plan's key."""
    target: str
    packages: tuple[PackageRecord, ...]
    interpreter: dict[str, str]
    machine: dict[str, str]
    profile: dict[str, str]
    """The variables of the determinism profile, as they were set."""
    effective: dict[str, str] = field(default_factory=dict)
    """What the libraries themselves say after import: BLAS, threads, dispatch level."""
    commit: str | None = None
    """The project's git commit, with `+dirty` where the tree was changed."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Output to its sha256."""


class CheckReport(_Value, frozen=True, kw_only=True):
    """The result of one check, as `report.json` holds it."""

    check: str
    verdict: Verdict
    outputs: tuple[OutputReport, ...]
    baseline: Record | None
    actual: Record
    reason: str = ""
    """Why the check as a whole is not comparable: no baseline, the command failed."""

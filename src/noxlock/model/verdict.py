"""What the comparison of outputs found."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

__all__ = [
    "Difference",
    "OutputReport",
    "Part",
    "Place",
    "Value",
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


class Value(Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=False):
    """Base of what reports and records hold."""


class Place(Value, frozen=True, kw_only=True):
    """One value that differs, and by how much."""

    where: str
    """`coef[3, 0]`, `metrics.loss`, `row 3, column loss`, `line 7`."""
    baseline: str
    actual: str
    absolute: float | None = None
    """|actual - baseline|; None: no numbers; inf: NaN or infinity against a number."""
    relative: float | None = None
    """|actual - baseline| / |baseline|; inf for baseline 0."""
    ulp: int | None = None
    """How many floats of this dtype lie between them, plus one; None: no floats."""
    note: str = ""
    """What else decides: `p = 0.0002 < alpha 0.01 (8 recorded runs, 8 now)`."""


class Difference(Value, frozen=True, kw_only=True):
    """What differs between the values of one output, or of one part of it."""

    compared: int
    """How many values were compared."""
    differing: int
    """How many are not equal."""
    violations: int
    """How many are out of tolerance."""
    first: Place
    """The first that is out of tolerance; where none is, the first that differs."""
    worst: Place
    """The largest violation; where there is none, the largest difference."""
    absolute: float | None
    """Largest |actual - baseline| of all; None where the values are no numbers."""
    relative: float | None
    """Largest |actual - baseline| / |baseline|; None likewise."""
    ulp: int | None = None
    """Largest distance in ULP, of finite floats; None where there are none."""
    histogram: tuple[int, ...] = ()
    """Floats by distance: [0] at 0 ULP, [k] at 2**(k-1) to 2**k - 1 ULP."""
    unsized: int = 0
    """Floats that differ and are in no bin: one of the two is no finite number."""


class Part(Value, frozen=True, kw_only=True):
    """An array of an archive, a column of a table, a file of a folder."""

    key: str
    verdict: Verdict
    dtype: str = ""
    shape: tuple[int, ...] | None = None
    compared: int = 0
    difference: Difference | None = None
    reason: str = ""


class OutputReport(Value, frozen=True, kw_only=True):
    """What the comparison of one output found."""

    output: str
    verdict: Verdict
    format: str = ""
    """The name of its format in the registry; "" where it was not read."""
    compared: int = 0
    """How many values were compared."""
    difference: Difference | None = None
    """Of all its parts together; None where it is identical or not comparable."""
    parts: tuple[Part, ...] = ()
    """Of what has parts; those that differ first."""
    reason: str = ""
    """Why it is not comparable, or what differs besides values."""
    diff: tuple[str, ...] = ()
    """Of text and trees: lines to read, `-` the baseline's, `+` the actual ones."""

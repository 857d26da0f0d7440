"""What the comparison of some values found, before it is added to the others."""

from __future__ import annotations

from dataclasses import dataclass

from noxlock.model import Place

__all__ = ["Block", "Spot"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """One place that differs; of several the largest violation is the worst."""

    violates: bool
    size: float
    """Absolute; inf where one value is no number, or not finite."""
    where: str
    actual: str
    baseline: str
    relative: float | None = None
    """None, too, where the values are no numbers; then *size* means nothing."""
    ulp: int | None = None
    note: str = ""
    """What decides besides its size."""

    def worse(self, other: Spot | None) -> bool:
        """Whether this place is worse than *other*; of equals the earlier one stays."""
        if other is None:
            return True
        return (self.violates, self.size) > (other.violates, other.size)

    def place(self) -> Place:
        """Return it as the report holds it."""
        return Place(
            where=self.where,
            baseline=self.baseline,
            actual=self.actual,
            absolute=None if self.relative is None else self.size,
            relative=self.relative,
            ulp=self.ulp,
            note=self.note,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What the comparison of some values found; places are in their order."""

    compared: int
    differing: int = 0
    violations: int = 0
    absolute: float | None = None
    relative: float | None = None
    ulp: int | None = None
    histogram: tuple[int, ...] = ()
    unsized: int = 0
    first: Spot | None = None
    worst: Spot | None = None

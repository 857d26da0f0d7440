"""What repeated runs of one mix say, in a check that may be flaky. Pure.

As long as no mix has had both outcomes, one run decides, or three where much hangs on
it. From then on the check is noisy: both ends are run until it is known how often a
good and a bad mix drift, and every other mix until the odds are clear (Wald's
sequential probability ratio test).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import TYPE_CHECKING

from noxlock.search.history import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLEARLY = 0.2

__all__ = ["Judgement", "Limits", "Rates", "Tally"]


class Judgement(StrEnum):
    """What is held of a mix."""

    GOOD = "good"
    BAD = "bad"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How sure is sure, and when to give up."""

    flaky: bool = False
    """The check is known to be noisy, whatever the runs of this search say."""
    confidence: float = 0.999
    """Of the verdict on one mix of a noisy check, as far as the rates are right."""
    calibration: int = 8
    """Runs of each end that tell how often they drift; more where that is not clear."""
    apart: float = 0.35
    """By how much the new lock must drift more often than the old one."""
    most: int = 30
    """Runs of one mix after which it counts as unresolved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What came of the runs of one mix."""

    good: int = 0
    bad: int = 0
    unresolved: int = 0

    @classmethod
    def of(cls, kinds: Iterable[OutcomeKind]) -> Tally:
        """Count them."""
        found = list(kinds)
        return cls(
            good=found.count(OutcomeKind.GOOD),
            bad=found.count(OutcomeKind.BAD),
            unresolved=found.count(OutcomeKind.UNRESOLVED),
        )

    @property
    def resolved(self) -> int:
        """Runs that say something."""
        return self.good + self.bad

    @property
    def runs(self) -> int:
        """All runs."""
        return self.resolved + self.unresolved

    @property
    def mixed(self) -> bool:
        """Whether they disagree."""
        return bool(self.good and self.bad)

    @property
    def majority(self) -> Judgement:
        """What most runs say; bad where they are even."""
        if not self.resolved:
            return Judgement.UNRESOLVED
        return Judgement.GOOD if self.good > self.bad else Judgement.BAD

    @property
    def drifts(self) -> float:
        """The share of runs that drift, never quite 0 or 1 (Jeffreys' prior)."""
        return (self.bad + 0.5) / (self.resolved + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """How often a good mix drifts, and a bad one, as both ends showed."""

    good: float
    bad: float

    def apart(self, limits: Limits) -> bool | None:
        """Return whether they differ by enough; None: by about that."""
        beyond = self.bad - self.good - limits.apart
        return beyond > 0 if abs(beyond) >= _CLEARLY else None

    def judge(self, tally: Tally, limits: Limits, *, sure: bool) -> Judgement | None:
        """Return what *tally* says; None: more runs are needed.

        To be sure takes twice the evidence.

        Checks that fail for reasons of their own in some mix only (a third rate) are
        taken for one of the two.
        """
        threshold = log(limits.confidence / (1 - limits.confidence)) * (1 + sure)
        odds = tally.bad * log(self.bad / self.good)
        odds += tally.good * log((1 - self.bad) / (1 - self.good))
        if odds >= threshold:
            return Judgement.BAD
        if odds <= -threshold:
            return Judgement.GOOD
        if tally.runs >= limits.most or tally.unresolved > tally.resolved:
            return Judgement.UNRESOLVED
        return None

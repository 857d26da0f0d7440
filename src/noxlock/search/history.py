"""Probes, what came of them, and what the history of both says of a mix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from noxlock.search.changes import ChangeId  # noqa: TC001 - msgspec reads it

__all__ = ["Observation", "Outcome", "OutcomeKind", "Probe"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One environment to run the check in: a mix of the two locks."""

    new: frozenset[ChangeId] = frozenset()
    """The changes taken from the new lock; all others are as the old lock has them."""
    release: tuple[ChangeId, str] | None = None
    """One of `new` at a version between the locks', in place of the new lock's."""


class OutcomeKind(StrEnum):
    """What one run of a probe came to."""

    GOOD = "good"
    """Its results are those of the old lock."""
    BAD = "bad"
    """They drifted. Any drift counts, whichever output it is of."""
    UNRESOLVED = "unresolved"
    """It did not install, import or finish: that says nothing of the drift."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one run of one probe came to."""

    kind: OutcomeKind
    reason: str = ""
    """Why it is unresolved, one line."""
    signature: str = ""
    """What drifted; told in the conclusion, not reasoned with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """One run. The history is a sequence of them; its order does not count."""

    probe: Probe
    outcome: Outcome

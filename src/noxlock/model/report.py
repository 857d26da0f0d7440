"""The result of a check."""

from __future__ import annotations

from enum import StrEnum

from noxlock.model.record import HistoryEntry, Noise, Record, Resources, Warned
from noxlock.model.verdict import OutputReport, Value, Verdict

__all__ = ["Cause", "CauseKind", "CheckReport", "Variation"]


class CauseKind(StrEnum):
    """What may have moved a result, in the order in which it is suspected."""

    INPUT = "input"
    PACKAGE = "package"
    INTERPRETER = "interpreter"
    COMMAND = "command"
    COMMIT = "commit"
    PROFILE = "profile"
    EFFECTIVE = "effective"
    MACHINE = "machine"
    TARGET = "target"


class Cause(Value, frozen=True, kw_only=True):
    """One thing that is not what it was when the baseline was recorded."""

    kind: CauseKind
    name: str
    """`scipy`, `data/train.csv`, `numpy blas`."""
    old: str | None
    new: str | None
    why: str = ""
    """What makes it more suspect than others: `loaded by the run`."""


class Variation(Value, frozen=True, kw_only=True):
    """A rerun under other surroundings, compared with the run itself."""

    axis: str
    """As in `vary`: `threads`, `hash-seed`."""
    value: str
    verdict: Verdict
    outputs: tuple[OutputReport, ...] = ()
    reason: str = ""
    """Why it is not comparable: it failed, or the variation did not take effect."""
    resources: Resources | None = None


class CheckReport(Value, frozen=True, kw_only=True):
    """The result of one check, as `report.json` holds it."""

    format: int = 2
    check: str
    verdict: Verdict
    """Of its outputs, where they do not pass; else the worst of all that was found:
    the variations' verdicts and the noise's count then."""
    outputs: tuple[OutputReport, ...]
    baseline: Record | None
    actual: Record
    reason: str = ""
    """Why the check as a whole is not comparable, or fails besides its outputs."""
    flaky: bool = False
    """Runs in the same surroundings differ by more than is tolerated."""
    noise: Noise | None = None
    variations: tuple[Variation, ...] = ()
    causes: tuple[Cause, ...] = ()
    """What changed since the baseline, most suspect first."""
    new_warnings: tuple[Warned, ...] = ()
    gone_warnings: tuple[Warned, ...] = ()
    attempts: int = 1
    """How often the command was started until it ended well, or no retry was left."""
    history: tuple[HistoryEntry, ...] = ()
    """Of the baseline, the newest first."""
    accepted: bool = False
    """The outputs were recorded as the new baseline."""
    next: tuple[str, ...] = ()
    """Commands to type next, the likeliest first; what is to be corrected first, as a
    comment."""

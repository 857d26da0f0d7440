"""What became of an update that holds results still: what is said, written as JSON."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from noxlock.model.changes import Layer, LockDifference  # noqa: TC001 - msgspec

__all__ = [
    "Advisory",
    "Behind",
    "Held",
    "JudgeKind",
    "JudgeRow",
    "Judged",
    "Ruling",
    "UpdateReport",
    "UpdateVerdict",
    "Yanked",
]


class UpdateVerdict(StrEnum):
    """How an update ended."""

    UPDATED = "updated"
    """There is a newer lock that passes, with nothing held back."""
    HELD = "held"
    """There is a newer lock that passes, with packages held back."""
    CURRENT = "current"
    """Nothing is newer; or all that is had to be held back."""
    FAILED = "failed"
    """No lock was found that passes: the old ones were left."""


class JudgeKind(StrEnum):
    """What a lock has to pass."""

    CHECK = "check"
    SESSION = "session"


class Ruling(StrEnum):
    """What one lock came to before one judge."""

    PASSED = "passed"
    DRIFTED = "drifted"
    FAILED = "failed"
    NOT_MADE = "not-made"
    """There is no such environment."""
    UNTOUCHED = "untouched"
    """Nothing changes in its environment: it was not run."""


class Judged(Struct, frozen=True, kw_only=True):
    """One lock before one judge."""

    ruling: Ruling
    difference: str = ""
    """How the output differs, why it failed or was not made; one line."""
    seconds: float = 0

    @property
    def passed(self) -> bool:
        """Whether the lock is good enough."""
        return self.ruling in {Ruling.PASSED, Ruling.UNTOUCHED}


class JudgeRow(Struct, frozen=True, kw_only=True):
    """One check or session, and what the locks came to before it."""

    name: str
    kind: JudgeKind
    old: Judged | None = None
    """None: it was not run, as `reason` says."""
    new: Judged | None = None
    """The newest lock, nothing held back."""
    final: Judged | None = None
    """The lock that was left."""
    reason: str = ""
    """Why it has no say: it fails already, it has no baseline, there is no GPU."""


class Held(Struct, frozen=True, kw_only=True):
    """A package that is held back."""

    name: str
    layer: Layer
    old: str
    """Its version before."""
    wanted: str
    """The newest that is allowed."""
    kept: str
    """Its version now."""
    judge: str
    """The check or session that does not pass with it."""
    kind: JudgeKind
    ruling: Ruling
    difference: str
    """How the output differs, or why it failed; one line."""
    first_bad: str | None = None
    pin: str = ""
    """What it was held by: `scipy<1.15.0`."""
    path: tuple[str, ...] = ()
    """The way to it from what the project asks for, itself included; empty: unknown."""
    together: tuple[str, ...] = ()
    """It drifts only together with these, which were updated."""
    instead: str = ""
    """The culprit that comes and goes with it, and cannot be held by itself."""
    proven: bool = True
    """False: it is only suspected, the search had to end before."""


class Behind(Struct, frozen=True, kw_only=True):
    """A package that stays behind because of one that is held."""

    name: str
    layer: Layer
    wanted: str
    """The newest that is allowed; "": it would not be there any more."""
    kept: str
    """Its version now; "": it did not come in."""


class Advisory(Struct, frozen=True, kw_only=True):
    """A known vulnerability of a version that was kept."""

    id: str
    aliases: tuple[str, ...] = ()
    name: str
    version: str
    summary: str = ""
    fixed: tuple[str, ...] = ()
    """Versions that have it no more."""
    cured: bool = False
    """Whether the version that was wanted has it no more."""


class Yanked(Struct, frozen=True, kw_only=True):
    """A version that was kept though its index has taken it back."""

    name: str
    version: str


class UpdateReport(Struct, frozen=True, kw_only=True):
    """What became of an update."""

    verdict: UpdateVerdict
    reason: str = ""
    """Of one that failed: why."""
    differences: tuple[LockDifference, ...] = ()
    """What is new in each lock that was left, or, of a dry run, would be."""
    held: tuple[Held, ...] = ()
    behind: tuple[Behind, ...] = ()
    judges: tuple[JudgeRow, ...] = ()
    advisories: tuple[Advisory, ...] | None = None
    """Of what was held back; None: nobody said where to look."""
    advised: str = ""
    """Where advisories were looked for."""
    yanked: tuple[Yanked, ...] = ()
    unlisted: tuple[str, ...] = ()
    """Those of which the index did not say whether they are yanked."""
    dry_run: bool = False
    runs: int = 0
    """Environments in which something was run."""
    seconds: float = 0
    format: int = 1

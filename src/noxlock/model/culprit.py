"""Which package changes made a check drift: what is said, and written as JSON."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from noxlock.model.changes import ChangeKind  # noqa: TC001 - msgspec reads it
from noxlock.model.report import Cause  # noqa: TC001 - msgspec reads it

__all__ = [
    "Blamed",
    "Changed",
    "ChangedLayer",
    "Culprit",
    "CulpritReport",
    "CulpritVerdict",
    "Standing",
    "Tried",
    "TriedVerdict",
    "Untold",
]


class CulpritVerdict(StrEnum):
    """What drifted the check."""

    EXPLAINED = "explained"
    NOT_THE_LOCK = "not-the-lock"
    """It drifts with the old lock too, or at random: machine, data or noise."""
    NO_DRIFT = "no-drift"
    UNEXPLAINED = "unexplained"
    """Not proven, or not yet; `reason` says why."""


class ChangedLayer(StrEnum):
    """Where a package lies: a name may stand in two of them."""

    PYPI = "pypi"
    CONDA = "conda"
    INTERPRETER = "interpreter"


class Changed(Struct, frozen=True, kw_only=True):
    """A package that the two locks have otherwise."""

    name: str
    old: str | None
    """Version; None: the old lock has it not, or does not say."""
    new: str | None
    layer: ChangedLayer
    kind: ChangeKind
    detail: str = ""
    """Of one rebuilt, what tells the two apart: `other sha256`, `build 0 -> 1`."""
    path: tuple[str, ...] = ()
    """The way to it from what the project asks for, itself included; empty: unknown."""


class Blamed(Struct, frozen=True, kw_only=True):
    """One package of a culprit."""

    name: str
    old: str | None
    new: str | None
    first_bad: str | None = None
    """The first release that drifts, from the old one to the new one; None: unknown."""
    last_good: str | None = None
    """The last one before it that was seen to be good."""
    adjacent: bool = False
    """Whether no release lies between the two."""
    returns: bool = False
    """A release was seen to be good after one that drifts."""
    good_again: str | None = None
    """The first one after `first_bad` that was seen to be good."""
    bad_before: str | None = None
    """One before `last_good` that was seen to drift."""
    layer: ChangedLayer
    kind: ChangeKind
    detail: str = ""
    """As of `Changed`."""
    path: tuple[str, ...] = ()
    """As of `Changed`."""
    pin: str | None = None
    """What holds it back, `scipy<1.15.0`; None: nothing does but the lock."""


class Culprit(Struct, frozen=True, kw_only=True):
    """The smallest set of changes that makes the check drift."""

    packages: tuple[Blamed, ...]
    sufficient: bool
    """The old lock with them was run, and drifts."""
    necessary: bool
    """The new lock without them, and without the other culprits, does not."""
    difference: str
    """How the output differs, one line: `w.npy[3] differs by 0.001 (relative 4e-5)`."""
    minimal: bool = True
    """None of them can be taken back; False: one could not be tested without."""
    along: tuple[Changed, ...] = ()
    """What had to come with them, being needed; not blamed."""


class Untold(Struct, frozen=True, kw_only=True):
    """A mix of the locks that could not be judged."""

    mix: str
    """As of `Tried`."""
    reason: str


class TriedVerdict(StrEnum):
    """What the runs of one environment came to."""

    GOOD = "good"
    BAD = "bad"
    UNRESOLVED = "unresolved"


class Tried(Struct, frozen=True, kw_only=True):
    """One environment that was run: a row of the evidence."""

    mix: str
    """`old lock`, `new lock`, `old + scipy`, `new - scipy`, `scipy at 1.14.2`."""
    verdict: TriedVerdict
    reason: str = ""
    """Why it could not be judged; or that its runs do not agree."""
    difference: str = ""
    """How the output differs, one line."""
    runs: int = 1
    seconds: float = 0
    """Of all its runs together."""


class CulpritReport(Struct, frozen=True, kw_only=True):
    """What is known of why a check drifts."""

    check: str
    verdict: CulpritVerdict
    culprits: tuple[Culprit, ...] = ()
    environments: int
    """Distinct ones that were run."""
    unresolved: tuple[Untold, ...] = ()
    seconds: float
    format: int = 1
    old: str = ""
    """What the old lock is called: a revision, `the baseline`."""
    new: str = ""
    changed: int = 0
    """Packages that the locks have otherwise."""
    runs: int = 0
    complete: bool = True
    """Whether nothing is left to be run."""
    reason: str = ""
    """What keeps it from being explained."""
    noise: bool = False
    """Where it is not the lock: runs of one environment do not agree."""
    difference: str = ""
    """How the new lock's output differs; of one that is not the lock, the old one's."""
    suspects: tuple[Changed, ...] = ()
    """Where not complete: the next culprit is in them."""
    causes: tuple[Cause, ...] = ()
    """What else than packages changed since the baseline."""
    evidence: tuple[Tried, ...] = ()
    """All that was run, in its order."""


class Standing(Struct, frozen=True, kw_only=True):
    """Where the search stands, while it runs."""

    phase: str
    """`baseline`, `narrowing`, `confirming`, `releases` or `done`."""
    changed: int
    suspects: tuple[str, ...]
    """Names of those that may be the culprit looked for now."""
    culprits: int = 0
    environments: int
    at_most: int | None
    """Environments that it may still take; None: that cannot be said."""

"""What the search says: where it stands, what it asks for next, what it found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from noxlock.search.changes import ChangeId
    from noxlock.search.history import Probe

__all__ = [
    "Conclusion",
    "Culprit",
    "CulpritPackage",
    "Done",
    "FindReleases",
    "Phase",
    "Progress",
    "Run",
    "SearchVerdict",
    "Step",
    "Unresolved",
]


class Phase(StrEnum):
    """What the search is at."""

    BASELINE = "baseline"
    """Both ends: the old lock must be good, twice, and the new one bad."""
    NARROWING = "narrowing"
    """Bisecting a chain of mixes."""
    CONFIRMING = "confirming"
    """Proving a culprit sufficient, minimal and necessary."""
    RELEASES = "releases"
    """Bisecting the releases between the locks' two versions."""


class SearchVerdict(StrEnum):
    """What drifted the check."""

    EXPLAINED = "explained"
    """Culprits are known, each of them sufficient, all together necessary."""
    NOT_THE_LOCK = "not-the-lock"
    """It drifts with the old lock too, or at random: machine, data or noise."""
    NO_DRIFT = "no-drift"
    """The new lock is as good as the old one."""
    UNEXPLAINED = "unexplained"
    """Some of that is not proven; `reason` says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CulpritPackage:
    """One changed package of a culprit."""

    change: ChangeId
    name: str
    old: str | None
    """Version; None: the old lock has it not."""
    new: str | None
    first_bad: str | None = None
    """The first version that drifts, the rest of the culprit being as it is; None: not
    known. With other transitions in between it is one of several: `returns`."""
    last_good: str | None = None
    """The tested version below it that is good. Those between the two, if any, could
    not be tested: `adjacent` is False then."""
    adjacent: bool = False
    returns: bool = False
    """A version was seen to be good though an older one, tested too, is bad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Culprit:
    """A set of changes that makes the check drift, and no smaller one in it does.

    Sufficient: the old lock drifts with `packages` and with `along`, which they need;
    that mix, `probe`, was run. Minimal: none of the changes in it that no other one
    needs can be taken back so that the rest still drifts; those mixes were run too.
    Where more changes never undo a drift, no valid part of the mix drifts then; where
    they may, a part that takes back two changes at once was not looked for.

    Necessary, one answer for all culprits: the new lock without their packages (and
    without what needs them) is good. If that mix is unresolved, what came along was
    taken back as well.
    """

    packages: tuple[CulpritPackage, ...]
    along: tuple[ChangeId, ...] = ()
    """Changes that had to come with them, being needed; not blamed."""
    probe: Probe
    """The mix that proves it sufficient."""
    sufficient: bool = True
    minimal: bool = True
    """False: a part of it could not be taken back, the mix being unresolved."""
    necessary: bool = False
    signatures: tuple[str, ...] = ()
    """What the outcomes of `probe` said had drifted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unresolved:
    """A mix that says nothing."""

    probe: Probe
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """What is known; `complete` says whether more runs could tell more."""

    verdict: SearchVerdict
    reason: str = ""
    """What keeps it from being explained, or what else than the lock it is."""
    complete: bool
    culprits: tuple[Culprit, ...] = ()
    suspects: tuple[ChangeId, ...] = ()
    """Where not complete: the next culprit is in them. Empty: nothing is known yet."""
    environments: int
    """Distinct mixes that were run."""
    runs: int
    unresolved: tuple[Unresolved, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where the search stands, for a person to see."""

    phase: Phase
    suspects: tuple[ChangeId, ...]
    """Changes that may be the culprit looked for now."""
    culprits: tuple[Culprit, ...]
    """Those found, not yet with their first bad releases."""
    environments: int
    runs: int
    at_most: int
    """Environments still needed at most until the culprit is proven, if there is but
    one (more) and every mix resolves; of the releases, once they are looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Start these runs, side by side; the first is the one that the search waits for.

    A probe that stands in it twice is to be run twice. Empty: wait for those that run.
    """

    probes: tuple[Probe, ...]
    progress: Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class FindReleases:
    """Say which releases lie between the locks' versions of these, then ask again."""

    changes: tuple[ChangeId, ...]
    progress: Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """Nothing is left to be run."""

    conclusion: Conclusion


Step: TypeAlias = Run | FindReleases | Done

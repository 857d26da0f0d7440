"""What was run in a search, as rows of evidence. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.model.culprit import Tried, TriedVerdict
from noxlock.report.counts import counted
from noxlock.search import OutcomeKind, Probe
from noxlock.search.noise import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from noxlock.model import Cause
    from noxlock.search import ChangeId, Changes, Observation

__all__ = ["Known", "Ran", "Trials"]

_NAMED: Final = 3
"""Packages that the name of a mix lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """One run of the search: what its history holds, and more to tell."""

    seen: Observation
    difference: str = ""
    """How its output differs, one line; "" where it does not."""
    seconds: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known besides the conclusion."""

    check: str
    changes: Changes
    ran: Sequence[Ran]
    """In the order in which they ended."""
    seconds: float
    """All of it took."""
    old: str = ""
    """What the old lock is called: a revision, `the baseline`."""
    new: str = ""
    ways: Mapping[ChangeId, Sequence[str]] = field(default_factory=dict)
    """To each package from what the project asks for, itself included."""
    causes: tuple[Cause, ...] = ()
    """What else than packages changed since the baseline."""


class Trials:
    """The runs of a search by what was run.

    Not told as the search itself judges: of a mix whose runs do not agree, how often it
    drifts is held against both ends.

    Args:
        known: What was run.
        unresolved: Why the search could not judge a mix.
        bad: Mixes that it proved to be bad.
    """

    def __init__(
        self, known: Known, unresolved: Mapping[Probe, str], bad: Collection[Probe] = ()
    ) -> None:
        changed = known.changes.changed
        self.whole = frozenset(change.id for change in changed)
        self._unresolved, self._bad = unresolved, bad
        self._ran: dict[Probe, list[Ran]] = {Probe(): [], Probe(new=self.whole): []}
        for ran in known.ran:
            self._ran.setdefault(ran.seen.probe, []).append(ran)
        self._order = list(dict.fromkeys(ran.seen.probe for ran in known.ran))
        several = Counter(change.name for change in changed)
        self._names = {
            change.id: f"{change.name} ({change.layer})"
            if several[change.name] > 1
            else change.name
            for change in changed
        }

    def rows(self) -> tuple[Tried, ...]:
        """Return a row for all that was run, in its order."""
        return tuple(self._row(probe) for probe in self._order)

    def noisy(self) -> bool:
        """Return whether the runs of any mix do not agree."""
        return any(self._tally(probe).mixed for probe in self._order)

    def difference(self, probe: Probe) -> str:
        """Return how the output of *probe* differs, as its first bad run has it."""
        runs = self._ran.get(probe, ())
        bad = [r for r in runs if r.seen.outcome.kind is OutcomeKind.BAD]
        said = (ran.difference or ran.seen.outcome.signature for ran in bad)
        return next(filter(None, said), "")

    def releases(self, probe: Probe, change: ChangeId) -> Iterator[tuple[str, bool]]:
        """Yield the releases of *change* that were judged in *probe*; True: bad."""
        for each in self._order:
            if each.new == probe.new and each.release and each.release[0] == change:
                verdict = self._verdict(each)
                if verdict is not TriedVerdict.UNRESOLVED:
                    yield each.release[1], verdict is TriedVerdict.BAD

    def mix(self, probe: Probe) -> str:
        """Return what *probe* is called."""
        if probe.release:
            change, version = probe.release
            others = probe.new - {change}
            along = f" with {self._listed(others)}" if others else ""
            return f"{self._names[change]} at {version}{along}"
        if not probe.new:
            return "old lock"
        rest = self.whole - probe.new
        if not rest:
            return "new lock"
        if len(rest) < len(probe.new):
            return f"new - {self._listed(rest)}"
        return f"old + {self._listed(probe.new)}"

    def _listed(self, ids: Collection[ChangeId]) -> str:
        names = [self._names.get(each, each) for each in sorted(ids)]
        if len(names) <= _NAMED:
            return ", ".join(names)
        return counted(len(names), "package")

    def _row(self, probe: Probe) -> Tried:
        verdict, tally = self._verdict(probe), self._tally(probe)
        why = ""
        if tally.mixed:
            why = f"{tally.bad} of {counted(tally.resolved, 'run')} drifted"
        elif verdict is TriedVerdict.UNRESOLVED:
            why = self._why(probe)
        bad = verdict is TriedVerdict.BAD or tally.bad
        return Tried(
            mix=self.mix(probe),
            verdict=verdict,
            reason=why,
            difference=self.difference(probe) if bad else "",
            runs=tally.runs,
            seconds=sum(ran.seconds for ran in self._ran[probe]),
        )

    def _why(self, probe: Probe) -> str:
        said = (ran.seen.outcome.reason for ran in self._ran[probe])
        return next(filter(None, said), self._unresolved.get(probe, ""))

    def _verdict(self, probe: Probe) -> TriedVerdict:
        tally = self._tally(probe)
        if probe in self._unresolved or not tally.resolved:
            return TriedVerdict.UNRESOLVED
        if probe in self._bad:
            return TriedVerdict.BAD
        if not tally.mixed:
            return TriedVerdict.BAD if tally.bad else TriedVerdict.GOOD
        ends = (self._tally(end).drifts for end in (Probe(), Probe(new=self.whole)))
        return TriedVerdict.BAD if tally.drifts >= sum(ends) / 2 else TriedVerdict.GOOD

    def _tally(self, probe: Probe) -> Tally:
        return Tally.of(ran.seen.outcome.kind for ran in self._ran.get(probe, ()))

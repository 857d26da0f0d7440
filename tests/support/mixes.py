"""A world in which the cause of a drift is known, to search it for that cause."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.search import (
    Candidate,
    Change,
    ChangeId,
    Done,
    FindReleases,
    Implication,
    Observation,
    Options,
    Outcome,
    OutcomeKind,
    Probe,
    Run,
    Search,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from noxlock.search import Conclusion

__all__ = ["BAD", "GOOD", "UNRESOLVED", "Found", "World", "change", "ids", "releases"]

GOOD = Outcome(kind=OutcomeKind.GOOD)
BAD = Outcome(kind=OutcomeKind.BAD)
UNRESOLVED = Outcome(kind=OutcomeKind.UNRESOLVED, reason="ImportError")


def change(name: str, old: str | None = "1", new: str | None = "2") -> Change:
    """Return a change of a wheel."""
    return Change(
        name=name,
        old=Candidate(version=old, provides=(name,)) if old else None,
        new=Candidate(version=new, provides=(name,)) if new else None,
    )


def ids(names: Iterable[str]) -> frozenset[ChangeId]:
    """Return the ids of wheels."""
    return frozenset(ChangeId(f"pypi/{name}") for name in names)


def releases(count: int) -> tuple[Candidate, ...]:
    """Return versions between 1 and 2."""
    return tuple(Candidate(version=f"1.{number}") for number in range(1, count + 1))


@dataclass(kw_only=True)
class Found:
    """What a whole search came to."""

    conclusion: Conclusion
    history: list[Observation]
    rounds: int

    @property
    def environments(self) -> int:
        """Distinct probes."""
        return len({seen.probe for seen in self.history})

    @property
    def blamed(self) -> set[frozenset[str]]:
        """The names in each culprit."""
        return {
            frozenset(package.name for package in culprit.packages)
            for culprit in self.conclusion.culprits
        }


@dataclass(kw_only=True)
class World:
    """Changes, what they need, and what a run of a mix comes to."""

    names: Sequence[str]
    oracle: Callable[[Probe], Outcome]
    needs: Iterable[tuple[str, str]] = ()
    loaded: Iterable[str] = ()
    released: Mapping[str, Sequence[Candidate]] = field(default_factory=dict)
    options: Options = field(default_factory=Options)

    @property
    def search(self) -> Search:
        """The search in it."""
        return Search(
            [change(name) for name in self.names],
            self.implications,
            loaded=ids(self.loaded),
            options=self.options,
        )

    @property
    def implications(self) -> list[Implication]:
        """What needs what."""
        return [
            Implication(change=ChangeId(f"pypi/{a}"), needs=ChangeId(f"pypi/{b}"))
            for a, b in self.needs
        ]

    def closed(self, new: Set[ChangeId]) -> bool:
        """Return whether a mix keeps every implication."""
        return all(i.needs in new for i in self.implications if i.change in new)

    def explore(self, *, jobs: int = 1, most: int = 5000) -> Found:
        """Run the search to its end, *jobs* side by side, the oldest ending first."""
        search, history, running = self.search, list[Observation](), deque[Probe]()
        known: dict[ChangeId, Sequence[Candidate]] = {}
        for rounds in range(most):
            state = State(
                history=tuple(history), running=tuple(running), releases=known
            )
            step = search.next(state, jobs=jobs)
            match step:
                case Run(probes=probes):
                    assert len(running) + len(probes) <= jobs
                    running += probes
                    for probe in probes:
                        assert self.closed(probe.new)
                    assert running, "nothing runs and nothing is offered"
                    probe = running.popleft()
                    history.append(Observation(probe=probe, outcome=self.oracle(probe)))
                case FindReleases(changes=wanted):
                    known |= {
                        each: tuple(self.released.get(each.partition("/")[2], ()))
                        for each in wanted
                    }
                case Done(conclusion=conclusion):
                    return Found(conclusion=conclusion, history=history, rounds=rounds)
        raise AssertionError("the search does not end")

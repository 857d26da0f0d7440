"""Count the environments that finding a culprit takes, beside ddmin; makes none.

    python3 benchmarks/bisect.py [--trials N] [--changes M ...]

Each trial draws locks that differ in M packages, two of five of which need another
change, and a cause among them. ddmin (Zeller and Hildebrandt 2002) is the classic one:
subsets, complements, finer; what metadata forbid is refused by the resolver, and costs
it no environment. Prints a Markdown table of medians (and largest).

The standard library has a module of this name: the folder of scripts must not be where
modules are looked for.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.run import at_home, go_home  # noqa: E402

if __name__ == "__main__" and not at_home():
    go_home()

from noxlock.search import (  # noqa: E402
    Candidate,
    Change,
    ChangeId,
    Done,
    FindReleases,
    Implication,
    Observation,
    Outcome,
    OutcomeKind,
    Probe,
    Run,
    Search,
    State,
)

NEEDING = 0.4
LOADED = 0.25
JOBS = 4


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two locks and what makes the check drift."""

    needs: frozenset[tuple[int, int]]
    causes: tuple[frozenset[int], ...]
    """It drifts where all changes of one of them are new."""
    clash: tuple[int, int] | None
    """It does not run where the first is new and the second is not."""
    loaded: frozenset[int]
    changes: int

    def outcome(self, new: frozenset[int]) -> OutcomeKind:
        """Return what a run comes to."""
        if self.clash and self.clash[0] in new and self.clash[1] not in new:
            return OutcomeKind.UNRESOLVED
        bad = any(cause <= new for cause in self.causes)
        return OutcomeKind.BAD if bad else OutcomeKind.GOOD

    def valid(self, new: frozenset[int]) -> bool:
        """Return whether the resolver would take it."""
        return all(b in new or a not in new for a, b in self.needs)


def draw(changes: int, kind: str, random: Random) -> Case:
    """Return a case of a kind in `KINDS`."""
    every = range(changes)
    needs = {
        (each, random.randrange(each))
        for each in every[1:]
        if random.random() < NEEDING
    }
    first, second, third, fourth = (frozenset({n}) for n in random.sample(every, 4))
    loaded = frozenset(each for each in every if random.random() < LOADED)
    causes = {
        "two causes": (first, second),
        "two together": (first | second,),
        "three together": (first | second | third,),
    }
    return Case(
        needs=frozenset(needs),
        causes=causes.get(kind, (first,)),
        clash=(min(third), min(fourth)) if kind == "one, and a clash" else None,
        loaded=loaded | first if kind == "one, loaded" else loaded,
        changes=changes,
    )


KINDS = (
    "one",
    "one, loaded",
    "one, and a clash",
    "two causes",
    "two together",
    "three together",
)


def name(change: int) -> ChangeId:
    """Return the id of a change."""
    return ChangeId(f"pypi/p{change:04}")


def explore(case: Case, jobs: int) -> tuple[int, int, bool]:
    """Search with noxlock.

    Returns:
        The environments, the rounds of *jobs* runs that begin and end together, and
        whether what it found is the cause.
    """
    old, new = Candidate(version="1"), Candidate(version="2")
    numbers = {name(number): number for number in range(case.changes)}
    search = Search(
        [Change(name=each.partition("/")[2], old=old, new=new) for each in numbers],
        [Implication(change=name(a), needs=name(b)) for a, b in case.needs],
        loaded=frozenset(map(name, case.loaded)),
    )
    history: list[Observation] = []
    state = State()
    rounds = 0
    while True:
        match search.next(state, jobs=jobs):
            case Run(probes=probes):
                rounds += 1
                history += (observe(case, probe, numbers) for probe in probes)
                state = State(history=tuple(history), releases=state.releases)
            case FindReleases(changes=wanted):
                none = {each: tuple[Candidate, ...]() for each in wanted}
                state = State(history=state.history, releases=none)
            case Done(conclusion=conclusion):
                found = {
                    frozenset(numbers[package.change] for package in culprit.packages)
                    for culprit in conclusion.culprits
                }
                # One cause may need another, which alone is enough to be found then.
                right = found <= {heads(case, cause) for cause in case.causes}
                return conclusion.environments, rounds, bool(found) and right


def observe(case: Case, probe: Probe, numbers: dict[ChangeId, int]) -> Observation:
    """Return a run of *probe*."""
    kind = case.outcome(frozenset(numbers[each] for each in probe.new))
    return Observation(probe=probe, outcome=Outcome(kind=kind))


def heads(case: Case, cause: frozenset[int]) -> frozenset[int]:
    """Return those of *cause* that no other one of it needs."""
    needed: set[int] = set()
    agenda = list(cause)
    below = {each: {b for a, b in case.needs if a == each} for each in cause}
    while agenda:
        each = agenda.pop()
        for other in below.setdefault(each, {b for a, b in case.needs if a == each}):
            if other not in needed:
                needed.add(other)
                agenda.append(other)
    return cause - needed


def ddmin(case: Case) -> tuple[int, int]:
    """Return the environments of ddmin, and how often the resolver refused."""
    ran: dict[frozenset[int], bool] = {}
    refused: set[frozenset[int]] = set()

    def bad(chosen: Sequence[int]) -> bool:
        new = frozenset(chosen)
        if new not in ran and not case.valid(new):
            refused.add(new)
            return False
        if new not in ran:
            ran[new] = case.outcome(new) is OutcomeKind.BAD
        return ran[new]

    left = list(range(case.changes))
    bad([])
    bad(left)
    parts = 2
    while len(left) > 1:
        smaller = _smaller(left, parts, bad)
        if smaller is not None:
            left, parts = smaller
        elif parts < len(left):
            parts = min(len(left), 2 * parts)
        else:
            break
    return len(ran), len(refused)


def _smaller(
    left: list[int], parts: int, bad: Callable[[Sequence[int]], bool]
) -> tuple[list[int], int] | None:
    bounds = [len(left) * part // parts for part in range(parts + 1)]
    subsets = [left[a:b] for a, b in pairwise(bounds)]
    for subset in subsets:
        if bad(subset):
            return subset, 2
    for subset in subsets:
        without = set(subset)
        complement = [each for each in left if each not in without]
        if parts > 2 and bad(complement):  # noqa: PLR2004 - else it was a subset
            return complement, parts - 1
    return None


def shown(figures: Sequence[int]) -> str:
    """Return `median (largest)`."""
    return f"{median(figures):g} ({max(figures)})"


def row(changes: int, kind: str, trials: int) -> str:
    """Return a line of the table."""
    ours: list[int] = []
    rounds: list[int] = []
    theirs: list[int] = []
    refused: list[int] = []
    wrong = 0
    for trial in range(trials):
        case = draw(changes, kind, Random(f"{changes} {kind} {trial}"))  # noqa: S311
        environments, _, right = explore(case, 1)
        ours.append(environments)
        wrong += not right
        rounds.append(explore(case, JOBS)[1])
        ran, refusals = ddmin(case)
        theirs.append(ran)
        refused.append(refusals)
    bound = 2 + (changes - 1).bit_length() + 3
    cells = [
        str(changes),
        kind,
        shown(ours),
        str(bound) if kind in ("one", "one, loaded") else "",
        shown(rounds),
        str(wrong),
        shown(theirs),
        shown(refused),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=25)
    parser.add_argument("--changes", type=int, nargs="+", default=[20, 60, 200, 1000])
    options = parser.parse_args()
    print(
        "| changes | cause | environments | bound | rounds, 4 jobs | wrong |"
        " ddmin | its refusals |"
    )
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for changes in options.changes:
        for kind in KINDS:
            print(row(changes, kind, options.trials), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Search the package changes that make a check drift: start runs, wait, conclude."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from noxlock import process
from noxlock.search import (
    Done,
    FindReleases,
    Observation,
    Options,
    Probe,
    Run,
    Search,
    State,
)
from noxlock.workflows.culprit.seen import SeenKind, outcome
from noxlock.workflows.culprit.trials import OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from noxlock.search import (
        Candidate,
        Change,
        ChangeId,
        Conclusion,
        Implication,
        Progress,
    )
    from noxlock.workflows.culprit.mixes import Mixes
    from noxlock.workflows.culprit.seen import Seen
    from noxlock.workflows.culprit.trials import Trials

__all__ = ["Explained", "Limits", "explain"]

_SOON: Final = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a search may cost."""

    jobs: int = 1
    """Mixes that are tried side by side."""
    most_runs: int | None = None
    seconds: float | None = None
    """Wall time after which it ends; runs that have not ended are not kept."""
    releases: bool = True
    """Whether to look for the first bad release."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What a search found, and by which runs."""

    conclusion: Conclusion
    runs: tuple[tuple[Probe, Seen], ...]
    """In the order in which they ended."""
    failing: bool
    """The new lock makes the check fail, and that is what was looked for."""
    seconds: float


def explain(
    trials: Trials,
    mixes: Mixes,
    limits: Limits,
    *,
    releases: Callable[[Change], Sequence[Candidate] | None],
    watch: Callable[[Progress], None],
) -> Explained:
    """Search until it is explained, or the limits are reached.

    What runs came to is kept: where the process ends, the same call goes on from there.

    Args:
        trials: Makes the runs.
        mixes: Of the two locks.
        limits: What it may cost.
        releases: Returns those between the two versions of a change, from the old one
            to the new one; None: that cannot be said, and none is looked for.
        watch: Told where the search stands before each wait.

    Raises:
        NoxlockError: A run could not even be begun.
    """
    return _Searching(trials, mixes, limits, releases, watch).run()


@dataclass(slots=True)
class _Searching:
    trials: Trials
    mixes: Mixes
    limits: Limits
    find: Callable[[Change], Sequence[Candidate] | None]
    watch: Callable[[Progress], None]
    seen: list[tuple[Probe, Seen]] = field(default_factory=list)
    running: dict[Future[Seen], tuple[Probe, int]] = field(default_factory=dict)
    releases: dict[ChangeId, Sequence[Candidate]] = field(default_factory=dict)
    # Not `futures.wait`: Ctrl-C inside it may leave a future locked, for ever.
    _ended: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    _new: Probe = field(init=False)
    """The new lock itself."""
    _implications: Sequence[Implication] = field(init=False)

    def __post_init__(self) -> None:
        changed = self.mixes.changes.changed
        self._new = Probe(new=frozenset(each.id for each in changed))
        self._implications = self.mixes.rules.implications()

    def run(self) -> Explained:
        started = time.monotonic()
        with ThreadPoolExecutor(self.limits.jobs) as pool:
            begun = pool.submit(self.trials.begin)
            begun.add_done_callback(self._ended.put)
            try:
                if self._has_begun(begun):
                    conclusion = self._until_done(pool, started)
                else:
                    conclusion = self._search().conclusion(self._state())
            finally:
                self._end({begun, *self.running})
        return Explained(
            conclusion=conclusion,
            runs=tuple(self.seen),
            failing=self._failing,
            seconds=time.monotonic() - started,
        )

    def _has_begun(self, begun: Future[Seen | None]) -> bool:
        """Return whether there is something to compare with before the time is over."""
        step = self._search().next(self._state())
        if isinstance(step, Run):
            self.watch(step.progress)
        try:
            self._ended.get(timeout=self.limits.seconds)
        except Empty:
            return False
        if (first := begun.result()) is not None:
            self.seen.append((OLD, first))
        return True

    def _until_done(self, pool: ThreadPoolExecutor, started: float) -> Conclusion:
        limit = self.limits.seconds
        while True:
            search, state = self._search(), self._state()
            left = None if limit is None else started + limit - time.monotonic()
            if left is not None and left <= 0:
                return search.conclusion(state)
            match search.next(state, jobs=self.limits.jobs):
                case Done(conclusion=conclusion):
                    return conclusion
                case FindReleases(changes=names, progress=progress):
                    self.watch(progress)
                    self._find(names)
                case Run(probes=probes, progress=progress):
                    self.watch(progress)
                    self._start(pool, probes)
                    self._wait(left)

    def _end(self, futures: Collection[Future[Any]]) -> None:
        """End what runs, also what is about to start a command, or another one."""
        self.trials.stop()
        for future in futures:
            future.cancel()
        while not all(future.done() for future in futures):
            process.end_all()
            with suppress(Empty):
                self._ended.get(timeout=_SOON)
        self.trials.clean()

    def _start(self, pool: ThreadPoolExecutor, probes: Sequence[Probe]) -> None:
        for probe in probes:
            taken = {slot for _, slot in self.running.values()}
            slot = next(n for n in range(self.limits.jobs + 1) if n not in taken)
            future = pool.submit(self.trials.run, probe, slot)
            self.running[future] = probe, slot
            future.add_done_callback(self._ended.put)

    def _wait(self, seconds: float | None) -> None:
        """Wait for a run to end, and take in all that have ended."""
        with suppress(Empty):
            future = self._ended.get(timeout=seconds)
            while True:
                probe, _ = self.running.pop(future)
                self.seen.append((probe, future.result()))
                future = self._ended.get_nowait()

    def _find(self, names: Sequence[ChangeId]) -> None:
        for name in names:
            found = self.find(self.mixes.change(name))
            if found is None:
                self.limits = replace(self.limits, releases=False)
                return
            self.releases[name] = found
            by_version = {each.version: each for each in found if each.version}
            self.trials.releases[name] = by_version

    def _state(self) -> State:
        failing = self._failing
        history = [
            Observation(probe=probe, outcome=outcome(seen, failing=failing))
            for probe, seen in self.seen
        ]
        running = [probe for probe, _ in self.running.values()]
        return State(history=history, running=running, releases=self.releases)

    @property
    def _failing(self) -> bool:
        """Whether the new lock itself makes the check fail, and nothing drift."""
        kinds = {seen.kind for probe, seen in self.seen if probe == self._new}
        return SeenKind.FAILED in kinds and not kinds & {
            SeenKind.DRIFTED,
            SeenKind.SAME,
        }

    def _search(self) -> Search:
        """Return the search, which knows what the check imports once both ends ran."""
        ends = (OLD, self._new)
        loaded = {n for probe, seen in self.seen if probe in ends for n in seen.loaded}
        changed = self.mixes.changes.changed
        return Search(
            changed,
            self._implications,
            loaded={each.id for each in changed if each.name in loaded},
            fits=self.mixes.rules.fits,
            options=Options(
                most_runs=self.limits.most_runs,
                releases=self.limits.releases,
            ),
        )

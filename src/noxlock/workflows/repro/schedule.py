"""Several runs of a check, side by side where that is asked for."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from noxlock import process
from noxlock.report.words import resources_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from noxlock.workflows.repro.runs import Ran, Runner, Wanted

__all__ = ["run_all"]


def run_all(  # noqa: PLR0913 - what to run, and who is told
    runner: Runner,
    wanted: Sequence[Wanted],
    *,
    needed: int,
    echo: TextIO | None,
    say: Callable[[str], None],
    meanwhile: Callable[[], None] = lambda: None,
) -> Generator[Ran]:
    """Make the runs of *wanted*, in order, at most as many at once as the check says.

    What takes them decides when others start: one by one, the next one starts when it
    is asked for; side by side, as many may wait to be taken as run at once. So what was
    compared can be removed before more is written.

    Args:
        runner: Makes one.
        wanted: The repeats first.
        needed: How many of them must end well for the rest to be worth running.
        echo: Where the first run's output goes as it comes, where runs go one by one;
            with `verbose` every run's.
        say: Says a line of progress.
        meanwhile: What this thread does while the first runs go on.

    Yields:
        Those that were made, in order: all, or those up to a failure of a needed one.
        Where it is closed before its end, those that still run are ended.

    Raises:
        EnvError: A command cannot be started.
    """
    jobs = runner.request.check.jobs
    ahead = 1 if jobs == 1 else 2 * jobs
    batch = _Batch(runner, wanted, needed, echo, say)
    left = iter(range(len(wanted)))
    with ThreadPoolExecutor(jobs) as pool:
        futures = deque(pool.submit(batch.run, index) for index in islice(left, ahead))
        try:
            meanwhile()
            while futures:
                if (ran := futures.popleft().result()) is not None:
                    yield ran
                futures.extend(
                    pool.submit(batch.run, index) for index in islice(left, 1)
                )
        except BaseException:
            batch.stop.set()
            process.end_all()
            raise


@dataclass(frozen=True, slots=True)
class _Batch:
    runner: Runner
    wanted: Sequence[Wanted]
    needed: int
    echo: TextIO | None
    say: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    """No other run is to start."""

    def run(self, index: int) -> Ran | None:
        """Make one run; None where it is not worth running any more."""
        if self.stop.is_set():
            return None
        ran = self.runner.run(self.wanted[index], self._echo(index))
        if ran.failed and index < self.needed:
            self.stop.set()
        if len(self.wanted) > 1:
            said = ran.failed or resources_line(ran.resources)
            self.say(f"{ran.wanted.title}: {said}")
        return ran

    def _echo(self, index: int) -> TextIO | None:
        """Return where the run's output goes as it comes: side by side nowhere."""
        request = self.runner.request
        if request.check.jobs > 1:
            alone = len(self.wanted) == 1
        else:
            alone = index == 0 or request.verbose
        return self.echo if alone else None

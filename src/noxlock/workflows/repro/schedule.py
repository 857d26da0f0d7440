"""Several runs of a check, side by side where that is asked for."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
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
    check = runner.request.check
    ahead = 1 if check.jobs == 1 else 2 * check.jobs
    stop = threading.Event()

    def one(index: int) -> Ran | None:
        if stop.is_set():
            return None
        alone = index == 0 or runner.request.verbose
        if check.jobs > 1:
            alone = len(wanted) == 1
        ran = runner.run(wanted[index], echo if alone else None)
        if ran.failed and index < needed:
            stop.set()
        if len(wanted) > 1:
            said = ran.failed or resources_line(ran.resources)
            say(f"{ran.wanted.title}: {said}")
        return ran

    left = iter(range(len(wanted)))
    with ThreadPoolExecutor(check.jobs) as pool:
        futures = deque(pool.submit(one, index) for index in islice(left, ahead))
        try:
            meanwhile()
            while futures:
                if (ran := futures.popleft().result()) is not None:
                    yield ran
                futures.extend(pool.submit(one, index) for index in islice(left, 1))
        except BaseException:
            stop.set()
            process.end_all()
            raise

"""Several runs of a check, side by side where that is asked for."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TextIO

from noxlock import process
from noxlock.report.words import resources_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.workflows.repro.runs import Ran, Runner, Wanted

__all__ = ["run_all"]


def run_all(
    runner: Runner,
    wanted: Sequence[Wanted],
    *,
    needed: int,
    echo: TextIO | None,
    say: Callable[[str], None],
) -> list[Ran]:
    """Make the runs of *wanted*, in order, at most as many at once as the check says.

    Args:
        runner: Makes one.
        wanted: The repeats first.
        needed: How many of them must end well for the rest to be worth running.
        echo: Where the first run's output goes as it comes, where runs go one by one;
            with `verbose` every run's.
        say: Says a line of progress.

    Returns:
        Those that were made, in order: all, or those up to a failure of a needed one.

    Raises:
        EnvError: A command cannot be started.
    """
    check = runner.request.check
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

    with ThreadPoolExecutor(check.jobs) as pool:
        futures = [pool.submit(one, index) for index in range(len(wanted))]
        try:
            return [ran for ran in _results(futures) if ran is not None]
        except BaseException:
            stop.set()
            process.end_all()
            raise


def _results(futures: Sequence[Future[Ran | None]]) -> list[Ran | None]:
    return [future.result() for future in futures]

"""Several jobs at once; the first failure ends them all."""

from __future__ import annotations

import time
from collections import deque
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from threading import Event

__all__ = ["Crew"]

_PATIENCE: Final = 1.0

_T = TypeVar("_T")


class Crew:
    """Threads that no failure has to wait for: they are daemons.

    A pool of `concurrent.futures` is joined when the interpreter ends, and so a stalled
    download would hold a failed run for as long as its timeout.
    """

    def __init__(self, size: int, stop: Event) -> None:
        self._size = size
        self._stop = stop
        self._threads: list[Thread] = []

    def run(self, jobs: Iterable[Callable[[], _T]]) -> Iterator[_T]:
        """Yield what the jobs return, as each is done; raise the first failure."""
        waiting = deque(jobs)
        done: SimpleQueue[tuple[_T] | BaseException] = SimpleQueue()

        def work() -> None:
            while waiting and not self._stop.is_set():
                try:
                    done.put((waiting.popleft()(),))
                except IndexError:  # another thread took the last
                    return
                except BaseException as error:  # noqa: BLE001 - raised to the caller
                    done.put(error)
                    return

        count = len(waiting)
        for _ in range(min(self._size, count)):
            self._threads.append(Thread(target=work, daemon=True))
            self._threads[-1].start()
        for _ in range(count):
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result[0]

    def dismiss(self, then: Callable[[], None]) -> None:
        """End the threads, waiting a moment only; call *then* when all have ended."""
        self._stop.set()
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            then()
            return

        def later() -> None:
            for thread in self._threads:
                thread.join()
            then()

        Thread(target=later, daemon=True).start()

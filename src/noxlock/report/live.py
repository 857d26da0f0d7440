"""Progress for people: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from functools import cached_property
from textwrap import wrap
from typing import TYPE_CHECKING, Final, TextIO

from noxlock.report.console import is_live, make_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from noxlock.report.progress import Progress, Task

__all__ = ["LiveProgress", "PlainProgress", "amount_of", "make_progress"]

_WIDTH: Final = 80
"""Columns of a terminal that does not say how many it has."""


def make_progress(
    stream: TextIO | None = None, environ: Mapping[str, str] | None = None
) -> Progress:
    """Return the progress that fits *stream*, by default standard error."""
    stream = sys.stderr if stream is None else stream
    environ = os.environ if environ is None else environ
    if is_live(stream, environ):
        return LiveProgress(stream, environ)
    return PlainProgress(stream, environ)


class _Lines:
    """What both forms share: one line, at once.

    rich writes what moves or has a colour. For one plain line, as a warm session says,
    importing it would take twenty times as long as saying it.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self._environ = environ

    @cached_property
    def _console(self) -> Console:
        return make_console(self._stream, self._environ)

    def say(self, message: str, /) -> None:
        """Say one line."""
        if is_live(self._stream, self._environ):
            message = _wrapped(message, self._width())
        self._stream.write(f"{message}\n")
        self._stream.flush()

    def _width(self) -> int:
        given = self._environ.get("COLUMNS", "")
        if given.isdigit() and int(given):
            return int(given)
        try:
            return os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            return _WIDTH

    def warn(self, message: str, /) -> None:
        """Say one line that the user should not miss."""
        from rich.text import Text  # noqa: PLC0415 - see above

        self._console.print(Text(f"warning: {message}", style="yellow"))


def _wrapped(text: str, width: int) -> str:
    """Return *text* in lines of at most *width*, broken between words."""
    lines = text.splitlines()
    if all(len(line) <= width for line in lines):
        return text
    broken = (
        wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
        for line in lines
    )
    return "\n".join(line for several in broken for line in several)


class _Count:
    """How far a step has come."""

    def __init__(self, total: int | None, unit: str) -> None:
        self.done = 0
        self.total = total
        self.unit = unit
        self._lock = threading.Lock()

    def advance(self, amount: int = 1, /) -> None:
        """Count *amount* more; from any thread."""
        with self._lock:
            self.done += amount

    def __str__(self) -> str:
        """Return it as people say it: `3 of 4 items`, `1.2 MB`."""
        return amount_of(self.done, self.total, self.unit)


class PlainProgress(_Lines):
    """One line where a step begins, one where it ends."""

    def __init__(
        self,
        stream: TextIO,
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream, environ)
        self._clock = clock

    @contextmanager
    def task(
        self, title: str, /, *, total: int | None = None, unit: str = "items"
    ) -> Iterator[Task]:
        """Begin a step; its end says how much was done, and how long it took."""
        count = _Count(total, unit)
        began = self._clock()
        self.say(f"{title} ...")
        how = "stopped at"
        try:
            yield count
            how = "done,"
        finally:
            self.say(f"{title}: {how} {count}, {self._clock() - began:.1f} s")


class _Bar:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: int = 1, /) -> None:
        """Move the bar; from any thread."""
        self._bars.advance(self._task, amount)


class LiveProgress(_Lines):
    """Bars that go away when their step has ended; several at once share one view."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        super().__init__(stream, environ)
        self._lock = threading.Lock()
        self._running = 0
        self._bars: Bars | None = None

    def say(self, message: str, /) -> None:
        """Say one line, above the bars where there are any."""
        with self._lock:
            bars = self._bars
        if bars is None:
            super().say(message)
            return
        from rich.text import Text  # noqa: PLC0415 - it is there already

        self._console.print(Text(message))

    def task(
        self, title: str, /, *, total: int | None = None, unit: str = "items"
    ) -> AbstractContextManager[Task]:
        """Begin a step as one bar."""
        return self._shown(title, total, unit)

    @contextmanager
    def _shown(self, title: str, total: int | None, unit: str) -> Iterator[Task]:
        bars = self._begin()
        task = bars.add_task(title, total=total, unit=unit)
        try:
            yield _Bar(bars, task)
        finally:
            bars.remove_task(task)
            self._end(bars)

    def _begin(self) -> Bars:
        with self._lock:
            if self._bars is None:
                from noxlock.report._bars import make_bars  # noqa: PLC0415 - slow

                self._bars = make_bars(self._console)
                self._bars.start()
            self._running += 1
            return self._bars

    def _end(self, bars: Bars) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                bars.stop()
                self._bars = None


def amount_of(done: int, total: int | None, unit: str) -> str:
    """Return how far a step has come: `3 of 4 items`, `1.2 MB`."""
    if unit == "bytes":
        from rich.filesize import decimal  # noqa: PLC0415 - slow to import

        return (
            decimal(done) if total is None else f"{decimal(done)} of {decimal(total)}"
        )
    return f"{done} {unit}" if total is None else f"{done} of {total} {unit}"

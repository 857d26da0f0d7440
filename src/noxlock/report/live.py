"""Progress for people: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from noxlock.report.console import is_live, make_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from rich.console import Console
    from rich.progress import Task as BarTask
    from rich.progress import TaskID

    from noxlock.report.progress import Progress, Task

__all__ = ["LiveProgress", "PlainProgress", "make_progress"]


def make_progress(
    stream: TextIO | None = None, environ: Mapping[str, str] | None = None
) -> Progress:
    """Return the progress that fits *stream*, by default standard error."""
    stream = sys.stderr if stream is None else stream
    environ = os.environ if environ is None else environ
    console = make_console(stream, environ)
    if is_live(stream, environ):
        return LiveProgress(console)
    return PlainProgress(console)


class _Lines:
    """What both forms share: one line, at once."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, message: str, /) -> None:
        """Say one line."""
        self._console.print(Text(message))

    def warn(self, message: str, /) -> None:
        """Say one line that the user should not miss."""
        self._console.print(Text(f"warning: {message}", style="yellow"))


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
        return _amount(self.done, self.total, self.unit)


class PlainProgress(_Lines):
    """One line where a step begins, one where it ends."""

    def __init__(
        self, console: Console, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(console)
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


class _Amount(ProgressColumn):
    def render(self, task: BarTask) -> Text:
        """Return what is done of a bar."""
        total = None if task.total is None else int(task.total)
        return Text(_amount(int(task.completed), total, task.fields["unit"]))


class _Bar:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: int = 1, /) -> None:
        """Move the bar; from any thread."""
        self._bars.advance(self._task, amount)


class LiveProgress(_Lines):
    """Bars that go away when their step has ended; several at once share one view."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._lock = threading.Lock()
        self._running = 0
        self._bars: Bars | None = None

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
                self._bars = _make_bars(self._console)
                self._bars.start()
            self._running += 1
            return self._bars

    def _end(self, bars: Bars) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                bars.stop()
                self._bars = None


def _make_bars(console: Console) -> Bars:
    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        _Amount(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _amount(done: int, total: int | None, unit: str) -> str:
    if unit == "bytes":
        return (
            decimal(done) if total is None else f"{decimal(done)} of {decimal(total)}"
        )
    return f"{done} {unit}" if total is None else f"{done} of {total} {unit}"

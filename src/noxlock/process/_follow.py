"""Follow a command that the launcher runs: its output, its end, its time."""

from __future__ import annotations

import os
import selectors
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from noxlock.process._echo import Echo

__all__ = ["GRACE", "LINGER", "Followed"]

GRACE: Final = 5.0
"""Seconds that a command has to end after SIGINT, and again after SIGTERM."""
LINGER: Final = 1.0
"""Seconds that processes which a command left behind may go on printing."""
_BLOCK: Final = 1 << 16


@dataclass(eq=False, kw_only=True, slots=True)
class Followed:
    """A command that runs; the descriptors are the caller's to close."""

    out: int
    """What the command prints."""
    say: int
    """What the launcher answers."""
    woken: int
    """Becomes readable when another thread wants the end."""
    wake: int
    log: BinaryIO
    echo: Echo
    answer: bytes = b""
    timed_out: bool = False
    _open: set[int] = field(default_factory=set)
    _plan: list[tuple[float, int]] = field(default_factory=list)
    """The signals to send and when, by the monotonic clock; 0: give up waiting."""
    _stopped: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._open = {self.out, self.say}

    @property
    def group(self) -> int:
        """The process group of the command; 0: it has not started."""
        words = self.answer.split()
        return int(words[1]) if words[:1] == [b"pid"] and len(words) > 1 else 0

    def follow(self, limit: float | None) -> None:
        """Return when the command has ended and all that it printed is in the log.

        Args:
            limit: When it is ended, by the monotonic clock; None: never.
        """
        with selectors.DefaultSelector() as selector:
            for descriptor in (*self._open, self.woken):
                selector.register(descriptor, selectors.EVENT_READ)
            while self._open:
                for key, _ in selector.select(self._wait(limit)):
                    if not self._read(key.fd):
                        selector.unregister(key.fd)
                        self._open.discard(key.fd)
                self.echo.tick()
                if limit is not None and time.monotonic() >= limit:
                    limit = None
                    if self.say in self._open:
                        self.timed_out = True
                        self.end(signal.SIGTERM, signal.SIGKILL)
                self._send()
        self._signal(signal.SIGTERM)  # to what it left behind without the log

    def end(self, *signals: int) -> None:
        """Send *signals* to the group, GRACE seconds between; then wait no more."""
        now = time.monotonic()
        self._plan = [
            (now + GRACE * place, number) for place, number in enumerate((*signals, 0))
        ]

    def stop(self) -> None:
        """End it, from another thread; once asked for, more of it changes nothing."""
        with self._guard, suppress(OSError):
            if not self._stopped:
                os.write(self.wake, b"x")
            self._stopped = True

    def close(self) -> None:
        """Take no more stops: the descriptors are about to be closed."""
        with self._guard:
            self.wake = -1

    def _wait(self, limit: float | None) -> float | None:
        now = time.monotonic()
        times = [] if limit is None else [limit - now]
        times += [when - now for when, _ in self._plan[:1]]
        times += [] if self.echo.wait is None else [self.echo.wait]
        return max(0.0, min(times)) if times else None

    def _read(self, descriptor: int) -> bool:
        """Return whether more can come."""
        data = os.read(descriptor, _BLOCK)
        if descriptor == self.woken:
            self.end(signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        elif descriptor == self.out:
            self.log.write(data)
            self.echo.feed(data)
        else:
            self.answer += data
            if not data:
                now = time.monotonic()
                ends = (signal.SIGTERM, signal.SIGKILL, 0)
                self._plan = [
                    (now + LINGER * place, number)
                    for place, number in enumerate(ends, 1)
                ]
        return bool(data)

    def _send(self) -> None:
        while self._plan and self._plan[0][0] <= time.monotonic():
            _, number = self._plan.pop(0)
            if number:
                self._signal(number)
            else:
                self._open.clear()

    def _signal(self, number: int) -> None:
        if self.group:
            with suppress(OSError):
                os.killpg(self.group, number)

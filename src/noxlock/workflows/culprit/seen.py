"""What runs of mixes came to, kept on disk: an interrupted search goes on there."""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from msgspec import DecodeError, Struct, ValidationError, json

from noxlock.search import Outcome, OutcomeKind

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Ledger", "Seen", "SeenKind", "outcome"]


class SeenKind(StrEnum):
    """What one run of the check in one mix came to."""

    SAME = "same"
    DRIFTED = "drifted"
    FAILED = "failed"
    """A command did not end well, or its outputs cannot be compared."""
    NOT_MADE = "not-made"
    """There is no such environment: it cannot be had, built or linked."""


class Seen(Struct, frozen=True, kw_only=True):
    """One run of the check in one mix."""

    kind: SeenKind
    difference: str = ""
    """How far the outputs are from the reference; why it failed, or was not made."""
    loaded: tuple[str, ...] = ()
    """The distributions that it imported."""
    seconds: float = 0.0
    """Of the check's commands."""
    overhead: float = 0.0
    """Seconds of all else: to make the environment, to compare."""


def outcome(seen: Seen, *, failing: bool) -> Outcome:
    """Return what a run says of its mix.

    Args:
        seen: The run.
        failing: Whether the new lock makes the check fail: then failures are what is
            looked for. Else they hide whether the results drift.
    """
    match seen.kind:
        case SeenKind.SAME:
            return Outcome(kind=OutcomeKind.GOOD)
        case SeenKind.DRIFTED:
            return Outcome(kind=OutcomeKind.BAD, signature=seen.difference)
        case SeenKind.FAILED if failing:
            return Outcome(kind=OutcomeKind.BAD, signature=seen.difference)
        case _:
            return Outcome(kind=OutcomeKind.UNRESOLVED, reason=seen.difference)


class Ledger:
    """The runs of mixes that there were, by plan; each is handed out once.

    Safe for several threads.

    Args:
        folder: Of one check as it is now: its command, tolerances, inputs, code and
            reference. A file for each plan, a line for each run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, list[Seen]] = {}
        self._taken: Counter[str] = Counter()
        self._guard = threading.Lock()

    def take(self, plan: str) -> Seen | None:
        """Return a run of this plan that was not handed out yet, or None."""
        with self._guard:
            if plan not in self._known:
                self._known[plan] = _read(self._file(plan))
            known, taken = self._known[plan], self._taken[plan]
            if taken == len(known):
                return None
            self._taken[plan] += 1
            return known[taken]

    def add(self, plan: str, seen: Seen) -> None:
        """Keep a run, which is handed out with this."""
        with self._guard:
            self._known.setdefault(plan, []).append(seen)
            self._taken[plan] += 1
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._file(plan).open("a+b") as stream:
                if _is_cut_off(stream):
                    stream.write(b"\n")
                stream.write(json.encode(seen) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())

    def _file(self, plan: str) -> Path:
        return self._folder / f"{plan}.jsonl"


def _is_cut_off(stream: BinaryIO) -> bool:
    """Return whether the last line was not written to its end."""
    if not stream.seek(0, os.SEEK_END):
        return False
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) != b"\n"


def _read(file: Path) -> list[Seen]:
    """Return what *file* holds, but for lines that were not written to their end."""
    found: list[Seen] = []
    with suppress(OSError):
        for line in file.read_bytes().splitlines():
            with suppress(DecodeError, ValidationError):
                found.append(json.decode(line, type=Seen))
    return found

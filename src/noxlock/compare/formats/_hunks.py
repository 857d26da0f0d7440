"""The readable diff of texts: what changed, with some lines around it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from noxlock.compare._tally import Tally

__all__ = ["Hunks", "printable", "shortened"]

_CONTEXT: Final = 3
_WIDTH: Final = 160
_BEFORE: Final = 40
_PENDING: Final = 20
_KEPT: Final = 200
"""Lines of one hunk: a tally keeps no more of all of them."""


class Hunks:
    """Writes a unified diff into a tally, hunk by hunk as the texts are read."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._before: deque[str] = deque(maxlen=_CONTEXT)
        self._after = 0
        self._old: list[str] = []
        self._new: list[str] = []
        self._places = (1, 1)
        self._starts = (1, 1)
        self._lines: list[str] = []
        self._left_out = 0

    def same(self, line: str) -> None:
        """Take a line that did not change, or is within tolerance."""
        self._flush()
        self._places = (self._places[0] + 1, self._places[1] + 1)
        if not self._after:
            self._before.append(line)
            return
        self._write(f" {shortened(line)}")
        self._after -= 1
        if not self._after:
            self._end()

    def changed(self, old: str | None, new: str | None) -> None:
        """Take a line that changed, was left out or put in."""
        if not self._after:
            self._begin()
        here = 0 if old is None or new is None else _common(old, new)
        if old is not None:
            self._old.append(f"-{shortened(old, here)}")
        if new is not None:
            self._new.append(f"+{shortened(new, here)}")
        self._after = _CONTEXT
        self._places = (
            self._places[0] + (old is not None),
            self._places[1] + (new is not None),
        )
        if len(self._old) + len(self._new) >= _PENDING:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        if self._after:
            self._end()

    def _begin(self) -> None:
        around = len(self._before)
        self._starts = (self._places[0] - around, self._places[1] - around)
        for line in self._before:
            self._write(f" {shortened(line)}")
        self._before.clear()

    def _flush(self) -> None:
        for line in (*self._old, *self._new):
            self._write(line)
        self._old.clear()
        self._new.clear()

    def _write(self, line: str) -> None:
        if len(self._lines) < _KEPT:
            self._lines.append(line)
        else:
            self._left_out += 1

    def _end(self) -> None:
        """Write the hunk: only now is it known how many lines it has."""
        old, new = map(_range, self._starts, self._places)
        for line in (f"@@ -{old} +{new} @@", *self._lines):
            self._tally.line(line)
        self._tally.left_out += self._left_out
        self._lines.clear()
        self._after = self._left_out = 0


def _range(start: int, end: int) -> str:
    # GNU diffutils: "If a hunk contains just one line, only its start line number
    # appears. [...] An empty hunk is considered to start at the line that precedes".
    count = end - start
    if count == 1:
        return str(start)
    return f"{start if count else start - 1},{count}"


def printable(text: str) -> str:
    """Return *text* without what would move a terminal's cursor or hide characters."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\t" else _escaped(char) for char in text
    )


def shortened(line: str, place: int = 0) -> str:
    """Return a line fit to be shown, blanks at its end visible, around *place*."""
    start = max(0, place - _BEFORE) if len(line) > _WIDTH else 0
    cut = line[start : start + _WIDTH]
    blanks = len(cut) - len(cut.rstrip(" "))
    if blanks and start + len(cut) == len(line):
        cut = cut[:-blanks] + "·" * blanks
    head = "..." if start else ""
    tail = "..." if start + _WIDTH < len(line) else ""
    return f"{head}{printable(cut)}{tail}"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def _common(old: str, new: str) -> int:
    """Return how many characters two lines begin with together."""
    if len(old) <= _WIDTH and len(new) <= _WIDTH:
        return 0
    size = min(len(old), len(new))
    low, high = 0, size
    while low < high:  # the longest common prefix, by halving
        middle = (low + high + 1) // 2
        if old[:middle] == new[:middle]:
            low = middle
        else:
            high = middle - 1
    return low

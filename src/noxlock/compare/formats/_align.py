"""Pairs the lines of two texts that are read as they come, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Ahead", "Pair", "align", "unique"]

Pair: TypeAlias = tuple[str | None, str | None]
"""Old and new line; None: the other one was put in, or left out."""
_Match: TypeAlias = "Callable[[str, str], bool]"

_NEAR: Final = 32
"""Lines put in and left out together, up to which the nearest match is searched."""
_WINDOWS: Final = (1024, 16384)
"""Lines that are looked through for those which occur once on both sides."""
_CHARACTERS: Final = 1 << 23


def align(old: Iterator[str], new: Iterator[str], match: _Match) -> Iterator[Pair]:
    """Yield the pairs of lines in order: equal, changed, put in or left out.

    Lines stay paired while *match* says so. Where it does not, the nearest place is
    taken where two lines in a row match again; if that is far, a line that occurs once
    on both sides among the next thousands. Without any, lines are paired as they come.
    """
    left, right = Ahead(old), Ahead(new)
    while True:
        a, b = left.take(), right.take()
        if a is None and b is None:
            return
        if a is not None and b is not None and (a == b or match(a, b)):
            yield a, b
            continue
        left.give_back(a)
        right.give_back(b)
        skipped, added = _nearest(left, right, match) or unique(left, right)
        for _ in range(min(skipped, added)):
            yield left.take(), right.take()
        for _ in range(skipped - added):
            yield left.take(), None
        for _ in range(added - skipped):
            yield None, right.take()


class Ahead:
    """An iterator that can be looked ahead of."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.waiting: deque[str] = deque()

    def take(self) -> str | None:
        """Return the next line; None at the end."""
        return self.waiting.popleft() if self.waiting else next(self.lines, None)

    def give_back(self, line: str | None) -> None:
        """Take back the line that was just taken."""
        if line is not None:
            self.waiting.appendleft(line)

    def look(self, count: int) -> list[str]:
        """Return up to *count* of the next lines: fewer at the end, or of long ones."""
        size = sum(map(len, self.waiting)) if len(self.waiting) < count else 0
        while len(self.waiting) < count and size < _CHARACTERS:
            line = next(self.lines, None)
            if line is None:
                break
            self.waiting.append(line)
            size += len(line)
        return list(islice(self.waiting, count))


def _nearest(left: Ahead, right: Ahead, match: _Match) -> tuple[int, int] | None:
    """Return how many lines to skip on both sides until two in a row match.

    None where that is farther than it pays to look.
    """
    old, new = left.look(_NEAR + 2), right.look(_NEAR + 2)

    def matches(i: int, j: int) -> bool:
        if i >= len(old) or j >= len(new):
            return i == len(old) and j == len(new)
        return old[i] == new[j] or match(old[i], new[j])

    for far in range(1, _NEAR + 1):
        # Lines that were only put in or only left out are tried before changed ones.
        for near in range(far // 2 + 1):
            for i, j in ((near, far - near), (far - near, near)):
                if i > len(old) or j > len(new) or not matches(i, j):
                    continue
                if i >= len(old) or matches(i + 1, j + 1):
                    return i, j
    return None


def unique(left: Ahead, right: Ahead) -> tuple[int, int]:
    """Return how many lines to skip until one that occurs once on both sides.

    Without any, those that were looked at.
    """
    for size in _WINDOWS:
        old, new = left.look(size), right.look(size)
        if found := _first_anchor(old, new):
            return found
        if len(old) < size and len(new) < size:
            break
    return len(old), len(new)


def _first_anchor(old: list[str], new: list[str]) -> tuple[int, int] | None:
    """Return the first of the most lines, each once on both sides, in one order."""
    once = _once(old)
    places = _once(new)
    both = [(i, places[line]) for line, i in once.items() if line in places]
    # The longest increasing run of places, by patience sorting.
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(both):
        pile = bisect_left(tops, j)
        before.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            piles.append(number)
        else:
            tops[pile] = j
            piles[pile] = number
    if not piles:
        return None
    number = piles[-1]
    while before[number] >= 0:
        number = before[number]
    return both[number]


def _once(lines: list[str]) -> dict[str, int]:
    counts = Counter(lines)
    return {
        line: number
        for number, line in enumerate(lines)
        if counts[line] == 1 and line.strip()
    }

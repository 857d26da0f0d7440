"""Remembers which rows of a table were put in or left out."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Shifts"]

_SHOWN: Final = 3


@dataclass(slots=True)
class Shifts:
    """The rows that were put in or left out, each time with paired rows after them."""

    put_in: int = 0
    left_out: int = 0
    said: list[str] = field(default_factory=list)
    _told: list[int] = field(default_factory=lambda: [0, 0])
    _places: array[int] = field(default_factory=lambda: array("q"))
    _now: array[int] = field(default_factory=lambda: array("q"))

    def add(self, old: int, new: int, left_out: int, put_in: int) -> None:
        """Take a gap: row *old* is paired with row *new*, both counted from 0."""
        self.put_in += put_in
        self.left_out += left_out
        self._places.append(old)
        self._now.append(new - old)
        if len(self.said) >= _SHOWN:
            return
        self._told[0] += left_out
        self._told[1] += put_in
        first = old - left_out
        if left_out:
            rows = (
                f"rows {first + 1} to {old} were" if left_out > 1 else f"row {old} was"
            )
            self.said.append(f"{rows} left out")
        if put_in:
            rows = f"{put_in} rows were" if put_in > 1 else "a row was"
            where = f"after row {old}" if old else "before row 1"
            self.said.append(f"{rows} put in {where}")

    def now(self, row: int) -> int:
        """Return where the old row is in the new table, both counted from 0."""
        found = bisect_right(self._places, row)
        return row + (self._now[found - 1] if found else 0)

    def notes(self) -> list[str]:
        """Return in words what was put in and left out."""
        left_out, put_in = self.left_out - self._told[0], self.put_in - self._told[1]
        more = [f"{left_out} left out"] if left_out else []
        more += [f"{put_in} put in"] if put_in else []
        rest = [f"elsewhere {' and '.join(more)}"] if more else []
        return [*self.said, *rest]

"""Figures of what JSON Lines hold, by the path inside a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare.formats._trees import join
from noxlock.compare.formats.tree import records
from noxlock.compare.summaries._moments import MOST
from noxlock.compare.summaries._untyped import Untyped

if TYPE_CHECKING:
    from noxlock.compare._files import Side
    from noxlock.compare.formats._trees import Tree
    from noxlock.model import ArraySummary

__all__ = ["paths"]

_WAITING: Final = 1 << 16
"""Numbers that are held until they are taken in."""


def paths(side: Side) -> tuple[ArraySummary, ...]:
    """Return the figures at each path, as tolerance keys spell it: `folds[*].loss`.

    Raises:
        CompareError: A line is no JSON, or is nested too deeply.
    """
    walk = _Walk()
    try:
        for record in records(side):
            walk.visit(record, "")
            if walk.waiting >= _WAITING:
                walk.flush()
    except RecursionError as error:
        raise side.error("is nested too deeply") from error
    walk.flush()
    return tuple(found.summary(path) for path, found in walk.found.items())


class _Walk:
    def __init__(self) -> None:
        self.found: dict[str, Untyped] = {}
        self.waiting = 0
        self._numbers: dict[str, list[float]] = {}
        self._keys: dict[tuple[str, str], str] = {}

    def visit(self, value: Tree, path: str) -> None:
        """Take in all that is at *path* and beneath."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.visit(inner, self._beneath(path, key))
        elif isinstance(value, list):
            inside = f"{path}[*]"
            for inner in value:
                self.visit(inner, inside)
        else:
            self._leaf(value, path)

    def _beneath(self, path: str, key: str) -> str:
        if (found := self._keys.get((path, key))) is None:
            found = join(path, key)
            if len(self._keys) < MOST:
                self._keys[path, key] = found
        return found

    def _leaf(self, value: str | float | None, path: str) -> None:
        if (column := self.found.get(path)) is None:
            if len(self.found) == MOST:
                return
            column = self.found[path] = Untyped()
        column.count += 1
        if value is None:
            column.null += 1
        elif isinstance(value, str):
            column.texts((value,))
        else:
            self._numbers.setdefault(path, []).append(value)
            self.waiting += 1

    def flush(self) -> None:
        """Take in the numbers that wait."""
        for path, values in self._numbers.items():
            column = self.found[path]
            flags = [value for value in values if isinstance(value, bool)]
            if flags:
                column.block(np.array(flags))
            column.numbers([each for each in values if not isinstance(each, bool)])
        self._numbers.clear()
        self.waiting = 0

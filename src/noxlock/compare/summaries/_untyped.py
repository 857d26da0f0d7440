"""Figures of values that have no common type of their own: cells, entries of JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.compare.summaries._moments import Distinct, Moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from noxlock.compare.arrays._lens import Array
    from noxlock.model import ArraySummary

__all__ = ["Untyped"]

_INTEGER: Final = "int64"
"""Stands for integers of any size."""
_REAL: Final = "float64"
_TEXT: Final = "text"


@dataclass(slots=True)
class Untyped:
    """What is known of the values seen so far; text has no figures but a count."""

    count: int = 0
    null: int = 0
    _kinds: set[str] = field(default_factory=set)
    _moments: Moments = field(default_factory=Moments)
    _distinct: Distinct = field(default_factory=Distinct)

    def block(self, values: Array) -> None:
        """Take in an array of int64, float64 or bool."""
        self._kinds.add(values.dtype.name)
        self._moments.numbers(values)

    def numbers(self, values: Sequence[float]) -> None:
        """Take in numbers, of which integers may be of any size."""
        for kind, name in ((int, _INTEGER), (float, _REAL)):
            if found := [value for value in values if isinstance(value, kind)]:
                self._kinds.add(name)
                self._moments.plain(found)

    def texts(self, values: Iterable[str]) -> None:
        """Take in values that are no numbers."""
        self._kinds.add(_TEXT)
        self._distinct.add(values)

    def summary(self, key: str) -> ArraySummary:
        """Return the figures of them all."""
        return self._moments.summary(
            key,
            self._dtype(),
            (self.count,),
            self.count,
            null=self.null,
            distinct=self._distinct.count if _TEXT in self._kinds else None,
        )

    def _dtype(self) -> str:
        if self._kinds == {_INTEGER, _REAL}:
            return _REAL
        return "mixed" if len(self._kinds) > 1 else "".join(self._kinds)

"""How far each value may be from its baseline."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from noxlock.errors import CompareError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Tolerance

__all__ = ["EXACT", "Limit", "Limits"]


class Limit(NamedTuple):
    """Of one value: |actual - baseline| <= atol + rtol * |baseline|."""

    rtol: float = 0.0
    atol: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether no difference is allowed at all."""
        return self.rtol == 0 and self.atol == 0


EXACT: Final = Limit()
_SEEN: Final = 200


@dataclass(frozen=True, slots=True)
class _Rule:
    key: str
    regex: re.Pattern[str]
    tolerance: Tolerance


@dataclass(slots=True)
class Limits:
    """The tolerance of one output, resolved key by key.

    A key overrides the fields that it sets, for what it matches and all beneath; of
    several keys that match, the one declared last wins. A key inside another's `keys`
    stands for `OUTER.INNER`.
    """

    tolerance: Tolerance
    _rules: tuple[_Rule, ...] = ()
    _matched: set[int] = field(default_factory=set)
    _seen: dict[str, None] = field(default_factory=dict)
    _known: dict[tuple[int, ...], Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile the patterns; raise CompareError for a limit that is no number."""
        self._rules = tuple(_rules(self.tolerance))
        for key, tolerance in [("", self.tolerance)] + [
            (rule.key, rule.tolerance) for rule in self._rules
        ]:
            for value in (tolerance.rtol, tolerance.atol):
                if value is not None and not (math.isfinite(value) and value >= 0):
                    place = f" of key `{key}`" if key else ""
                    raise CompareError(
                        f"the tolerance{place} is {value}, not a number from 0"
                    )

    def matching(self, key: str, outer: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the rules for *key*, those of the key around it included."""
        if len(outer) == len(self._rules):
            return outer
        if len(self._seen) < _SEEN:
            self._seen[key] = None
        here = {
            number
            for number, rule in enumerate(self._rules)
            if number not in outer and rule.regex.fullmatch(key)
        }
        if not here:
            return outer
        self._matched |= here
        return tuple(sorted(here.union(outer)))

    def of(self, rules: tuple[int, ...]) -> Limit:
        """Return the limit that *rules* add up to."""
        if (limit := self._known.get(rules)) is None:
            rtol, atol = self.tolerance.rtol or 0.0, self.tolerance.atol or 0.0
            for number in rules:
                tolerance = self._rules[number].tolerance
                rtol = rtol if tolerance.rtol is None else tolerance.rtol
                atol = atol if tolerance.atol is None else tolerance.atol
            limit = self._known[rules] = Limit(rtol, atol)
        return limit

    def at(self, key: str) -> Limit:
        """Return the limit at *key*."""
        return self.of(self.matching(key))

    def unmatched(self) -> str | None:
        """Return what is wrong where a key of the tolerance matched nothing.

        It is a mistake in the definition: what the key was meant for went unjudged.
        """
        for number, rule in enumerate(self._rules):
            if number not in self._matched:
                hint = nearest(rule.key, self._seen)
                what = f"tolerance key `{rule.key}` matches nothing in the output"
                return f"{what} ({hint})" if hint else what
        return None


def _rules(tolerance: Tolerance, outer: str = "") -> Iterator[_Rule]:
    for name, inner in tolerance.keys.items():
        key = f"{outer}.{name}" if outer else name
        regex = re.compile(".*".join(map(re.escape, key.split("*"))), re.DOTALL)
        yield _Rule(key, regex, inner)
        yield from _rules(inner, key)

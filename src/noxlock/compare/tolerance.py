"""How far each value may be from its baseline."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from noxlock.errors import CompareError, nearest
from noxlock.model import DefaultTolerance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.model import Closeness, Distribution, Tolerance

__all__ = ["EXACT", "Limit", "Limits"]


class Limit(NamedTuple):
    """Of one value: |actual - baseline| <= atol + rtol * |baseline|."""

    rtol: float = 0.0
    atol: float = 0.0
    equal_nan: bool = True
    equal_inf: bool = True

    @property
    def exact(self) -> bool:
        """Whether no difference of numbers is allowed at all."""
        return self.rtol == 0 and self.atol == 0


EXACT: Final = Limit()

# torch.testing's. It compares float8 exactly, and so is every smaller float here: one
# step of theirs is 6 % of the value and more, which no rounding error excuses.
_FLOATS: Final = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "float96": (1e-7, 1e-7),
    "float128": (1e-7, 1e-7),
    "longdouble": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
    "complex192": (1e-7, 1e-7),
    "complex256": (1e-7, 1e-7),
    "clongdouble": (1e-7, 1e-7),
}
_SMALL: Final = (
    "float8_e3m4",
    "float8_e4m3",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float6_e2m3fn",
    "float6_e3m2fn",
    "float4_e2m1fn",
)
_INTEGERS: Final = tuple(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (1, 2, 4, 8, 16, 32, 64)
)
_NUMBERS: Final = frozenset((*_FLOATS, *_SMALL, *_INTEGERS))
_SEEN: Final = 200
KEY: Final = "tolerance key"
"""How the reason begins that a key matches nothing."""


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

    The first of these levels that sets rtol or atol decides both, the other is 0: the
    keys and the output together, the dtype's default, the default, torch.testing's for
    the dtype. Integers are held to a default only where their dtype has one; booleans
    and text are exact at every level.
    """

    tolerance: Tolerance
    defaults: DefaultTolerance = field(default_factory=DefaultTolerance)
    _rules: tuple[_Rule, ...] = ()
    _matched: set[int] = field(default_factory=set)
    _seen: dict[str, None] = field(default_factory=dict)
    _known: dict[tuple[tuple[int, ...], str], Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile the patterns; raise CompareError for a limit that is no number."""
        self._rules = tuple(_rules(self.tolerance))
        _check("the tolerance", self.tolerance)
        for rule in self._rules:
            _check(f"the tolerance of key `{rule.key}`", rule.tolerance)
        _check("the default tolerance", self.defaults)
        for dtype, closeness in self.defaults.dtypes.items():
            if dtype not in _NUMBERS:
                raise CompareError(
                    f"the default tolerance has the dtype `{dtype}`, which no number"
                    " has",
                    hint=nearest(dtype, _NUMBERS),
                )
            _check(f"the default tolerance of {dtype}", closeness)

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

    def of(self, rules: tuple[int, ...], dtype: str) -> Limit:
        """Return the limit that *rules* add up to, for values of *dtype*.

        Args:
            rules: Of the value's key, from `matching`.
            dtype: NumPy's name: `float32`, `bool`. "" stands for a number that has
                none, as in text: exact, unless a key or the output says otherwise.
        """
        if (limit := self._known.get((rules, dtype))) is None:
            limit = self._known[rules, dtype] = self._resolve(rules, dtype)
        return limit

    def at(self, key: str, dtype: str) -> Limit:
        """Return the limit at *key*, for values of *dtype*."""
        return self.of(self.matching(key), dtype)

    def check_dtype(self, rules: tuple[int, ...]) -> bool:
        """Return whether another dtype is a drift."""
        found = [level.check_dtype for level in self._levels(rules)]
        return next((value for value in found if value is not None), True)

    def check_shape(self, rules: tuple[int, ...]) -> bool:
        """Return whether another shape of as many elements is a drift."""
        found = [level.check_shape for level in self._levels(rules)]
        return next((value for value in found if value is not None), True)

    def distribution(self, rules: tuple[int, ...]) -> Distribution | None:
        """Return how a noisy scalar is judged; None: by its limit."""
        found = (level.distribution for level in self._levels(rules))
        return next((value for value in found if value is not None), None)

    def unmatched(self) -> str | None:
        """Return what is wrong where a key of the tolerance matched nothing.

        It is a mistake in the definition: what the key was meant for went unjudged.
        """
        for number, rule in enumerate(self._rules):
            if number not in self._matched:
                hint = nearest(rule.key, self._seen)
                what = f"{KEY} `{rule.key}` matches nothing in the output"
                return f"{what} ({hint})" if hint else what
        return None

    def _levels(self, rules: tuple[int, ...]) -> list[Tolerance]:
        """Return what *rules* stand for, the one that wins first; the output last."""
        inner = [self._rules[number].tolerance for number in reversed(rules)]
        return [*inner, self.tolerance]

    def _resolve(self, rules: tuple[int, ...], dtype: str) -> Limit:
        said = self._levels(rules)
        own = self.defaults.dtypes.get(dtype)
        everywhere = [own, self.defaults] if own is not None else [self.defaults]
        levels = [*said, *everywhere]
        nan = next((x.equal_nan for x in levels if x.equal_nan is not None), True)
        inf = next((x.equal_inf for x in levels if x.equal_inf is not None), True)
        if dtype and dtype not in _NUMBERS:
            return Limit(0.0, 0.0, nan, inf)
        covered = dtype in _FLOATS or dtype in _SMALL
        defaults = everywhere if covered else everywhere[:-1]
        groups: list[list[Closeness]] = [[*said], *([one] for one in defaults)]
        for group in groups:
            rtol = next((x.rtol for x in group if x.rtol is not None), None)
            atol = next((x.atol for x in group if x.atol is not None), None)
            if rtol is not None or atol is not None:
                return Limit(rtol or 0.0, atol or 0.0, nan, inf)
        return Limit(*_FLOATS.get(dtype, (0.0, 0.0)), nan, inf)


def _rules(tolerance: Tolerance, outer: str = "") -> Iterator[_Rule]:
    for name, inner in tolerance.keys.items():
        key = f"{outer}.{name}" if outer else name
        regex = re.compile(".*".join(map(re.escape, key.split("*"))), re.DOTALL)
        yield _Rule(key, regex, inner)
        yield from _rules(inner, key)


def _check(what: str, closeness: Closeness) -> None:
    for value in (closeness.rtol, closeness.atol):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise CompareError(f"{what} is {value}, not a number from 0")

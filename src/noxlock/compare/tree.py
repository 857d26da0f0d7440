"""Compares JSON: by path, numbers by tolerance, everything else exactly."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from noxlock.compare._files import Side
    from noxlock.compare._tally import Tally
    from noxlock.compare.tolerance import Limits

__all__ = ["compare"]

_Tree: TypeAlias = "dict[str, _Tree] | list[_Tree] | str | int | float | bool | None"
_Rules: TypeAlias = tuple[int, ...]

_PLAIN: Final = re.compile(r"[\w@/:+-]+")
_LONGEST: Final = 60


def compare(baseline: Side, actual: Side, limits: Limits, tally: Tally) -> None:
    """Compare two JSON files; NaN and Infinity are read as Python writes them.

    A number is a number, written with or without a point; true and false are none.
    Integers of any size are compared exactly.

    Raises:
        CompareError: One is no JSON, or has a key twice.
    """
    old, new = _read(baseline), _read(actual)
    try:
        _Walk(limits, tally).visit((new, old), "", ())
    except RecursionError as error:
        raise baseline.error("is nested too deeply") from error


def _read(side: Side) -> _Tree:
    def pairs(items: list[tuple[str, _Tree]]) -> dict[str, _Tree]:
        table = dict(items)
        if len(table) < len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise side.error(f"has the key {_shown(twice)} twice in one object")
        return table

    def real(text: str) -> float:
        value = float(text)
        if math.isinf(value):
            raise side.error(f"has the number {_cut(text)}, too large for a float")
        return value

    text = side.text()
    try:
        tree: _Tree = json.loads(text, object_pairs_hook=pairs, parse_float=real)
    except json.JSONDecodeError as error:
        raise side.error(
            f"is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except ValueError as error:  # Python's limit on the digits of an integer
        raise side.error(f"is no JSON that can be read: {error}") from error
    except RecursionError as error:
        raise side.error("is nested too deeply") from error
    return tree


@dataclass(frozen=True, slots=True)
class _Walk:
    limits: Limits
    tally: Tally

    def visit(self, pair: tuple[_Tree, _Tree], path: str, outer: _Rules) -> None:
        """Compare the pair (actual, baseline) at *path*, and all beneath."""
        new, old = pair
        rules = self.limits.matching(path, outer)
        where = path or "the value"
        if isinstance(new, dict) and isinstance(old, dict):
            self._tables(new, old, path, rules)
        elif isinstance(new, list) and isinstance(old, list):
            if len(new) != len(old):
                self.tally.note(f"{where}: {len(old)} elements became {len(new)}")
            for index, inner in enumerate(zip(new, old, strict=False)):
                self.visit(inner, f"{path}[{index}]", rules)
        elif _is_number(new) and _is_number(old):
            self.tally.number((new, old), self.limits.of(rules), lambda: where)
        elif type(new) is type(old) and new == old:
            self.tally.same()
        else:
            self.tally.other(_shown(new), _shown(old), where)

    def _tables(
        self, new: dict[str, _Tree], old: dict[str, _Tree], path: str, rules: _Rules
    ) -> None:
        if missing := [key for key in old if key not in new]:
            self._miss("missing", missing, path, rules)
        if extra := [key for key in new if key not in old]:
            self._miss("new", extra, path, rules)
        for key, value in old.items():
            if key in new:
                self.visit((new[key], value), _join(path, key), rules)

    def _miss(self, what: str, keys: Iterable[str], path: str, rules: _Rules) -> None:
        for key in keys:
            self.limits.matching(_join(path, key), rules)
            self.tally.note(f"{what}: {_join(path, key)}")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _join(path: str, key: str) -> str:
    if not _PLAIN.fullmatch(key):
        return f"{path}[{_shown(key)}]"
    return f"{path}.{key}" if path else key


def _shown(value: _Tree) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="backslashreplace").decode()  # a lone surrogate
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."

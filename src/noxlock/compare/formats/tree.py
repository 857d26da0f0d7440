"""Compares JSON, JSON Lines and YAML: by path, numbers by tolerance, others exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from noxlock.compare._tally import Block
from noxlock.compare.distributions import judge
from noxlock.compare.formats._align import align
from noxlock.compare.formats._lines import encoding_of, lines
from noxlock.compare.formats._trees import Tree, join, parse_json, parse_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.errors import CompareError

__all__ = ["compare", "compare_lines", "compare_yaml", "records"]

_Rules: TypeAlias = tuple[int, ...]

_INTEGER: Final = "int64"
"""Stands for integers of any size."""
_REAL: Final = "float64"
_WHOLE: Final = "the value"


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two JSON files; NaN and Infinity are read as Python writes them.

    A number is a number, written with or without a point; true and false are none. Two
    integers are compared as such, of any size; else both are float64.

    Raises:
        CompareError: One is no JSON, or has a key twice.
    """
    old = parse_json(baseline.text(), baseline.error)
    new = parse_json(actual.text(), actual.error)
    walk = _Walk(job, baseline)
    walk.run((new, old))
    walk.finish()


def compare_yaml(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two YAML files, document by document, as JSON is.

    Raises:
        CompareError: One is no YAML that can be read safely, or has a key twice.
    """
    old, new = parse_yaml(baseline), parse_yaml(actual)
    if len(old) != len(new):
        job.tally.note(f"{len(old)} documents became {len(new)}")
    walk = _Walk(job, baseline)
    for number, (mine, other) in enumerate(zip(old, new, strict=False), start=1):
        walk.run((other, mine), f"document {number}, " if len(old) > 1 else "")
    walk.finish()


def compare_lines(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two JSON Lines files, record by record, as they are read.

    Tolerance keys are paths inside a record; blank lines are none. A record that was
    put in or left out shifts nothing, unless it is one among many that differ.

    Raises:
        CompareError: A line of one is no JSON, or has a key twice.
    """
    places = [0, 0]
    walk = _Walk(job, baseline)
    with baseline.open() as old, actual.open() as new:
        pairs = align(_records(baseline, old), _records(actual, new), _never)
        for mine, other in pairs:
            places[0] += mine is not None
            places[1] += other is not None
            trees = [
                None if line is None else parse_json(line, _at(side, number))
                for side, line, number in zip(
                    (baseline, actual), (mine, other), places, strict=True
                )
            ]
            if mine is not None and other is not None:
                walk.run((trees[1], trees[0]), f"record {places[0]}, ")
            else:
                side = int(mine is None)
                which = f"{places[side]} of the {(baseline, actual)[side].who}"
                _alone(job, which, mine, other)
    walk.finish()
    if places[0] != places[1]:
        job.tally.note(f"{places[0]} records became {places[1]}")


def records(side: Side) -> Iterator[Tree]:
    """Yield the records of a JSON Lines file, as they are read.

    Raises:
        CompareError: A line is no JSON, or has a key twice.
    """
    with side.open() as stream:
        for number, line in enumerate(_records(side, stream), start=1):
            yield parse_json(line, _at(side, number))


def _records(side: Side, stream: BinaryIO) -> Iterator[str]:
    try:
        for line in lines(stream, encoding_of(stream)):
            if line.strip():
                yield line.removesuffix("\r")
    except UnicodeDecodeError as error:
        raise side.error("is no UTF-8 text") from error


def _never(_mine: str, _other: str) -> bool:
    return False


def _at(side: Side, number: int) -> _Errors:
    return _Errors(side, number)


@dataclass(frozen=True, slots=True)
class _Errors:
    side: Side
    number: int

    def __call__(self, what: str) -> CompareError:
        return self.side.error(f"{what}, in record {self.number}")


def _alone(job: Job, which: str, mine: str | None, other: str | None) -> None:
    where = _inside(job, f"record {which}")
    texts = ["no record" if line is None else _short(line) for line in (other, mine)]
    job.tally.other(texts[0], texts[1], where)
    sign, line = ("-", mine) if other is None else ("+", other)
    job.tally.line(f"{sign} record {which.partition(' ')[0]}: {_short(line or '')}")


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _inside(job: Job, place: str) -> str:
    return f"{job.key}: {place}" if job.key else place


@dataclass(slots=True)
class _Walk:
    job: Job
    baseline: Side
    head: str = ""
    """`record 3, `: what stands before the path of each place."""
    integers: int = 0
    """Equal ones that the tally has not counted yet."""
    reals: int = 0
    """Likewise; finite."""

    def run(self, pair: tuple[Tree, Tree], head: str = "") -> None:
        """Compare two trees, actual and baseline."""
        self.head = head
        try:
            self.visit(pair, "", self.job.rules)
        except RecursionError as error:
            raise self.baseline.error("is nested too deeply") from error

    def finish(self) -> None:
        """Count what was found equal."""
        tally = self.job.tally
        if count := self.integers:
            tally.add(Block(compared=count, absolute=0, relative=0))
        if count := self.reals:
            size = (count,)
            tally.add(
                Block(compared=count, absolute=0, relative=0, ulp=0, histogram=size)
            )

    def visit(self, pair: tuple[Tree, Tree], path: str, rules: _Rules) -> None:
        """Compare the pair (actual, baseline) at *path*, and all beneath."""
        new, old = pair
        if isinstance(new, dict) and isinstance(old, dict):
            self._tables(new, old, path, rules)
        elif isinstance(new, list) and isinstance(old, list):
            self._lists(new, old, path, rules)
        elif _is_number(new) and _is_number(old):
            self._numbers(new, old, path, rules)
        elif type(new) is type(old) and new == old:
            self.job.tally.same()
        else:
            self.job.tally.other(shown(new), shown(old), self._where(path))
            self._lines(path, old=old, new=new)

    def _numbers(self, new: float, old: float, path: str, rules: _Rules) -> None:
        job = self.job
        if (noisy := job.limits.distribution(rules)) is not None:
            judge(self._where(path), new, noisy, job)
            return
        both = isinstance(new, int) and isinstance(old, int)
        if new == old and (both or math.isfinite(old)):
            self.integers += both
            self.reals += not both
            return
        limit = job.limits.of(rules, _INTEGER if both else _REAL)
        before = job.tally.violations
        job.tally.number((new, old), limit, lambda: self._where(path))
        if job.tally.violations > before:
            self._lines(path, old=old, new=new)

    def _lists(
        self, new: list[Tree], old: list[Tree], path: str, rules: _Rules
    ) -> None:
        """Compare element by element; what one has more is found from both ends."""
        both = min(len(new), len(old))
        head = both
        if len(new) != len(old):
            self.job.tally.note(
                f"{self._where(path)}: {len(old)} elements became {len(new)}"
            )
            head = _same_start(new, old, both)
            tail = _same_start(new[::-1], old[::-1], both - head)
            # What lies between is paired from its start.
            head = both - tail
            for index in range(head, len(old) - tail):
                self._gone("-", f"{path}[{index}]", old[index], rules)
            for index in range(head, len(new) - tail):
                self._gone("+", f"{path}[{index}]", new[index], rules)
        places = chain(range(head), range(head - both, 0))
        for place in places:
            index = place if place >= 0 else len(old) + place
            inner = f"{path}[{index}]"
            self.visit((new[place], old[place]), inner, self._rules(inner, rules))

    def _tables(
        self, new: dict[str, Tree], old: dict[str, Tree], path: str, rules: _Rules
    ) -> None:
        for key, value in old.items():
            if key not in new:
                self.job.tally.note(f"{self.head}missing: {join(path, key)}")
                self._gone("-", join(path, key), value, rules)
        for key, value in new.items():
            if key not in old:
                self.job.tally.note(f"{self.head}new: {join(path, key)}")
                self._gone("+", join(path, key), value, rules)
        for key, value in old.items():
            if key in new:
                inner = join(path, key)
                self.visit((new[key], value), inner, self._rules(inner, rules))

    def _gone(self, sign: str, path: str, value: Tree, rules: _Rules) -> None:
        """Take what only one side has; a tolerance of it is no mistake."""
        self._rules(path, rules)
        self.job.tally.line(f"{sign} {self.head}{path}: {shown(value)}")

    def _rules(self, path: str, outer: _Rules) -> _Rules:
        key = self.job.key
        if key and path:
            key = f"{key}{path}" if path.startswith("[") else f"{key}.{path}"
        return self.job.limits.matching(key or path, outer)

    def _lines(self, path: str, *, old: Tree, new: Tree) -> None:
        place = f"{self.head}{path or _WHOLE}"
        self.job.tally.line(f"- {place}: {shown(old)}")
        self.job.tally.line(f"+ {place}: {shown(new)}")

    def _where(self, path: str) -> str:
        return _inside(self.job, f"{self.head}{path or _WHOLE}")


def _same_start(new: list[Tree], old: list[Tree], most: int) -> int:
    """Return how many elements both begin with together."""
    for number in range(most):
        if new[number] != old[number]:
            return number
    return most


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

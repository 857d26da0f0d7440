"""Compares text line by line; what is no text, by its bytes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.compare._files import same_bytes
from noxlock.compare._scalars import gap
from noxlock.compare.formats import bytes as bytewise
from noxlock.compare.formats._align import align
from noxlock.compare.formats._hunks import Hunks
from noxlock.compare.formats._lines import Text, lines, look_through
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.tolerance import Limit

__all__ = ["compare"]

# A number stands alone: not the `2` of `x2`, nor any part of `1.2.3`; of a time or a
# fraction: digits that `:` or `/` joins to others; of a date: whole numbers joined by
# `-`, which `1.5` and `2.5` of `1.5-2.5j` are not. The value of svmlight's `7:0.53` is
# none of a time: seconds have two digits before the point.
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:[+-]|(?<!\d[:/])|(?<=\d:)(?=(?:\d|\d{3,})?\.\d))"
    r"(?:(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|(?<!\d-)\d+(?!-\d))"
    r"(?!\.?\d|[eE][+-]?\d|[:/]\d)",
    re.ASCII,
)
_INTEGER: Final = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_LONGEST: Final = 60


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two files: exactly, or with a tolerance the numbers inside their lines.

    A line that was put in or left out shifts nothing: the others are still compared
    with their own. They are read as they come, and may be larger than memory.

    Raises:
        CompareError: One cannot be read, is empty, or is text where the other is not.
    """
    if job.limits.distribution(job.rules) is not None:
        raise CompareError("a `distribution` is declared, which text cannot have")
    old = look_through(baseline)
    if same_bytes(baseline, actual):
        job.tally.same(old.count if isinstance(old, Text) else baseline.size())
        return
    new = look_through(actual)
    if isinstance(old, str) and isinstance(new, str):
        bytewise.compare(baseline, actual, job)
    elif isinstance(old, str):
        raise baseline.error(f"is no text, as the other one is: {old}")
    elif isinstance(new, str):
        raise actual.error(f"is no text, as the other one is: {new}")
    else:
        _compare_texts((baseline, old), (actual, new), job)


def _compare_texts(
    baseline: tuple[Side, Text], actual: tuple[Side, Text], job: Job
) -> None:
    (old_side, old), (new_side, new) = baseline, actual
    tally = job.tally
    if old.encoding != new.encoding:
        tally.note(f"encoding: {old.encoding.label} became {new.encoding.label}")
    if old.ends != new.ends:
        tally.note(f"line ends: {old.ends} became {new.ends}")
    if old.ended != new.ended:
        lost = "lost" if old.ended else "gained"
        tally.note(f"the last line {lost} its line end")
    if old.count != new.count:
        tally.note(f"{_lines(old.count)} became {new.count}")
    comparison = _Comparison(job, job.limit(""), (old_side.who, new_side.who))
    with old_side.open() as old_stream, new_side.open() as new_stream:
        comparison.run(lines(old_stream, old.encoding), lines(new_stream, new.encoding))
    if comparison.ends and old.ends == new.ends:
        tally.note(f"{_lines(comparison.ends)} changed between CRLF and LF")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


@dataclass(slots=True)
class _Comparison:
    job: Job
    limit: Limit
    names: tuple[str, str]
    """What the two files are called."""
    hunks: Hunks = field(init=False)
    ends: int = 0
    """Lines that have another end."""
    places: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.hunks = Hunks(self.job.tally)

    def run(self, old: Iterator[str], new: Iterator[str]) -> None:
        """Compare the lines of both texts."""
        for mine, other in align(old, new, self._match):
            before, now = self.places
            self.places = (before + (mine is not None), now + (other is not None))
            if mine == other:
                self.job.tally.same()
                self.hunks.same(mine or "")
            elif mine is None or other is None:
                self._alone(mine, other)
            else:
                self._both(mine, other)
        self.hunks.close()

    def _match(self, mine: str, other: str) -> bool:
        mine, other = mine.removesuffix("\r"), other.removesuffix("\r")
        if mine == other or self.limit.exact:
            return mine == other
        if (numbers := _numbers(mine, other)) is None:
            return False
        return not any(_violates(pair, self.limit) for pair in numbers)

    def _alone(self, mine: str | None, other: str | None) -> None:
        side = int(other is not None)
        where = self._where(f"line {self.places[side]} of the {self.names[side]}")
        self.job.tally.other(_shown(other), _shown(mine), where)
        self.hunks.changed(mine, other)

    def _both(self, mine: str, other: str) -> None:
        self.ends += mine.endswith("\r") != other.endswith("\r")
        mine, other = mine.removesuffix("\r"), other.removesuffix("\r")
        before = self.job.tally.violations
        if mine == other:
            self.job.tally.same()
        else:
            self._changed(mine, other)
        if self.job.tally.violations > before:
            self.hunks.changed(mine, other)
        else:
            self.hunks.same(other)

    def _changed(self, mine: str, other: str) -> None:
        old, new = self.places
        where = self._where(f"line {old}" if old == new else f"line {old}, now {new}")
        numbers = None if self.limit.exact else _numbers(mine, other)
        if numbers is None:
            self.job.tally.other(_shown(other), _shown(mine), where)
            return
        for texts in numbers:
            values = _number(texts[0]), _number(texts[1])
            if all(map(math.isfinite, values)):
                self.job.tally.number(values, self.limit, lambda: where, texts)
            elif texts[0] == texts[1]:
                self.job.tally.same()
            else:  # digits that no float holds
                self.job.tally.other(_shown(texts[0]), _shown(texts[1]), where)

    def _where(self, place: str) -> str:
        return f"{self.job.key}: {place}" if self.job.key else place


def _numbers(old: str, new: str) -> list[tuple[str, str]] | None:
    """Return the pairs (actual, baseline) of numbers; None: other words differ."""
    if _NUMBER.split(old) != _NUMBER.split(new):
        return None
    return list(zip(_NUMBER.findall(new), _NUMBER.findall(old), strict=True))


def _violates(texts: tuple[str, str], limit: Limit) -> bool:
    actual, baseline = _number(texts[0]), _number(texts[1])
    if not (math.isfinite(actual) and math.isfinite(baseline)):
        return texts[0] != texts[1]
    return actual != baseline and gap(actual, baseline, limit)[2]


def _number(text: str) -> float:
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _shown(line: str | None) -> str:
    if line is None:
        return "no line"
    return repr(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}...")

"""Compares text line by line; what is no UTF-8 text, by its digest only."""

from __future__ import annotations

import math
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from noxlock.compare._files import Side
    from noxlock.compare._tally import Tally
    from noxlock.compare.tolerance import Limit, Limits

__all__ = ["compare"]

# A number stands alone: not the `2` of `x2`, nor any part of `1.2.3`.
_NUMBER: Final = re.compile(
    r"(?<![\w.])[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\.?\d)", re.ASCII
)
_INTEGER: Final = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_LONGEST: Final = 60


def compare(baseline: Side, actual: Side, limits: Limits, tally: Tally) -> None:
    """Compare two files: exactly, or with a tolerance the numbers inside their lines.

    Raises:
        CompareError: One is text and the other is not.
    """
    old_data, new_data = baseline.read(), actual.read()
    old, new = _text(old_data), _text(new_data)
    if old is None and new is None:
        _compare_digests(old_data, new_data, tally)
    elif old is None or new is None:
        raise (baseline if old is None else actual).error(
            "is no UTF-8 text, as the other one is"
        )
    else:
        _compare_texts(new, old, limits.at(""), tally)


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _compare_digests(old: bytes, new: bytes, tally: Tally) -> None:
    if new == old:
        tally.same()
    else:
        tally.note(
            f"compared by digest only: {len(old)} bytes became {len(new)} other ones"
        )


def _compare_texts(new: str, old: str, limit: Limit, tally: Tally) -> None:
    new_lines, old_lines = new.split("\n"), old.split("\n")
    if (ends := _line_ends(new)) != (other := _line_ends(old)):
        tally.note(f"line ends: {other} became {ends}")
    if (new_lines[-1] == "") != (old_lines[-1] == ""):
        lost = "lost" if old_lines[-1] == "" else "gained"
        tally.note(f"the last line {lost} its line end")
    new_lines, old_lines = _stripped(new_lines), _stripped(old_lines)
    if len(new_lines) != len(old_lines):
        tally.note(f"{len(old_lines)} lines became {len(new_lines)}")
    for number, (mine, other_line) in enumerate(
        zip_longest(new_lines, old_lines), start=1
    ):
        if mine is None or other_line is None:
            break
        if mine == other_line:
            tally.same()
        else:
            _compare_line((mine, other_line), limit, f"line {number}", tally)


def _line_ends(text: str) -> str:
    windows = text.count("\r\n")
    if not windows:
        return "LF"
    return "CRLF" if windows == text.count("\n") else "LF and CRLF mixed"


def _stripped(lines: list[str]) -> list[str]:
    """Return the lines without their ends, and without the empty rest of the last."""
    ended = lines[:-1] if lines[-1] == "" else lines
    return [line.removesuffix("\r") for line in ended]


def _compare_line(
    lines: tuple[str, str], limit: Limit, where: str, tally: Tally
) -> None:
    actual, baseline = lines
    words = _NUMBER.split(actual)
    if limit.exact or words != _NUMBER.split(baseline):
        tally.other(_shown(actual), _shown(baseline), where)
        return
    for texts in zip(_NUMBER.findall(actual), _NUMBER.findall(baseline), strict=True):
        mine, other = _number(texts[0]), _number(texts[1])
        if math.isfinite(mine) and math.isfinite(other):
            tally.number((mine, other), limit, lambda: where, texts)
        elif texts[0] == texts[1]:
            tally.same()
        else:  # digits that no float holds
            tally.other(_shown(texts[0]), _shown(texts[1]), where)


def _number(text: str) -> float:
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _shown(line: str) -> str:
    return repr(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}...")

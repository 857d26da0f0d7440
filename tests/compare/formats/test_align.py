"""Lines are paired in order, none is lost, and only some of them are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare.formats._align import align

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare.formats._align import Pair


def never(_one: str, _other: str) -> bool:
    return False


def pairs(old: list[str], new: list[str]) -> list[Pair]:
    return list(align(iter(old), iter(new), never))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("ab", "ab", ["aa", "bb"]),
        ("ab", "xab", ["-x", "aa", "bb"]),
        ("xab", "ab", ["x-", "aa", "bb"]),
        ("abc", "axc", ["aa", "bx", "cc"]),
        ("abcdef", "abXYdef", ["aa", "bb", "cX", "-Y", "dd", "ee", "ff"]),
        ("ab", "a", ["aa", "b-"]),
        ("a", "xyz", ["ax", "-y", "-z"]),
        ("", "ab", ["-a", "-b"]),
    ],
)
def test_lines_are_paired_with_their_own(
    old: str, new: str, expected: list[str]
) -> None:
    found = [f"{a or '-'}{b or '-'}" for a, b in pairs(list(old), list(new))]
    assert found == expected


def test_of_lines_alike_one_less_is_one_left_out() -> None:
    found = pairs(["a", "a", "a", "b"], ["a", "a", "b"])
    assert sum(b is None for _, b in found) == 1
    assert all(a == b or b is None for a, b in found)


def test_what_moved_far_is_found_by_lines_that_occur_once() -> None:
    lines = [f"line {n}" for n in range(300)]
    block = ["same"] * 200
    found = pairs(lines, [*lines[:10], *block, *lines[10:]])
    assert sum(a == b for a, b in found) == 300
    assert sum(a is None for a, _ in found) == 200
    far = [f"far {n}" for n in range(5000)]
    found = pairs([*far, *lines], lines)
    assert sum(a == b for a, b in found) == 300


def test_the_longest_run_of_lines_in_one_order_counts() -> None:
    one = [f"old {n}" for n in range(40)]
    other = [f"new {n}" for n in range(40)]
    found = pairs([*one, "c", "a", "b", "d"], [*other, "a", "b", "c", "d"])
    assert ("a", "a") in found
    assert ("d", "d") in found


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d e"]), max_size=30)


@given(LINES, LINES)
@settings(max_examples=200, deadline=None)
def test_no_line_is_lost_or_moved(old: list[str], new: list[str]) -> None:
    found = pairs(old, new)
    assert [a for a, _ in found if a is not None] == old
    assert [b for _, b in found if b is not None] == new
    assert (old == new) == all(a == b for a, b in found)


def test_only_a_window_of_lines_is_read_ahead() -> None:
    read = 0

    def lines(word: str) -> Iterator[str]:
        nonlocal read
        for number in range(200_000):
            read += 1
            yield f"{word} {number}"

    found = align(lines("old"), lines("new"), never)
    for number, _ in enumerate(found):
        if number % 1000 == 0:
            assert read <= 2 * (number + 1 + 17_000)


def test_long_lines_are_not_gathered() -> None:
    read = 0

    def lines(word: str) -> Iterator[str]:
        nonlocal read
        for _ in range(64):
            read += 1
            yield word * (1 << 20)

    found = align(lines("o"), lines("n"), never)
    next(found)
    assert read <= 20
    assert sum(1 for _ in found) == 63

"""Groups are what cannot be parted; a chain takes them one at a time, all valid."""

from __future__ import annotations

from itertools import pairwise

import pytest

from noxlock.search import ChangeId, Implication
from noxlock.search.groups import NOTHING, Graph, Mix, bits
from support.mixes import ids

EQUAL = [1.0] * 9


def graph(names: str, *needs: str) -> Graph:
    """Return the groups of one-letter changes; `ab`: a needs b."""
    pypi = {name: ChangeId(f"pypi/{name}") for name in names}
    return Graph.of(
        pypi.values(),
        [Implication(change=pypi[pair[0]], needs=pypi[pair[1]]) for pair in needs],
    )


def mix(found: Graph, names: str) -> Mix:
    made = found.mix_of(ids(names))
    assert made is not None
    return made


def spelled(found: Graph, made: Mix) -> str:
    return "".join(sorted(name[-1] for name in found.ids(made)))


def order(found: Graph, chain: tuple[Mix, ...]) -> str:
    return " ".join(spelled(found, Mix(b & ~a)) for a, b in pairwise(chain))


def test_changes_that_need_each_other_are_one_group() -> None:
    found = graph("abcde", "ab", "bc", "ca", "de")

    assert [spelled(found, Mix(1 << each)) for each in range(3)] == ["abc", "d", "e"]
    assert spelled(found, found.whole) == "abcde"


def test_what_is_needed_far_off_is_needed() -> None:
    found = graph("abcd", "ab", "bc")

    assert spelled(found, found.close(Mix(1))) == "abc"
    assert spelled(found, found.without(found.whole, mix(found, "c"))) == "d"


def test_heads_are_what_nothing_else_needs() -> None:
    found = graph("abcd", "ab", "cb")

    assert spelled(found, found.heads(found.whole)) == "acd"
    assert spelled(found, found.heads(mix(found, "b"))) == "b"


@pytest.mark.parametrize("names", ["a", "ac", "x"])
def test_what_lacks_something_it_needs_is_no_mix(names: str) -> None:
    assert graph("abc", "ab").mix_of(ids(names)) is None


def test_an_implication_of_another_change_is_an_error() -> None:
    with pytest.raises(KeyError):
        graph("a", "ab")


def test_a_chain_takes_what_is_needed_first_and_the_heavy_last() -> None:
    found = graph("abcd", "ab", "cd")
    weights = [1.0, 8.0, 1.0, 1.0]

    chain = found.chain(NOTHING, found.whole, weights, {})

    assert order(found, chain) == "d c b a"
    assert chain[0] == NOTHING
    assert chain[-1] == found.whole


def test_a_chain_between_two_mixes_holds_the_lower_one() -> None:
    found = graph("abcd", "ab")

    chain = found.chain(mix(found, "c"), mix(found, "abc"), EQUAL, {})

    assert order(found, chain) == "b a"


def test_a_wish_is_kept_where_it_can_be() -> None:
    found = graph("abcd", "cb")

    kept = found.chain(NOTHING, found.whole, EQUAL, {0: mix(found, "d")})
    against = found.chain(NOTHING, found.whole, EQUAL, {1: mix(found, "bc")})
    outside = found.chain(NOTHING, mix(found, "ab"), EQUAL, {0: mix(found, "d")})

    assert order(found, kept) == "b c d a"
    assert order(found, against) == "a d b c"
    assert order(found, outside) == "a b"


def test_bits_are_told_lowest_first() -> None:
    assert list(bits(Mix(0b10110))) == [1, 2, 4]

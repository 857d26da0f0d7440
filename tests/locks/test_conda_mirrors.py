"""Pairs of a channel and its mirror."""

from __future__ import annotations

import pytest

from noxlock.errors import FetchError
from noxlock.locks.conda_mirrors import VARIABLE, mirrored, parse_mirrors

CHANNEL = "https://conda.example.org/ch"
MIRROR = "http://127.0.0.1:8000/ch"


def test_an_address_beneath_the_channel_is_taken_from_its_mirror() -> None:
    mirrors = parse_mirrors(f"{CHANNEL}={MIRROR}")
    assert mirrored(f"{CHANNEL}/noarch/a-1-0.conda", mirrors) == (
        f"{MIRROR}/noarch/a-1-0.conda",
    )


def test_a_channel_whose_name_only_begins_alike_is_not_mirrored() -> None:
    url = f"{CHANNEL}-more/noarch/a-1-0.conda"
    assert mirrored(url, parse_mirrors(f"{CHANNEL}={MIRROR}")) == (url,)


def test_several_mirrors_are_asked_in_their_order() -> None:
    other = "https://mirror.example.org"
    mirrors = parse_mirrors(f"{CHANNEL}/={MIRROR}/, {CHANNEL}={other}\n")
    assert mirrored(f"{CHANNEL}/x", mirrors) == (f"{MIRROR}/x", f"{other}/x")


def test_the_longest_address_counts() -> None:
    mirrors = parse_mirrors(f"https://conda.example.org=file:///m {CHANNEL}={MIRROR}")
    assert mirrored(f"{CHANNEL}/x", mirrors) == (f"{MIRROR}/x",)


def test_nothing_is_mirrored_where_nothing_is_set() -> None:
    assert parse_mirrors(" ") == {}


@pytest.mark.parametrize("text", [CHANNEL, f"conda={MIRROR}", f"{CHANNEL}=somewhere"])
def test_what_is_no_pair_of_addresses_is_refused(text: str) -> None:
    with pytest.raises(FetchError, match="pairs of addresses") as caught:
        parse_mirrors(text)
    assert caught.value.key == VARIABLE
    assert caught.value.hint

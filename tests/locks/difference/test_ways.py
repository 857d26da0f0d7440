"""What the project asks for, and the shortest ways from there."""

from __future__ import annotations

from noxlock.locks.difference.ways import Ways, ways_of_lock
from noxlock.model import ByGroup, ExtraName, GroupName, Layer
from support.locks import MAIN, edge, group_lock, marker_lock, package, walk_lock


def path(ways: Ways, name: str) -> tuple[str, ...]:
    return ways.path((Layer.PYPI, name))


def direct(ways: Ways) -> list[str]:
    return sorted(name for _, name in ways.direct or ())


def test_without_roots_what_nothing_requires_is_direct() -> None:
    ways = ways_of_lock(
        marker_lock([package("a==1", "b"), package("b==1", "c"), package("c==1")])
    )
    assert direct(ways) == ["a"]
    assert path(ways, "c") == ("a", "b", "c")


def test_of_a_circle_that_nothing_requires_the_first_is_direct() -> None:
    ways = ways_of_lock(
        marker_lock(
            [
                package("z==1"),
                package("b==1", "a"),
                package("a==1", "b"),
                package("y==1", "z"),
            ]
        )
    )
    assert direct(ways) == ["a", "y"]
    assert path(ways, "b") == ("a", "b")


def test_main_asks_first_and_a_stale_lock_has_no_way() -> None:
    roots = {GroupName("dev"): (edge("b"),), MAIN: (edge("a"), edge("gone"))}
    lock = group_lock(
        [
            package("a==1", "c"),
            package("b==1", "c"),
            package("c==1"),
            package("old==1"),
        ],
        selection=ByGroup(roots=roots),
    )
    ways = ways_of_lock(lock)
    assert direct(ways) == ["a", "b"]
    assert path(ways, "c") == ("a", "c")
    assert path(ways, "old") == ()
    assert ways.asks((Layer.PYPI, "old")) is False
    assert ways.asks((Layer.CONDA, "a")) is None


def test_an_optional_edge_is_followed_where_its_extra_is_asked_for() -> None:
    http = package(
        "http==1",
        edge("socks", optional=True),
        edge("brotli", optional=True),
        extras={ExtraName("proxy"): (edge("socks"),)},
    )
    lock = walk_lock(
        [
            package("app==1", "http[proxy]"),
            http,
            package("socks==1"),
            package("brotli==1"),
        ],
        {"main": ["http", "app"]},
    )
    ways = ways_of_lock(lock)
    assert path(ways, "socks") == ("http", "socks")
    assert path(ways, "brotli") == ()
    tops = ways_of_lock(marker_lock(lock.packages))
    assert direct(tops) == ["app", "brotli"]
    assert path(tops, "socks") == ("app", "http", "socks")

"""Words for what changed since the baseline."""

from __future__ import annotations

import pytest

from noxlock.model import Cause, CauseKind
from noxlock.report.suspects import cause_line


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        (
            Cause(kind=CauseKind.PACKAGE, name="scipy", old="1", new="2", why="loaded"),
            "scipy 1 -> 2 (loaded)",
        ),
        (
            Cause(kind=CauseKind.PACKAGE, name="scipy", old=None, new="2"),
            "scipy (not there) -> 2",
        ),
        (
            Cause(kind=CauseKind.INPUT, name="a.csv", old="1", new="2"),
            "input a.csv changed",
        ),
        (
            Cause(kind=CauseKind.INPUT, name="a.csv", old=None, new="2"),
            "input a.csv (none) -> 2",
        ),
        (
            Cause(kind=CauseKind.PROFILE, name="name", old="default", new="gpu"),
            "profile default -> gpu",
        ),
        (
            Cause(kind=CauseKind.PROFILE, name="TZ", old=None, new="UTC"),
            "profile TZ (none) -> UTC",
        ),
        (
            Cause(kind=CauseKind.COMMIT, name="commit", old="a" * 40, new="b+dirty"),
            "commit aaaaaaaaaaaa -> b+dirty",
        ),
        (
            Cause(
                kind=CauseKind.COMMIT,
                name="changes",
                old=None,
                new="sha256 aaaaaaaaaaaa",
            ),
            "changes (none) -> sha256 aaaaaaaaaaaa",
        ),
        (
            Cause(
                kind=CauseKind.EFFECTIVE,
                name="libraries",
                old="a.so b.so c.so.1 d.so e.so",
                new="a.so b.so c.so.2 d.so e.so f.so",
            ),
            "effective libraries: + c.so.2, + f.so, - c.so.1",
        ),
        (
            Cause(
                kind=CauseKind.MACHINE,
                name="cpu-flags",
                old="a " + " ".join(f"avx{n}" for n in range(40)),
                new="a",
            ),
            (
                "machine cpu-flags: - avx0, - avx1, - avx2, - avx3, - avx4, - avx5 and"
                " 34 more"
            ),
        ),
        (
            Cause(kind=CauseKind.EFFECTIVE, name="numpy features", old="A B", new="A"),
            "effective numpy features: - B",
        ),
        (
            Cause(kind=CauseKind.EFFECTIVE, name="libraries", old="a b", new="b a"),
            "effective libraries a b -> b a",
        ),
        (
            Cause(kind=CauseKind.EFFECTIVE, name="libraries", old=None, new="b a"),
            "effective libraries (none) -> b a",
        ),
        (
            Cause(
                kind=CauseKind.EFFECTIVE, name="order", old="a b c d e", new="a b c d"
            ),
            "effective order e -> (none)",
        ),
        (
            Cause(
                kind=CauseKind.EFFECTIVE, name="order", old="a b c d e", new="a c b d e"
            ),
            "effective order a b c d e -> a c b d e",
        ),
        (
            Cause(kind=CauseKind.MACHINE, name="cpu\x1b[2J", old="a", new="b"),
            "machine cpu\ufffd[2J a -> b",
        ),
    ],
)
def test_causes_are_one_line(cause: Cause, line: str) -> None:
    assert cause_line(cause) == line

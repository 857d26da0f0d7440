"""Bisect the releases between the two versions of one culprit's package. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.search.chains import narrow
from noxlock.search.noise import Judgement
from noxlock.search.questions import Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from noxlock.search.chains import Edge
    from noxlock.search.changes import Change
    from noxlock.search.groups import Mix
    from noxlock.search.questions import Steps

__all__ = ["FirstBad", "Row", "first_bad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """The versions of one change, the rest of a culprit being as it is."""

    change: Change
    mix: Mix
    """The culprit: bad, with the change at its new version."""
    below: Mix
    """The same with the change, and what is tied to it, taken back."""
    anchored: bool
    """Whether `below` differs by this change alone, and is good."""
    releases: tuple[str, ...]
    """Between the ends, from the old one to the new one."""
    fitting: frozenset[str]
    """Those of them whose metadata go with the mix."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstBad:
    """Where one change turns bad: see `CulpritPackage`."""

    version: str | None
    last_good: str | None
    adjacent: bool
    returns: bool


def first_bad(
    row: Row,
    judge: Callable[[Spot], Judgement | None],
    watch: Callable[[Edge], None],
) -> Steps[FirstBad]:
    """Find a bad version next to a good one.

    In at most ceil(log2(r)) questions, r being the versions that can be the first bad
    one: those that fit, and the new one. Others are not looked at, so that a second
    edge may go unseen.
    """
    old, new = row.change.old, row.change.new
    between = [version for version in row.releases if version in row.fitting]
    spots = [
        Spot(mix=row.below),
        *(Spot(mix=row.mix, release=(row.change.id, version)) for version in between),
        Spot(mix=row.mix),
    ]
    edge = yield from narrow(spots, [1.0] * (len(between) + 1), judge, watch)
    versions = [old.version if old else None, *between, new.version if new else None]
    # As they were released, those that do not fit included.
    every = [versions[0], *row.releases, versions[-1]]
    good = row.anchored or edge.low > 0
    low, high = every.index(versions[edge.low]), every.index(versions[edge.high])
    return FirstBad(
        version=versions[edge.high],
        last_good=versions[edge.low] if good else None,
        adjacent=good and high - low == 1,
        returns=_returns([judge(spot) for spot in spots[1:-1]]),
    )


def _returns(judged: Sequence[Judgement | None]) -> bool:
    bad = Judgement.BAD in judged
    return bad and Judgement.GOOD in judged[judged.index(Judgement.BAD) :]

"""Which mixes are valid, and in which order a chain of them takes the changes. Pure.

An implication says that the new candidate of one change needs the new one of another.
Changes that need each other are a group; a mix is a set of groups with all they need.
In here it is an integer, a bit for each group: a search over a thousand changes looks
at chains of a thousand mixes at every step.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from noxlock.search.changes import ChangeId
    from noxlock.search.implications import Implication

__all__ = ["NOTHING", "Graph", "Mix", "bits"]

Mix = NewType("Mix", int)
"""A set of groups, the bits of an integer: those at their new candidates."""

NOTHING = Mix(0)
"""The old lock."""


def bits(mix: Mix) -> Iterator[int]:
    """Yield the groups in *mix*, lowest first."""
    rest = int(mix)
    while rest:
        low = rest & -rest
        yield low.bit_length() - 1
        rest ^= low


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """The groups of all changes, and what each needs."""

    groups: tuple[tuple[ChangeId, ...], ...]
    """Each sorted; themselves sorted by their first."""
    needs: tuple[Mix, ...]
    """By group: itself, and all that it needs, near and far."""
    needed_by: tuple[Mix, ...]
    """By group: itself, and all that need it."""

    @classmethod
    def of(cls, ids: Iterable[ChangeId], implications: Iterable[Implication]) -> Graph:
        """Return the groups of *ids*; cubic in their number, a bit at a time.

        Raises:
            KeyError: An implication names another change.
        """
        names = sorted(ids)
        place = {name: index for index, name in enumerate(names)}
        reach = [1 << index for index in range(len(names))]
        for each in implications:
            reach[place[each.change]] |= 1 << place[each.needs]
        for middle, flag in enumerate([1 << index for index in range(len(names))]):
            through = reach[middle]
            for index, reached in enumerate(reach):
                if reached & flag:
                    reach[index] = reached | through
        # Those that need each other need the same.
        members: dict[int, list[int]] = defaultdict(list)
        for index, reached in enumerate(reach):
            members[reached].append(index)
        needs = [
            sum(
                1 << number
                for number, (_, inner) in enumerate(members.items())
                if reached >> inner[0] & 1
            )
            for reached in members
        ]
        needed_by = [
            sum(1 << number for number, each in enumerate(needs) if each >> index & 1)
            for index in range(len(needs))
        ]
        return cls(
            groups=tuple(tuple(names[i] for i in inner) for inner in members.values()),
            needs=tuple(map(Mix, needs)),
            needed_by=tuple(map(Mix, needed_by)),
        )

    @property
    def whole(self) -> Mix:
        """The new lock."""
        return Mix((1 << len(self.groups)) - 1)

    def close(self, mix: Mix) -> Mix:
        """Return *mix* with all that it needs."""
        closed = mix
        for group in bits(mix):
            closed = Mix(closed | self.needs[group])
        return closed

    def without(self, mix: Mix, taken_back: Mix) -> Mix:
        """Return *mix* without *taken_back* and what needs them."""
        for group in bits(taken_back):
            mix = Mix(mix & ~self.needed_by[group])
        return mix

    def heads(self, mix: Mix) -> Mix:
        """Return the groups of *mix* that nothing else in it needs."""
        found = NOTHING
        for group in bits(mix):
            if self.needed_by[group] & mix == 1 << group:
                found = Mix(found | 1 << group)
        return found

    def ids(self, mix: Mix) -> frozenset[ChangeId]:
        """Return the changes in *mix*."""
        return frozenset(name for group in bits(mix) for name in self.groups[group])

    def mix_of(self, ids: frozenset[ChangeId]) -> Mix | None:
        """Return the mix of *ids*; None where they are none, being not valid."""
        mix = Mix(
            sum(
                1 << number
                for number, members in enumerate(self.groups)
                if members[0] in ids
            )
        )
        return mix if self.ids(mix) == ids and self.close(mix) == mix else None

    def chain(
        self,
        start: Mix,
        end: Mix,
        weights: Sequence[float],
        before: Mapping[int, Mix],
    ) -> tuple[Mix, ...]:
        """Return valid mixes from *start* to *end*, each with one group more.

        Of the groups that are free to be next the lightest comes first: the likely
        causes end up side by side, at the end, where one probe parts them from the
        rest.

        Args:
            start: A valid mix.
            end: A valid mix that holds it.
            weights: By group, how likely it is the cause.
            before: By group, others that shall come before it where they can.
        """
        held = start
        heap = [
            (weights[group], group)
            for group in bits(Mix(end & ~start))
            if self.needs[group] & ~held == 1 << group
        ]
        heapify(heap)
        chain, put_off = [held], list[tuple[float, int]]()
        while heap or put_off:
            # Only wishes that contradict what is needed leave none but those put off.
            rank = heappop(heap) if heap else min(put_off)
            group = rank[1]
            if rank in put_off:
                put_off.remove(rank)
            elif before.get(group, 0) & end & ~held & ~(1 << group):
                put_off.append(rank)
                continue
            held = Mix(held | 1 << group)
            chain.append(held)
            for rank in put_off:
                heappush(heap, rank)
            put_off.clear()
            for other in bits(Mix(self.needed_by[group] & end & ~held)):
                if self.needs[other] & ~held == 1 << other:
                    heappush(heap, (weights[other], other))
        return tuple(chain)

"""Which changes need which: all that metadata forbid of a mix. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from noxlock.search.ends import End, providers
from noxlock.search.requirements import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from noxlock.search.changes import Candidate, Change, ChangeId, Changes

__all__ = ["Compatibility", "Implication"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Implication:
    """The new candidate of `change` needs the new one of `needs`.

    Both locks are valid, so that a requirement can forbid nothing but mixes of the two:
    what the new `a` asks of `b` may not be what the old `b` is, and what the old `a`
    asks of `b` may not be what the new `b` is: then `b` needs `a`.
    """

    change: ChangeId
    needs: ChangeId
    reason: str = ""
    """`pypi/statsmodels requires scipy<1.16`; for a person."""


class Compatibility:
    """What metadata say of mixes of two locks.

    A requirement that is not met in its own lock, by an override or because what it is
    of is no part of the lock, forbids nothing. Not seen: what no metadata say, as an
    upper bound that its author left out: such mixes come out as unresolved.

    Args:
        changes: Both locks, package by package.
        environments: The values of PEP 508's markers for the old and for the new lock.
        extras: Those that the project itself asks for, by name of the distribution.
        satisfies: Whether a conda package is what a match spec asks for.
    """

    def __init__(
        self,
        changes: Changes,
        *,
        environments: tuple[Mapping[str, str], Mapping[str, str]],
        extras: Mapping[str, Set[str]],
        satisfies: Callable[[str, Candidate], bool],
    ) -> None:
        self._changes = changes
        self._by_id = {each.id: each for each in (*changes.changed, *changes.kept)}
        self._changed = {change.id for change in changes.changed}
        self._old, self._new = (
            End(
                changes.at(new), Asking(environment=values, satisfies=satisfies), extras
            )
            for new, values in zip(((), self._changed), environments, strict=True)
        )
        self._broken = {*self._old.broken(), *self._new.broken()}

    def implications(self) -> tuple[Implication, ...]:
        """Return all that both ends imply, sorted."""
        found = [*self._forwards(), *self._backwards(), *self._moves()]
        unique = {(each.change, each.needs): each for each in found}
        return tuple(unique[key] for key in sorted(unique))

    def fits(self, change: ChangeId, release: Candidate, new: Set[ChangeId]) -> bool:
        """Return whether *release* of *change* goes with the rest of the mix *new*.

        All requirements count that it has or that others have of it, but for those
        that are not met in the locks either.
        """
        own = self._new.candidates.get(change) or self._old.candidates[change]
        release = replace(release, provides=own.provides)
        pins = {**self._changes.at(new), change: release}
        found = providers(pins)
        for asker in pins:
            end = self._old if asker in self._changed - new else self._new
            asks = end.asks[asker] if asker != change else end.read(change, release)
            for ask in asks:
                provider = found.get(ask.place)
                if change not in (asker, provider):
                    continue
                if (asker, ask.place) in self._broken:
                    continue
                if provider is None or not ask.accepts(pins[provider]):
                    return False
        return True

    def _forwards(self) -> Iterator[Implication]:
        """Yield what the new candidates ask of others that are not as they were."""
        for asker, other, text in self._mixed(self._new, self._old):
            yield Implication(change=asker, needs=other, reason=f"{asker} needs {text}")

    def _backwards(self) -> Iterator[Implication]:
        """Yield what the old candidates ask of others that do not stay as they are."""
        for asker, other, text in self._mixed(self._old, self._new):
            reason = f"the old {asker} needs {text}"
            yield Implication(change=other, needs=asker, reason=reason)

    def _mixed(self, own: End, far: End) -> Iterator[tuple[ChangeId, ChangeId, str]]:
        """Yield requirements in *own* that what *far* has instead does not meet."""
        for asker, ask, provider in own.met():
            if asker == provider or not self._changed.issuperset((asker, provider)):
                continue
            instead = far.candidates.get(provider)
            if instead is None or not ask.accepts(instead):
                yield asker, provider, ask.text

    def _moves(self) -> Iterator[Implication]:
        """Yield that what moves to another layer leaves the one for the other."""
        for one, other in combinations(self._changes.changed, 2):
            if one.layer is other.layer or not _names(one) & _names(other):
                continue
            gone, come = (one, other) if one.old else (other, one)
            if gone.new is None and come.old is None:
                reason = f"{come.id} takes the place of {gone.id}"
                yield Implication(change=gone.id, needs=come.id, reason=reason)
                yield Implication(change=come.id, needs=gone.id, reason=reason)


def _names(change: Change) -> set[str]:
    found = {change.name} if change.name == "python" else set[str]()
    for candidate in (change.old, change.new):
        if candidate:
            found.update(candidate.provides)
    return found

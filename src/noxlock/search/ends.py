"""One lock: its candidates, and what they ask of each other. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from noxlock.search.changes import Layer
from noxlock.search.requirements import PYTHON, Place, Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from noxlock.search.changes import Candidate, ChangeId
    from noxlock.search.requirements import Ask, Asking

__all__ = ["End", "providers"]


class End:
    """One of the two locks."""

    def __init__(
        self,
        candidates: Mapping[ChangeId, Candidate],
        asking: Asking,
        extras: Mapping[str, Set[str]],
    ) -> None:
        self.candidates = candidates
        self._asking = asking
        self._providers = providers(candidates)
        self._extras: dict[ChangeId, set[str]] = defaultdict(set)
        for name, asked in extras.items():
            if provider := self._providers.get(Place(Space.PYPI, name)):
                self._extras[provider] |= asked
        self.asks = {each: self.read(each, candidates[each]) for each in candidates}
        self._follow_extras()

    def read(self, change: ChangeId, candidate: Candidate) -> tuple[Ask, ...]:
        """Return what *candidate* asks for with the extras that are asked of it."""
        layer = Layer(change.partition("/")[0])
        return tuple(self._asking.asks(layer, candidate, self._extras[change]))

    def met(self) -> Iterator[tuple[ChangeId, Ask, ChangeId]]:
        """Yield every requirement that is met, and what meets it."""
        for asker, ask, provider in self._all():
            if provider and ask.accepts(self.candidates[provider]):
                yield asker, ask, provider

    def broken(self) -> Iterator[tuple[ChangeId, Place]]:
        """Yield what asks for something that it does not get."""
        for asker, ask, provider in self._all():
            if not provider or not ask.accepts(self.candidates[provider]):
                yield asker, ask.place

    def _all(self) -> Iterator[tuple[ChangeId, Ask, ChangeId | None]]:
        for asker, asks in self.asks.items():
            for ask in asks:
                yield asker, ask, self._providers.get(ask.place)

    def _follow_extras(self) -> None:
        """Read again whatever is asked for more extras, until nothing is."""
        agenda = list(self.asks)
        while agenda:
            for ask in self.asks[agenda.pop()]:
                provider = self._providers.get(ask.place)
                if provider and not ask.extras <= self._extras[provider]:
                    self._extras[provider] |= ask.extras
                    self.asks[provider] = self.read(provider, self.candidates[provider])
                    agenda.append(provider)


def providers(candidates: Mapping[ChangeId, Candidate]) -> dict[Place, ChangeId]:
    """Return which change each name stands for; a wheel before the conda package."""
    found: dict[Place, ChangeId] = {}
    for change, candidate in candidates.items():
        layer, _, name = change.partition("/")
        if layer == Layer.CONDA:
            found[Place(Space.CONDA, name)] = change
        if layer == Layer.INTERPRETER or change == "conda/python":
            found[PYTHON] = change
        for provided in candidate.provides:
            if layer == Layer.PYPI:
                found[Place(Space.PYPI, provided)] = change
            else:
                found.setdefault(Place(Space.PYPI, provided), change)
    return found

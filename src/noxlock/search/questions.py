"""How a strategy asks: a generator that yields questions and is sent judgements."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from noxlock.search.noise import Judgement

if TYPE_CHECKING:
    from noxlock.search.changes import ChangeId
    from noxlock.search.groups import Mix

__all__ = ["Question", "Spot", "Steps"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """A mix, with one change perhaps at a release between its ends."""

    mix: Mix
    release: tuple[ChangeId, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a strategy wants to know of a mix."""

    spot: Spot
    chance: float
    """That it is bad, as far as can be guessed: says what to run on the side."""
    runs: int = 1
    """How many runs shall agree."""


Steps: TypeAlias = Generator[Question, Judgement, T]
"""A part of a strategy that ends with a `T`."""

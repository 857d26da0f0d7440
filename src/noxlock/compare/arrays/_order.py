"""Where the elements of a piece of an array lie in C order, and what that is called."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from noxlock.compare.arrays._fields import Leaf
    from noxlock.compare.arrays._lens import Array

__all__ = ["Names", "Order", "Run", "Tile"]


class Order(Protocol):
    """The order of the elements of a piece."""

    @property
    def rising(self) -> bool:
        """Whether it is C order, so that what comes first has the lowest ordinal."""

    def numbers(self, indices: Array) -> Array:
        """Return the numbers in C order of the elements with these indices."""


@dataclass(frozen=True, slots=True)
class Run:
    """Elements that follow each other in a file."""

    start: int
    shape: tuple[int, ...] | None = None
    """Of the array where it lies in Fortran order; None: in C order."""

    @property
    def rising(self) -> bool:
        """Whether it is C order."""
        return self.shape is None

    def numbers(self, indices: Array) -> Array:
        """Return the numbers in C order of the elements with these indices."""
        places = indices + self.start
        if self.shape is None:
            return places
        numbers = np.zeros_like(places)
        step = math.prod(self.shape)
        for length in self.shape:
            step //= length
            places, position = np.divmod(places, length)
            numbers += position * step
        return numbers


@dataclass(frozen=True, slots=True)
class Tile:
    """A box of an array, its elements in C order."""

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def rising(self) -> bool:
        """No: the next tile may hold elements that come before those of this one."""
        return False

    def numbers(self, indices: Array) -> Array:
        """Return the numbers in C order of the elements with these indices."""
        numbers = np.zeros_like(indices)
        step = 1
        for start, length, whole in zip(
            reversed(self.starts),
            reversed(self.lengths),
            reversed(self.shape),
            strict=True,
        ):
            indices, position = np.divmod(indices, length)
            numbers += (position + start) * step
            step *= whole
        return numbers


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of an array are called: `coef[3, 0]`, `points[7].x[1]`."""

    key: str
    shape: tuple[int, ...]
    leaves: tuple[Leaf, ...]

    def of(self, ordinal: int) -> str:
        """Return the place of a value; ordinals count those of all leaves."""
        number, inside = divmod(ordinal, sum(leaf.size for leaf in self.leaves))
        for leaf in self.leaves:
            if inside < leaf.size:
                break
            inside -= leaf.size
        element, inner = _bracket(number, self.shape), _bracket(inside, leaf.shape)
        name = f".{leaf.key}" if leaf.key else ""
        return f"{self.key}{element}{name}{inner}".lstrip(".") or "the value"


def _bracket(flat: int, shape: tuple[int, ...]) -> str:
    index: list[int] = []
    for length in reversed(shape):
        flat, position = divmod(flat, length)
        index.insert(0, position)
    return f"[{', '.join(map(str, index))}]" if shape else ""

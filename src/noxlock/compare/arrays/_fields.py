"""The fields of a dtype, paired with those of the other side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from noxlock.compare.arrays._lens import native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare.arrays._lens import Array, Lens
    from noxlock.compare.tolerance import Limit

__all__ = ["Field", "Leaf", "leaves"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of a structured dtype, or the whole of a plain one."""

    path: tuple[str, ...]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    """Of the subarray that each element has here; empty where it has none."""

    @property
    def key(self) -> str:
        """The dotted path of the field; "" for a plain dtype."""
        return ".".join(self.path)

    @property
    def size(self) -> int:
        """How many values each element has here."""
        return math.prod(self.shape)

    def values(self, block: Array) -> Array:
        """Return this field of elements: flat, aligned, in native byte order."""
        for name in self.path:
            block = block[name]
        # In an archive arrays start anywhere; NumPy is slow with what is not aligned.
        return np.require(block.reshape(-1), native(self.dtype), ["C", "A"])


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared with what, and how."""

    new: Leaf
    old: Leaf
    lens: Lens
    limit: Limit
    offset: int
    """How many values each element has in the fields before this one."""


def leaves(
    dtype: np.dtype[Any],
    path: tuple[str, ...] = (),
    shape: tuple[int, ...] = (),
) -> Iterator[Leaf]:
    """Yield the plain fields of *dtype*, depth first."""
    base, inner = dtype.base, shape + dtype.shape
    if base.names is None:
        yield Leaf(path, base, inner)
        return
    for name in base.names:
        yield from leaves(base[name], (*path, name), inner)

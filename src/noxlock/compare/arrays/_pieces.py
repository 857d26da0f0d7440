"""Compares pieces of two arrays, field by field, in one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare.arrays._floats import FloatScan
from noxlock.compare.arrays._lens import Kind, native
from noxlock.compare.arrays._memory import same_bytes
from noxlock.compare.arrays._scan import Scan

if TYPE_CHECKING:
    from noxlock.compare.arrays._fields import Field
    from noxlock.compare.arrays._lens import Array
    from noxlock.compare.arrays._order import Order

__all__ = ["Plan", "Worker"]

_FAST: Final = ("float16", "bfloat16", "float32", "float64")
_BYTES_AN_ELEMENT: Final = 4
"""Of larger ones fewer are compared at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, and in pieces of how many elements."""

    fields: tuple[Field, ...]
    alike: bool
    """Whether both sides have the same dtype, byte order included."""
    step: int

    @property
    def width(self) -> int:
        """How many values an element has in all fields."""
        return sum(field.old.size for field in self.fields)


def step_of(block: int, itemsize: int) -> int:
    """Return how many elements of *itemsize* bytes are compared at once."""
    return max(1, min(block, block * _BYTES_AN_ELEMENT // itemsize))


@dataclass(frozen=True, slots=True)
class _Places:
    """Ordinals of the values of one field, in one piece."""

    order: Order
    field: Field
    width: int

    @property
    def rising(self) -> bool:
        """Whether ordinals rise with the indices, and from piece to piece."""
        return self.order.rising

    def __call__(self, indices: Array, /) -> Array:
        """Return the ordinals of the values with these indices."""
        if self.width == 1:
            return self.order.numbers(indices)
        elements, inside = np.divmod(indices, self.field.old.size)
        return self.order.numbers(elements) * self.width + self.field.offset + inside


class Worker:
    """Compares pieces, one after the other, and adds up what it finds."""

    def __init__(self, plan: Plan) -> None:
        """Allocate what it needs."""
        self._plan = plan
        self._width = plan.width
        self.scans = [_scan(field, plan.step) for field in plan.fields]
        self._trusting = all(scan.trusting for scan in self.scans)

    def compare(self, new: Array, old: Array, order: Order) -> None:
        """Compare two pieces, flat and contiguous, of up to the plan's step."""
        same = self._plan.alike and same_bytes(new, old)
        for field, scan in zip(self._plan.fields, self.scans, strict=True):
            if same and (scan.trusting or _finite(field.old.values(old))):
                scan.statistics.compared += len(old) * field.old.size
                continue
            if not field.old.size:
                continue
            places = _Places(order, field, self._width)
            scan.compare(field.new.values(new), field.old.values(old), places)

    def skip(self, new: Array, old: Array) -> bool:
        """Count a longer run of elements where it is the same, byte for byte."""
        if not (self._plan.alike and self._trusting and same_bytes(new, old)):
            return False
        for field, scan in zip(self._plan.fields, self.scans, strict=True):
            scan.statistics.compared += len(old) * field.old.size
        return True


def _finite(values: Array) -> bool:
    return bool(np.isfinite(values).all())


def _scan(field: Field, step: int) -> Scan:
    new, old = native(field.new.dtype), native(field.old.dtype)
    if field.lens.kind is Kind.FLOAT and new == old and old.name in _FAST:
        return FloatScan(field.lens, field.limit, old, step * field.old.size)
    return Scan(field.lens, field.limit)

"""Compares two Arrow arrays of as many rows: nulls, numbers, text, lists, structs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noxlock.compare._tally import Block, Spot, Tally
from noxlock.compare.formats._parts import compare_numbers, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare_batch", "decoded", "is_list", "same_type"]

_Arrow: TypeAlias = Any
"""A `pyarrow.Array`; its stubs lack what arrays of one type have."""
_Type: TypeAlias = Any
"""A `pyarrow.DataType`, likewise."""
_Pair: TypeAlias = tuple[_Arrow, _Arrow]
"""Actual and baseline, of one length."""
_Place: TypeAlias = "Callable[[int], tuple[int, str]]"
"""The row of an element, from 0, and what follows the column's name."""


def same_type(new: pa.DataType, old: pa.DataType) -> bool:
    """Whether two types differ at most in how they are encoded."""
    return bool(_plain_type(new).equals(_plain_type(old)))


def _plain_type(kind: _Type) -> _Type:  # noqa: PLR0911 - one a kind
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        return pa.struct([(each.name, _plain_type(each.type)) for each in fields])
    return kind


def is_list(kind: pa.DataType) -> bool:
    """Whether each value is a list of values."""
    types = pa.types
    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
    )


def compare_batch(new: _Arrow, old: _Arrow, job: Job, start: int) -> None:
    """Compare rows of one column; the first of them is row *start*, counted from 0."""
    walk = _Walk(job.key)
    walk.visit((new, old), job, lambda index: (start + index, ""))
    for reason in walk.failed:
        job.tally.fail(reason)
    for _, block in sorted(walk.blocks, key=lambda found: found[0]):
        job.tally.add(block)


@dataclass(slots=True)
class _Walk:
    column: str
    blocks: list[tuple[int, Block | Tally]] = field(default_factory=list)
    """With the row of the first place that differs."""
    failed: list[str] = field(default_factory=list)

    def visit(self, pair: _Pair, job: Job, place: _Place) -> None:
        """Compare the pair (actual, baseline), and all beneath."""
        new, old = decoded(pair[0]), decoded(pair[1])
        new_null, old_null = _nulls(new), _nulls(old)
        self._mask(new_null, old_null, place, (new, old))
        keep = ~(new_null | old_null)
        if not keep.all():
            kept = np.flatnonzero(keep)
            mask = pa.array(keep)
            new, old = new.filter(mask), old.filter(mask)
            outer = place
            place = lambda index: outer(int(kept[index]))  # noqa: E731 - one name, two ways
        if len(old):
            self._values((new, old), job, place)

    def _mask(self, new: Array, old: Array, place: _Place, pair: _Pair) -> None:
        """Count the nulls: null equals null, and against a value is a violation."""
        both = int(np.count_nonzero(new & old))
        if both:
            self.blocks.append((-1, Block(compared=both)))
        self._exact(np.flatnonzero(new != old), place, pair, counted=-1)

    def _exact(
        self, differing: Array, place: _Place, pair: _Pair, *, counted: int
    ) -> None:
        """Count values that are no numbers; *counted*: all of them, -1: those alone."""
        number = len(differing)
        compared = number if counted < 0 else counted
        if not number:
            self.blocks.append((-1, Block(compared=compared)))
            return
        index = int(differing[0])
        spot = Spot(
            violates=True,
            size=math.inf,
            where=self._where(*place(index)),
            actual=_shown(pair[0][index]),
            baseline=_shown(pair[1][index]),
        )
        block = Block(
            compared=compared,
            differing=number,
            violations=number,
            first=spot,
            worst=spot,
        )
        self.blocks.append((place(index)[0], block))

    def _where(self, row: int, inner: str) -> str:
        name = self.column if self.column.isprintable() else repr(self.column)
        return f"row {row + 1}, column {name}{inner}"

    def _values(self, pair: _Pair, job: Job, place: _Place) -> None:
        """Compare values of which none is null."""
        new, old = pair
        types = pa.types
        if types.is_map(old.type) and types.is_map(new.type):
            self._lists((_entries(new), _entries(old)), job, place)
        elif is_list(old.type) and is_list(new.type):
            self._lists(pair, job, place)
        elif types.is_struct(old.type) and types.is_struct(new.type):
            self._structs(pair, job, place)
        elif (values := _numbers(new, old)) is not None:
            self._numbers(values, job, place)
        elif not same_type(new.type, old.type):
            return  # the change of type is noted
        elif types.is_decimal(old.type):
            self._decimals(pair, job, place)
        else:
            self._others(pair, place)

    def _numbers(self, values: tuple[Array, Array], job: Job, place: _Place) -> None:
        rows: dict[str, int] = {}

        def where(index: int) -> str:
            row, inner = place(index)
            text = self._where(row, inner)
            rows[text] = row
            return text

        found = compare_numbers(*values, job, where)
        self.blocks.append((rows[found.first.where] if found.first else -1, found))

    def _decimals(self, pair: _Pair, job: Job, place: _Place) -> None:
        """Compare exactly; by a limit, as float64, only where a key declares one."""
        new, old = pair
        same = _mask_of("equal", new, old)
        limit = job.limit("")
        if limit.exact or same.all():
            self._exact(np.flatnonzero(~same), place, pair, counted=len(old))
            return
        wide = [each.cast(pa.float64()).to_numpy() for each in pair]
        self._numbers((wide[0], wide[1]), job, place)

    def _others(self, pair: _Pair, place: _Place) -> None:
        new, old = pair
        if pa.types.is_union(old.type) or pa.types.is_nested(old.type):
            self.failed.append(f"values of type {old.type} cannot be compared")
            return
        if new.type != old.type:  # text, of other offsets
            new = new.cast(old.type)
        try:
            differing = _mask_of("not_equal", new, old)
        except pa.ArrowNotImplementedError:
            values = zip(new.to_pylist(), old.to_pylist(), strict=True)
            differing = np.array([a != b for a, b in values], dtype=np.bool_)
        self._exact(np.flatnonzero(differing), place, pair, counted=len(old))

    def _structs(self, pair: _Pair, job: Job, place: _Place) -> None:
        new, old = pair
        for number in range(old.type.num_fields):
            name = old.type.field(number).name
            if (other := new.type.get_field_index(name)) < 0:
                continue  # the change of type is noted
            inner = (pc.struct_field(new, [other]), pc.struct_field(old, [number]))

            def within(index: int, name: str = name) -> tuple[int, str]:
                row, path = place(index)
                return row, f"{path}.{name}"

            self.visit(inner, job.beneath(name), within)

    def _lists(self, pair: _Pair, job: Job, place: _Place) -> None:
        new, old = pair
        new_lengths, old_lengths = _lengths(new), _lengths(old)
        alike = new_lengths == old_lengths
        self._exact(np.flatnonzero(~alike), place, pair, counted=len(old))
        if not alike.all():
            mask = pa.array(alike)
            new, old, old_lengths = (
                new.filter(mask),
                old.filter(mask),
                old_lengths[alike],
            )
        rows = np.flatnonzero(alike)
        ends = np.cumsum(old_lengths)

        def within(index: int) -> tuple[int, str]:
            which = int(np.searchsorted(ends, index, side="right"))
            row, path = place(int(rows[which]))
            return row, f"{path}[{index - int(ends[which] - old_lengths[which])}]"

        if len(ends) and ends[-1]:
            self.visit((new.flatten(), old.flatten()), job, within)


def decoded(values: _Arrow) -> _Arrow:
    """Return *values* as they are without dictionaries, runs and extensions."""
    if isinstance(values, pa.ExtensionArray):
        return decoded(values.storage)
    if pa.types.is_dictionary(values.type):
        return decoded(values.dictionary_decode())
    if pa.types.is_run_end_encoded(values.type):
        return decoded(pc.call_function("run_end_decode", [values]))
    return values


def _mask_of(function: str, new: _Arrow, old: _Arrow) -> Array:
    found: _Arrow = pc.call_function(function, [new, old])
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _nulls(values: _Arrow) -> Array:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _lengths(values: _Arrow) -> Array:
    return np.asarray(pc.list_value_length(values).to_numpy(), dtype=np.int64)


def _entries(values: _Arrow) -> _Arrow:
    """Return a map as the list of its entries, which lie in their order."""
    entries = pa.StructArray.from_arrays([values.keys, values.items], ["key", "value"])
    return pa.ListArray.from_arrays(values.offsets, entries)


def _numbers(new: _Arrow, old: _Arrow) -> tuple[Array, Array] | None:
    """Return both as NumPy's, where both are numbers of one kind, or times."""
    types = pa.types
    kinds = (
        types.is_boolean,
        types.is_signed_integer,
        types.is_unsigned_integer,
        types.is_floating,
    )
    alike = any(kind(new.type) and kind(old.type) for kind in kinds)
    clocks = types.is_timestamp(old.type) or types.is_duration(old.type)
    if alike or (clocks and new.type == old.type):
        return (
            np.asarray(new.to_numpy(zero_copy_only=False)),
            np.asarray(old.to_numpy(zero_copy_only=False)),
        )
    return None


def _shown(value: pa.Scalar[Any]) -> str:
    try:
        return shown(value.as_py())
    except (ValueError, OverflowError, ImportError):  # nanoseconds, years past 9999
        return str(value)

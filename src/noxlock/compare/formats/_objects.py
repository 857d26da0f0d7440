"""Compares arrays of Python's objects: text, sequences, and fields of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from noxlock.compare.formats._parts import compare_numbers, compare_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare_trees", "converted", "element"]

_Place: TypeAlias = "Callable[[int], str]"
_Pair: TypeAlias = "tuple[Array, Array]"


def element(key: str, shape: tuple[int, ...], start: int) -> _Place:
    """Return what says where an element is, counted from *start*: `names[3, 0]`."""

    def place(index: int) -> str:
        position = ", ".join(map(str, np.unravel_index(start + index, shape)))
        return f"{key}[{position}]" if shape else key

    return place


def converted(values: Array, function: Callable[[object], object]) -> Array:
    """Return *values* with *function* of every object in it, at any depth."""
    if not values.dtype.hasobject:
        return values
    result = values.copy()
    if values.dtype.names is not None:
        for name in values.dtype.names:
            result[name] = converted(values[name], function)
        return result
    flat, found = values.reshape(-1), np.empty(values.size, object)
    for index, value in enumerate(flat):
        inner = isinstance(value, np.ndarray)
        found[index] = converted(value, function) if inner else function(value)
    return found.reshape(values.shape)


def compare_trees(pair: _Pair, job: Job, place: _Place) -> None:
    """Compare two flat arrays (actual, baseline) of as many elements."""
    new, old = pair
    if new.dtype.names != old.dtype.names or new.dtype.kind != old.dtype.kind:
        _note(f"dtype {old.dtype} became {new.dtype}", job)
    elif old.dtype.names is not None:
        for name in old.dtype.names:
            _field((new[name], old[name]), name, job, place)
    elif old.dtype.kind != "O":
        found = compare_numbers(new, old, job, place)
        for note in found.notes:
            _note(note, job)
        job.tally.add(found)
    elif any(isinstance(value, np.ndarray) for value in (*new, *old)):
        _sequences(pair, job, place)
    else:
        compare_objects(new, old, job.tally, place)


def _field(pair: _Pair, name: str, job: Job, place: _Place) -> None:
    new, old = pair
    inner = job.beneath(name)
    if new.shape != old.shape:
        _note(f"{name}: shape {old.shape[1:]} became {new.shape[1:]}", job)
        return
    size = math.prod(old.shape[1:])

    def within(index: int) -> str:
        place_of = element("", old.shape[1:], index % size)
        return f"{place(index // size)}.{name}{place_of(0)}"

    compare_trees((new.reshape(-1), old.reshape(-1)), inner, within)


def _sequences(pair: _Pair, job: Job, place: _Place) -> None:
    """Compare sequences of any length: those of one length by their values."""
    kept = []
    for index, (new, old) in enumerate(zip(*pair, strict=True)):
        if np.shape(new) == np.shape(old):
            kept.append(index)
        else:
            now, then = (f"{np.size(each)} values" for each in (new, old))
            job.tally.other(now, then, place(index))
    lengths = [np.size(pair[1][index]) for index in kept]
    if not sum(lengths):
        job.tally.same(len(kept))
        return
    ends = np.cumsum(lengths)

    def within(index: int) -> str:
        which = int(np.searchsorted(ends, index, side="right"))
        return f"{place(kept[which])}[{index - int(ends[which]) + lengths[which]}]"

    joined = [np.concatenate([np.atleast_1d(s[i]) for i in kept]) for s in pair]
    compare_trees((joined[0], joined[1]), job, within)


def _note(text: str, job: Job) -> None:
    """Note a change once, however many blocks have it."""
    if text not in job.tally.notes:
        job.tally.note(text)

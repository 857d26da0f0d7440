"""Compares HDF5: groups, datasets, attributes; nothing outside of the file is read."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import h5py  # type: ignore[import-untyped] # it has no stubs
import numpy as np

from noxlock.compare._files import reason_of
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._hdf5 import (
    check_attribute,
    check_lengths,
    check_type,
    largest_object,
)
from noxlock.compare.formats._hdf5_nodes import Node, walk
from noxlock.compare.formats._objects import compare_trees, converted, element
from noxlock.compare.formats._parts import (
    Held,
    check_claim,
    in_steps,
    pair,
    readable,
    slabs,
)
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare"]

_CACHE: Final = 1 << 24
_HIDDEN: Final = "_NCProperties"
"""NetCDF's own: which versions of its libraries wrote the file."""
_MAPPED: Final = "iuf"


@dataclass(slots=True)
class _File:
    side: Side
    file: h5py.File
    nodes: dict[str, Node] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    """The first name of each group and dataset, by its address."""
    _largest: int | None = None

    def object(self, path: str) -> Any:  # noqa: ANN401 - h5py has no stubs
        """Return the group, dataset or type at *path*."""
        return self.file[path or "/"]

    def plain(self, values: Array) -> Array:
        """Return *values* with text for what is text, and for what refers to others."""

        def convert(value: object) -> object:
            if isinstance(value, h5py.RegionReference):
                raise self.side.error("holds references to regions: not compared")
            if isinstance(value, h5py.Reference):
                return f"-> {self.name(value) if value else 'nothing'}"
            if isinstance(value, bytes):
                return value.decode("utf-8", "surrogateescape")
            return value

        return converted(values, convert)

    def name(self, reference: h5py.Reference) -> str:
        """Return the first name of what is referred to: it may have several."""
        try:
            found = self.file[reference]
        except (KeyError, ValueError, RuntimeError):
            return "what is not there"
        address = h5py.h5o.get_info(found.id).addr
        return self.names.get(address) or str(found.name)

    def check(self, path: str, kind: h5py.h5t.TypeID) -> int | None:
        """Check a type, and where its values need the heaps once all of these.

        Return how large a value in these is at most; None: it needs none of them.
        """
        if not check_type(kind, self.side, path):
            return None
        if self._largest is None:
            self._largest = largest_object(self.side)
        return self._largest

    def check_attribute(
        self, key: str, owner: h5py.HLObject, attribute: h5py.h5a.AttrID
    ) -> None:
        """Check that the values of an attribute can be read."""
        largest = self.check(key, attribute.get_type())
        check_attribute(attribute, owner, largest, self.side, key)

    def check_values(self, path: str, dataset: h5py.Dataset) -> None:
        """Check that the values of *dataset* lie in the file, and can be read."""
        if dataset.external or dataset.is_virtual:
            raise self.side.error(f"keeps the values of `{path}` in other files")
        if (largest := self.check(path, dataset.id.get_type())) is not None:
            check_lengths(dataset, largest, self.side, path)
        claimed = (dataset.size or 0) * max(1, dataset.dtype.itemsize)
        check_claim(claimed, lambda: self.side.path.stat().st_size, self.side.error)


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two HDF5 files; chunks, compression and layout do not matter.

    The parts are datasets by their path, and attributes as `path@name`. Soft links are
    compared as the text that they are.

    Raises:
        CompareError: One cannot be read.
    """
    with ExitStack() as stack:
        files = []
        for side in (baseline, actual):
            stack.enter_context(side.open())
            with readable(side.error, "is no HDF5 file that can be read"):
                file = h5py.File(side.path, "r", locking=False, rdcc_nbytes=_CACHE)
                stack.enter_context(file)
                files.append(_File(side, file, *walk(file)))
        old, new = files
        _compare_attributes("", new, old, job)
        for path in pair(new.nodes, old.nodes, job):
            _compare_node(path, new, old, job)


def _compare_node(path: str, new: _File, old: _File, job: Job) -> None:
    mine, other = new.nodes[path], old.nodes[path]
    if other.kind == "group" == mine.kind:
        _compare_attributes(path, new, old, job)
        return
    part = job.part(path)
    try:
        if "external link" in (mine.kind, other.kind):
            which = old if other.kind == "external link" else new
            raise which.side.error(f"links to another file at `{path}`")
        if mine.kind != other.kind:
            part.tally.note(f"{other.kind} became {mine.kind}")
        elif other.target:
            if mine.target == other.target:
                part.tally.same()
            else:
                part.tally.other(repr(mine.target), repr(other.target), path)
        elif other.kind == "dataset":
            _compare_dataset(path, new, old, part)
        else:
            _compare_types(path, new, old, part)
    except CompareError as error:
        part.tally.fail(reason_of(error))
    if mine.kind == other.kind == "dataset":
        _compare_attributes(path, new, old, job)


def _compare_types(path: str, new: _File, old: _File, part: Job) -> None:
    with readable(old.side.error):
        mine, other = new.object(path).id, old.object(path).id
        if mine.equal(other):
            part.tally.same()
        else:
            part.tally.note("the type became another")


def _compare_dataset(path: str, new: _File, old: _File, part: Job) -> None:
    sources = []
    for file in (new, old):
        with readable(file.side.error, f"is damaged at `{path}`"):
            dataset = file.object(path)
            file.check_values(path, dataset)
            sources.append(_Stored(file, path, dataset, dataset.dtype))
    mine, other = sources
    part.tally.dtype, part.tally.shape = _name(other.dtype), other.shape
    _note_enum(mine.dtype, other.dtype, part)
    if (mine.dataset.shape is None) or (other.dataset.shape is None):
        if mine.dataset.shape != other.dataset.shape:
            part.tally.note(f"shape {other.dataset.shape} became {mine.dataset.shape}")
        return
    _compare_stored(mine, other, (_name(mine.dtype), _name(other.dtype)), part)


def _name(dtype: np.dtype[Any]) -> str:
    if (text := h5py.check_string_dtype(dtype)) is not None and text.length is None:
        return "str"
    return str(dtype)


def _note_enum(mine: np.dtype[Any], other: np.dtype[Any], part: Job) -> None:
    now, then = h5py.check_enum_dtype(mine), h5py.check_enum_dtype(other)
    if now != then:
        part.tally.note(f"enum {then} became {now}")


@dataclass(frozen=True, slots=True)
class _Stored:
    """A dataset; a `Source`."""

    of: _File
    path: str
    dataset: h5py.Dataset
    dtype: np.dtype[Any]
    fortran: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.dataset.shape or ()
        return shape

    def error(self, what: str) -> CompareError:
        return self.of.side.error(f"{what}, at `{self.path}`")

    def blocks(self, step: int) -> Iterator[Array]:
        return in_steps(self._pieces(), step)

    def _pieces(self) -> Iterator[Array]:
        size = max(1, self.dtype.itemsize)
        for slab in slabs(self.shape, self.dataset.chunks, size):
            with readable(self.error):
                piece = self.of.plain(np.asarray(self.dataset[slab]))
            yield piece.reshape(-1)

    def mapped(self) -> Array | None:
        """Return it mapped, where it lies in the file as it does in memory."""
        offset = self.dataset.id.get_offset()
        if offset is None or self.of.file.userblock_size or not self.dataset.size:
            return None
        kind = self.dataset.id.get_type()
        if self.dtype.kind not in _MAPPED or not h5py.h5t.py_create(self.dtype).equal(
            kind
        ):
            return None
        count = int(self.dataset.size)
        if offset + count * self.dtype.itemsize > self.of.side.path.stat().st_size:
            raise self.error("is truncated")
        return np.memmap(self.of.side.path, self.dtype, "r", offset, (count,))


def _compare_stored(
    mine: _Stored | Held, other: _Stored | Held, names: tuple[str, str], part: Job
) -> None:
    """Compare two arrays of dtypes that have *names*; objects value by value."""
    if not (mine.dtype.hasobject and other.dtype.hasobject):
        if mine.dtype.hasobject or other.dtype.hasobject:
            # Text of one length against text of any: the dtype says all that differs.
            part.tally.note(f"dtype {names[1]} became {names[0]}")
            return
        compare_sources(mine, other, part)
        return
    if mine.shape != other.shape:
        part.tally.note(f"shape {other.shape} became {mine.shape}")
        return
    start = 0
    for new, old in zip(mine.blocks(part.block), other.blocks(part.block), strict=True):
        compare_trees((new, old), part, element(part.key, other.shape, start))
        start += len(old)


def _compare_attributes(path: str, new: _File, old: _File, job: Job) -> None:
    found = []
    for file in (new, old):
        with readable(file.side.error, f"is damaged in the attributes of `{path}`"):
            names = list(file.object(path).attrs)
        found.append([f"{path}@{name}" for name in names if name != _HIDDEN])
    for key in pair(found[0], found[1], job):
        part = job.part(key)
        try:
            mine, now = _attribute(new, path, key)
            other, then = _attribute(old, path, key)
            part.tally.dtype, part.tally.shape = then, other.shape
            _compare_stored(mine, other, (now, then), part)
        except CompareError as error:
            part.tally.fail(reason_of(error))


def _attribute(file: _File, path: str, key: str) -> tuple[Held, str]:
    """Return the value of an attribute, and what its dtype is called."""
    error: Callable[[str], CompareError] = file.side.error
    with readable(error, f"is damaged at `{key}`"):
        owner = file.object(path)
        attributes = owner.attrs
        found = attributes.get_id(key[len(path) + 1 :])
        file.check_attribute(key, owner, found)
        name = _name(found.dtype)
        value = attributes[key[len(path) + 1 :]]
        if isinstance(value, h5py.Empty):
            return Held(values=np.empty((0,), value.dtype), error=error), name
        if isinstance(value, str | bytes | h5py.Reference | h5py.RegionReference):
            held = np.empty((), object)
            held[()] = value
            value = held
        return Held(values=file.plain(np.asarray(value)), error=error), name

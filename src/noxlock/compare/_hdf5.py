"""Checks of an HDF5 file that its library does not make, and would crash without."""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING, Final

import h5py  # type: ignore[import-untyped] # it has no stubs
import numpy as np
from h5py import h5t

if TYPE_CHECKING:
    from noxlock.compare._files import Side

__all__ = ["check_lengths", "check_type", "largest_object"]

_SIGNATURE: Final = b"GCOL\x01\0\0\0"
_COLLECTION: Final = struct.Struct("<8sQ")
_OBJECT: Final = struct.Struct("<HHIQ")
_REFERENCE: Final = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])
_BITS: Final = 3
"""Of an encoded type: after two bytes of the encoding, and class and version."""
_KNOWN: Final = frozenset(
    (
        h5t.INTEGER,
        h5t.FLOAT,
        h5t.STRING,
        h5t.BITFIELD,
        h5t.OPAQUE,
        h5t.REFERENCE,
        h5t.ENUM,
        getattr(h5t, "COMPLEX", h5t.FLOAT),
    )
)


def check_type(kind: h5t.TypeID, side: Side, path: str) -> bool:
    """Check that HDF5 can convert *kind*; return whether its values are in the heap.

    Raises:
        CompareError: It can not, or would crash.
    """
    found = kind.get_class()
    if found == h5t.COMPOUND:
        members = [kind.get_member_type(n) for n in range(kind.get_nmembers())]
        found_in_heap = [check_type(member, side, path) for member in members]
        return any(found_in_heap)
    if found == h5t.ARRAY:
        return check_type(kind.get_super(), side, path)
    if found == h5t.VLEN:
        # "Type: 0 Sequence, 1 String": the lowest bits after a type's class.
        if kind.encode()[_BITS] & 0xF:
            raise side.error(f"has a damaged type at `{path}`")
        check_type(kind.get_super(), side, path)
        return True
    if found not in _KNOWN:
        raise side.error(f"has values of a type that cannot be compared at `{path}`")
    return bool(found == h5t.STRING and kind.is_variable_str())


def largest_object(side: Side) -> int:
    """Return the bytes of the largest object in the file's global heaps.

    The library walks these heaps without end where an object's size is damaged.

    Raises:
        CompareError: An object does not fit into its heap.
    """
    largest = 0
    with (
        side.open() as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        at = data.find(_SIGNATURE)
        while at >= 0:
            largest = max(largest, _heap(data, at, side))
            at = data.find(_SIGNATURE, at + len(_SIGNATURE))
    return largest


def _heap(data: mmap.mmap, start: int, side: Side) -> int:
    """Check one collection: "object 0" is its free space, and the last of them."""
    error = side.error("is damaged in its heap of values of variable length")
    if start + _COLLECTION.size > len(data):
        raise error
    size = _COLLECTION.unpack_from(data, start)[1]
    if start + size > len(data):
        raise error
    largest, at = 0, _COLLECTION.size
    while at + _OBJECT.size <= size:
        index, _, _, length = _OBJECT.unpack_from(data, start + at)
        if index == 0:
            if at + length != size:
                raise error
            break
        at += _OBJECT.size + -(-length // 8) * 8
        largest = max(largest, length)
        if at > size:
            raise error
    return largest


def check_lengths(dataset: h5py.Dataset, largest: int, side: Side, path: str) -> None:
    """Check that no sequence claims more than the *largest* object of the heaps holds.

    The library would make room for it first. Values that are compressed, or in
    compounds, are not checked.

    Raises:
        CompareError: One does.
    """
    kind = dataset.id.get_type()
    text = kind.get_class() == h5t.STRING and kind.is_variable_str()
    if not dataset.size or not (text or kind.get_class() == h5t.VLEN):
        return
    width = 1 if text else kind.get_super().get_size()
    for raw in _raw(dataset, side):
        lengths = np.frombuffer(raw[: len(raw) // 16 * 16], _REFERENCE)["length"]
        if len(lengths) and int(lengths.max()) * width > largest:
            raise side.error(f"claims more values than it holds at `{path}`")


def _raw(dataset: h5py.Dataset, side: Side) -> list[bytes]:
    if dataset.chunks is None:
        offset = dataset.id.get_offset()
        if offset is None:
            return []
        with side.open() as stream:
            stream.seek(offset)
            return [stream.read(int(dataset.size) * _REFERENCE.itemsize)]
    if dataset.id.get_create_plist().get_nfilters():
        return []
    chunks = (dataset.id.get_chunk_info(n) for n in range(dataset.id.get_num_chunks()))
    return [dataset.id.read_direct_chunk(info.chunk_offset)[1] for info in chunks]

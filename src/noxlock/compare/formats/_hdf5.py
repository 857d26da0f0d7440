"""Checks of an HDF5 file that its library does not make, and would crash without."""

from __future__ import annotations

import math
import mmap
import struct
from typing import TYPE_CHECKING, Final

import h5py  # type: ignore[import-untyped] # it has no stubs
import numpy as np
from h5py import h5t

from noxlock.compare.formats._hdf5_headers import attribute_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.errors import CompareError

__all__ = ["check_attribute", "check_lengths", "check_type", "largest_object"]

_SIGNATURE: Final = b"GCOL\x01\0\0\0"
_PIECE: Final = 1 << 23
"""Bytes that are looked through at once."""
_COLLECTION: Final = struct.Struct("<8sQ")
_OBJECT: Final = struct.Struct("<HHIQ")
_LENGTH: Final = np.dtype("<u4")
"""How many values a sequence has: before the place of these in a heap."""
_BITS: Final = 3
"""Of an encoded type: after two bytes of the encoding, and class and version."""
_REFERENCE: Final = 16
"""Bytes of a sequence in the file: its length, and its place in a heap."""
_SIZES: Final = 8, 8
"""Bytes of offsets and lengths in a file."""
_CLAIMS: Final = "claims more values than it holds at `{}`"
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
        # h5py writes wider floats than it has made room for.
        plain = [each.get_super() if _is_array(each) else each for each in members]
        floats = (each for each in plain if each.get_class() == h5t.FLOAT)
        if any(each.dtype.itemsize != each.get_size() for each in floats):
            raise side.error(f"has floats that cannot be read at `{path}`")
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


def _is_array(kind: h5t.TypeID) -> bool:
    return bool(kind.get_class() == h5t.ARRAY)


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
        for start in range(0, len(data), _PIECE):
            if data.size() < len(data):
                raise side.error("became shorter while it was read")
            stop = start + _PIECE + len(_SIGNATURE) - 1
            at = data.find(_SIGNATURE, start, stop)
            while at >= 0:
                largest = max(largest, _heap(data, at, side))
                at = data.find(_SIGNATURE, at + len(_SIGNATURE), stop)
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

    The library would make room for it first. Values that are compressed, or in arrays
    inside of compounds, are not checked.

    Raises:
        CompareError: One does.
    """
    kind = dataset.id.get_type()
    if dataset.size and any(_sequences(kind, 0)):
        size = kind.get_size() + _growth(kind)
        raw = _raw(dataset, side, size)
        _check_rows(raw, kind, largest, side.error(_CLAIMS.format(path)))


def check_attribute(
    attribute: h5py.h5a.AttrID,
    owner: h5py.HLObject,
    largest: int | None,
    side: Side,
    path: str,
) -> None:
    """Check that an attribute fits into the file, and its sequences into its heaps.

    Args:
        attribute: It is not read.
        owner: The object that has it.
        largest: Bytes of the largest object of the heaps; None: it needs none of them.
        side: The file.
        path: What messages call it.

    Raises:
        CompareError: They do not.
    """
    error = side.error(_CLAIMS.format(path))
    kind, count = attribute.get_type(), attribute.get_space().get_select_npoints()
    if count * (kind.get_size() + _growth(kind)) > side.path.stat().st_size:
        raise error
    plist = owner.file.id.get_create_plist()
    if largest is None or plist.get_sizes() != _SIZES:
        return
    address = h5py.h5o.get_info(owner.id).addr
    base = plist.get_userblock()
    with side.open() as stream:
        raw = attribute_bytes(stream, base, address, attribute.name)
    if raw is not None:
        _check_rows([raw], kind, largest, error)


def _check_rows(
    raw: list[bytes], kind: h5t.TypeID, largest: int, error: CompareError
) -> None:
    """Check the lengths of the sequences in values as they lie in the file."""
    size = kind.get_size() + _growth(kind)
    places = list(_sequences(kind, 0))
    for data in raw:
        whole = data[: len(data) // size * size]
        rows = np.frombuffer(whole, np.uint8).reshape(-1, size)
        for offset, width in places:
            fields = np.ascontiguousarray(rows[:, offset : offset + _LENGTH.itemsize])
            lengths = fields.view(_LENGTH)
            if lengths.size and int(lengths.max()) * width > largest:
                raise error


def _sequences(kind: h5t.TypeID, start: int) -> Iterator[tuple[int, int]]:
    """Yield where in the file the lengths of sequences lie, and their values' size."""
    found = kind.get_class()
    if found == h5t.COMPOUND:
        grown = 0
        for number in range(kind.get_nmembers()):
            member = kind.get_member_type(number)
            offset = start + kind.get_member_offset(number) + grown
            yield from _sequences(member, offset)
            grown += _growth(member)
    elif found == h5t.VLEN:
        yield start, kind.get_super().get_size()
    elif found == h5t.STRING and kind.is_variable_str():
        yield start, 1


def _growth(kind: h5t.TypeID) -> int:
    """Return how much larger a value is in the file: text is a pointer in memory."""
    found = kind.get_class()
    if found == h5t.COMPOUND:
        members = range(kind.get_nmembers())
        return sum(_growth(kind.get_member_type(number)) for number in members)
    if found == h5t.ARRAY:
        dims: tuple[int, ...] = kind.get_array_dims()
        return math.prod(dims) * _growth(kind.get_super())
    reference = found == h5t.VLEN or (found == h5t.STRING and kind.is_variable_str())
    size: int = kind.get_size()
    return _REFERENCE - size if reference else 0


def _raw(dataset: h5py.Dataset, side: Side, size: int) -> list[bytes]:
    if dataset.chunks is None:
        offset = dataset.id.get_offset()
        if offset is None:
            return []
        with side.open() as stream:
            stream.seek(offset)
            return [stream.read(int(dataset.size) * size)]
    if dataset.id.get_create_plist().get_nfilters():
        return []
    chunks = (dataset.id.get_chunk_info(n) for n in range(dataset.id.get_num_chunks()))
    return [dataset.id.read_direct_chunk(info.chunk_offset)[1] for info in chunks]

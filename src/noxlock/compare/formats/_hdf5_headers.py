"""Finds the bytes of an attribute in an HDF5 file, which its library does not show.

"Version 1 Object Header" of the HDF5 File Format Specification: of all headers only
these have no checksum, so that the library would believe a damaged one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["attribute_bytes"]

_VERSION: Final = 1
_PREFIX: Final = struct.Struct("<BxHIIxxxx")
"""Version, number of messages, references, bytes of the messages in this block."""
_MESSAGE: Final = struct.Struct("<HHBxxx")
"""Type, bytes, flags."""
_CONTINUATION: Final = struct.Struct("<QQ")
"""Where the next block is, and its bytes."""
_ATTRIBUTE: Final = struct.Struct("<BBHHH")
"""Version, flags, bytes of name, of type and of dataspace."""
_TYPE_ATTRIBUTE: Final = 0x000C
_TYPE_CONTINUATION: Final = 0x0010
_PADDED: Final = 1
"""The version of attributes whose parts are "padded to a multiple of eight bytes"."""
_ENCODED: Final = 3
"""That which has a byte for the encoding of the name."""
_LARGEST: Final = 1 << 24
"""Bytes that are read of a block: more are no header."""


class _Block(NamedTuple):
    start: int
    size: int


def attribute_bytes(
    stream: BinaryIO, base: int, address: int, name: bytes
) -> bytes | None:
    """Return the values of an attribute as they lie in the file.

    Args:
        stream: The file, of eight bytes for each offset and length.
        base: Where its HDF5 starts.
        address: Of the header of the object, from there.
        name: Of the attribute, in UTF-8.

    Returns:
        None where a checksum guards the header, or nothing of this name is in it.
    """
    stream.seek(base + address)
    try:
        version, count, _, size = _PREFIX.unpack(stream.read(_PREFIX.size))
        if version == _VERSION:
            block = _Block(base + address + _PREFIX.size, size)
            for kind, data in _messages(stream, base, block, count):
                if kind == _TYPE_ATTRIBUTE and (found := _values(data, name)):
                    return found
    except (struct.error, OverflowError, OSError, ValueError):  # outside of the file
        pass
    return None


def _messages(
    stream: BinaryIO, base: int, first: _Block, count: int
) -> Iterator[tuple[int, bytes]]:
    """Yield type and data of at most *count* messages, those of all blocks."""
    left = [first]
    while left and count > 0:
        block = left.pop(0)
        stream.seek(block.start)
        data = stream.read(min(block.size, _LARGEST))
        at = 0
        while at + _MESSAGE.size <= len(data) and count > 0:
            kind, size, _ = _MESSAGE.unpack_from(data, at)
            at += _MESSAGE.size
            count -= 1
            message = data[at : at + size]
            at += size
            if kind == _TYPE_CONTINUATION:
                place, length = _CONTINUATION.unpack_from(message)
                left.append(_Block(base + place, length))
            yield kind, message


def _values(message: bytes, name: bytes) -> bytes | None:
    version, _, *sizes = _ATTRIBUTE.unpack_from(message)
    at = _ATTRIBUTE.size + (version == _ENCODED)
    if message[at : at + sizes[0]].partition(b"\0")[0] != name:
        return None
    if version == _PADDED:
        sizes = [-(-size // 8) * 8 for size in sizes]
    return message[at + sum(sizes) :]

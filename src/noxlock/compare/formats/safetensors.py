"""Compares safetensors, mapped: tensor by tensor, whatever their order in the file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from noxlock.compare._files import reason_of
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._parts import Held, pair
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare"]

_LENGTH_BYTES: Final = 8
_LONGEST_HEADER: Final = 100_000_000
"""Bytes: the format's own limit."""
_METADATA: Final = "__metadata__"
_PLAIN: Final = {
    "BOOL": "?",
    "U8": "<u1",
    "U16": "<u2",
    "U32": "<u4",
    "U64": "<u8",
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "C64": "<c8",
}
_SMALL: Final = {
    "BF16": ("bfloat16", 2),
    "F8_E5M2": ("float8_e5m2", 1),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E8M0": ("float8_e8m0fnu", 1),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 1),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 1),
}
"""NumPy has none of these; ml_dtypes does, and says how many bytes each has."""


class _Entry(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    side: Side
    data: Array
    """The bytes after the header."""
    tensors: dict[str, _Entry]
    metadata: dict[str, str]

    def tensor(self, name: str) -> Held:
        """Return the tensor *name*, mapped."""

        def error(what: str) -> CompareError:
            return self.side.error(f"{what}, in the tensor `{name}`")

        entry = self.tensors[name]
        raw = self.data[entry.begin : entry.end]
        return Held(
            values=raw.view(_dtype(entry.dtype)).reshape(entry.shape), error=error
        )


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two safetensors files; their order and layout do not matter.

    Raises:
        CompareError: One is not what the format demands.
    """
    old, new = _read(baseline), _read(actual)
    _compare_metadata(new.metadata, old.metadata, job)
    for name in pair(new.tensors, old.tensors, job):
        entry = old.tensors[name]
        part = job.part(name, dtype=entry.dtype, shape=entry.shape)
        try:
            before, now = old.tensor(name), new.tensor(name)
        except CompareError as error:
            part.tally.fail(reason_of(error))
            continue
        part.tally.dtype = str(before.dtype)
        compare_sources(now, before, part)


def _compare_metadata(new: dict[str, str], old: dict[str, str], job: Job) -> None:
    if not new and not old:
        return
    part = job.part(_METADATA)
    for key in {**old, **new}:
        where = part.beneath(key).key
        if key not in new or key not in old:
            part.tally.note(f"{key} {'is new' if key in new else 'is missing'}")
        elif new[key] == old[key]:
            part.tally.same()
        else:
            part.tally.other(repr(new[key]), repr(old[key]), where)


def _dtype(name: str) -> np.dtype[Any]:
    if (code := _PLAIN.get(name)) is not None:
        return np.dtype(code)
    try:
        import ml_dtypes  # noqa: PLC0415 - an extra, which plain tensors do without
    except ImportError as error:
        raise CompareError(
            f"{name} needs ml-dtypes: pip install 'noxlock[safetensors]'"
        ) from error
    small: np.dtype[Any] = np.dtype(getattr(ml_dtypes, _SMALL[name][0]))
    return small


def _read(side: Side) -> _File:
    with side.open() as stream:
        size = side.path.stat().st_size
        head = stream.read(_LENGTH_BYTES)
        length = int.from_bytes(head, "little")
        if length > _LONGEST_HEADER:
            raise side.error("is no safetensors file: its header would be too long")
        start = _LENGTH_BYTES + length
        if len(head) < _LENGTH_BYTES or start > size:
            raise side.error("is truncated in its header")
        header = _header(side, stream.read(length))
    metadata = _metadata(side, header.pop(_METADATA, {}))
    tensors = {name: _entry(side, name, value) for name, value in header.items()}
    _check_layout(side, tensors, size - start)
    # The whole file is mapped, as no empty range can be.
    data = np.memmap(side.path, dtype=np.uint8, mode="r")[start:]
    if len(data) != size - start:
        raise side.error("changed while it was read")
    return _File(side=side, data=data, tensors=tensors, metadata=metadata)


def _header(side: Side, data: bytes) -> dict[str, object]:
    """Decode the header: "duplicate keys are disallowed", it "must begin with {"."""

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(items)
        if len(table) < len(items):
            raise side.error("has a key twice in its header")
        return table

    if data[:1] != b"{":
        raise side.error("is no safetensors file: its header is no JSON object")
    try:
        header: dict[str, object] = json.loads(
            data.decode("utf-8"), object_pairs_hook=pairs
        )
    except (ValueError, RecursionError) as error:
        raise side.error("has a header that is no JSON") from error
    return header


def _metadata(side: Side, value: object) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return value
    raise side.error("has metadata that are not all text")


def _entry(side: Side, name: str, value: object) -> _Entry:
    def error(what: str) -> CompareError:
        return side.error(f"{what}, in the tensor `{name}`")

    if not isinstance(value, dict) or value.keys() != {
        "dtype",
        "shape",
        "data_offsets",
    }:
        raise error("has no dtype, shape and data_offsets")
    dtype, shape = value["dtype"], _lengths(value["shape"])
    offsets = _lengths(value["data_offsets"])
    if not isinstance(dtype, str) or shape is None or offsets is None:
        raise error("has values of the wrong kind in its header")
    if dtype not in _PLAIN and dtype not in _SMALL:
        raise error(f"has the dtype {dtype!r}, which cannot be read")
    if len(offsets) != 2 or offsets[0] > offsets[1]:  # noqa: PLR2004 - "[BEGIN, END]"
        raise error("has offsets that make no sense")
    itemsize = _SMALL[dtype][1] if dtype in _SMALL else np.dtype(_PLAIN[dtype]).itemsize
    claimed, there = math.prod(shape) * itemsize, offsets[1] - offsets[0]
    if claimed != there:
        raise error(f"holds {there} bytes where its shape claims {claimed}")
    return _Entry(dtype, shape, offsets[0], offsets[1])


def _lengths(value: object) -> tuple[int, ...] | None:
    if isinstance(value, list) and all(type(v) is int and v >= 0 for v in value):
        return tuple(value)
    return None


def _check_layout(side: Side, tensors: dict[str, _Entry], size: int) -> None:
    """Check: the buffer "needs to be entirely indexed, and cannot contain holes"."""
    at = 0
    for entry in sorted(tensors.values(), key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != at:
            what = "overlap" if entry.begin < at else "leave a hole"
            raise side.error(f"has tensors that {what} at byte {entry.begin}")
        at = entry.end
    if at != size:
        raise side.error(f"holds {size} bytes of values where its header claims {at}")

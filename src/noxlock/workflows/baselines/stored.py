"""The outputs of a baseline that are kept outside git, as git knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from noxlock.model.record import ArraySummary
from noxlock.model.verdict import Value
from noxlock.workflows.baselines.documents import decode, encode
from noxlock.workflows.baselines.sizes import format_size
from noxlock.workflows.records.canonical import without_unset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Stored", "encode_stored", "parse_stored"]


class Stored(Value, frozen=True, kw_only=True):
    """One output file that is kept in a store."""

    sha256: str
    size: int
    """Bytes."""
    key: str
    """Where it lies in the store: `sha256/ab/abcd...`."""
    arrays: tuple[ArraySummary, ...] = ()
    """Or columns of a table. Empty where it holds none that are read."""

    @property
    def line(self) -> str:
        """Its size, and figures of an array or column in it, for people."""
        parts = [format_size(self.size)]
        if self.arrays:
            shown = next((x for x in self.arrays if x.mean is not None), self.arrays[0])
            parts += _figures(shown)
        if len(self.arrays) > 1:
            parts.append(f"and {len(self.arrays) - 1} more")
        return ", ".join(parts)


def _figures(array: ArraySummary) -> Iterator[str]:
    shape = ", ".join(map(str, array.shape))
    yield f"{array.key} {array.dtype} ({shape})".strip()
    if array.mean is not None:
        yield f"min {array.min:.6g}, max {array.max:.6g}"
        yield f"mean {array.mean:.6g}, std {array.std:.6g}"
    for count, what in ((array.null, "null"), (array.distinct, "different")):
        if count:
            yield f"{count} {what}"


class _Document(Value, frozen=True, kw_only=True):
    format: int = 1
    store: str | None = None
    """Its address, for people; None for a folder of one machine. The check's counts."""
    outputs: dict[str, Stored]


def encode_stored(store: str, outputs: Mapping[str, Stored]) -> bytes:
    """Return the bytes of `stored.json`."""
    document = _Document(store=store or None, outputs=dict(outputs))
    return encode(without_unset(msgspec.to_builtins(document)))


def parse_stored(data: bytes, file: str) -> dict[str, Stored]:
    """Return the stored outputs that *data* lists, by name.

    Raises:
        CompareError: It is damaged.
    """
    return decode(data, _Document, file).outputs

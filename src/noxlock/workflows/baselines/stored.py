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
    from collections.abc import Mapping

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
        """Its size, and the figures of its first array or column, for people."""
        parts = [format_size(self.size)]
        if self.arrays:
            first = self.arrays[0]
            shape = ", ".join(map(str, first.shape))
            parts.append(f"{first.key} {first.dtype} ({shape})".strip())
        if self.arrays and self.arrays[0].mean is not None:
            first = self.arrays[0]
            parts.append(
                f"min {first.min:.6g}, max {first.max:.6g}, mean {first.mean:.6g},"
                f" std {first.std:.6g}"
            )
        if self.arrays and self.arrays[0].null:
            parts.append(f"{self.arrays[0].null} null")
        if self.arrays and self.arrays[0].distinct is not None:
            parts.append(f"{self.arrays[0].distinct} distinct")
        return ", ".join(parts)


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

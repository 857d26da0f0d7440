"""Compares files byte by byte: what has no other format, and pickles."""

from __future__ import annotations

import hashlib
import math
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from noxlock.compare._files import chunks
from noxlock.compare._tally import Block, Spot

if TYPE_CHECKING:
    from noxlock.compare._files import Side
    from noxlock.compare._job import Job

__all__ = ["compare"]

_SHOWN: Final = 12


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two files by what they are made of; they may be larger than memory.

    Bytes are counted where both files have one; then the lengths are compared. What a
    byte means is not known: no tolerance covers it.

    Raises:
        CompareError: One cannot be read, or is empty.
    """
    digests = hashlib.sha256(), hashlib.sha256()
    differing = start = 0
    first: Spot | None = None
    lengths = [0, 0]
    with baseline.open() as old, actual.open() as new:
        for pair in zip_longest(chunks(old), chunks(new), fillvalue=b""):
            for number, chunk in enumerate(pair):
                digests[number].update(chunk)
                lengths[number] += len(chunk)
            if pair[0] != pair[1]:
                count, offset = _differing(*pair)
                differing += count
                if first is None and count:
                    first = _spot(start + offset, pair[0][offset], pair[1][offset])
            start += len(pair[0])
    compared = min(lengths)
    job.tally.add(
        Block(
            compared=compared,
            differing=differing,
            violations=differing,
            first=first,
            worst=first,
        )
    )
    if lengths[0] != lengths[1]:
        job.tally.note(f"{_bytes(lengths[0])} became {lengths[1]}")
    hashes = [digest.hexdigest() for digest in digests]
    if hashes[0] != hashes[1]:
        shown = " became ".join(f"{text[:_SHOWN]}..." for text in hashes)
        job.tally.note(f"compared by its bytes only: sha256 {shown}")


def _differing(old: bytes, new: bytes) -> tuple[int, int]:
    """Return how many bytes differ, as far as both go, and the place of the first."""
    import numpy as np  # noqa: PLC0415 - slow to import, and most files are the same

    size = min(len(old), len(new))
    left = np.frombuffer(old, np.uint8, size)
    unequal = left != np.frombuffer(new, np.uint8, size)
    return int(np.count_nonzero(unequal)), int(unequal.argmax()) if size else 0


def _spot(offset: int, old: int, new: int) -> Spot:
    return Spot(
        violates=True,
        size=math.inf,
        where=f"byte {offset}",
        actual=f"0x{new:02x}",
        baseline=f"0x{old:02x}",
    )


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"

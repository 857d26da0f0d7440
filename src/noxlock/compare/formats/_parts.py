"""What formats with many arrays share: pairing names, arrays in memory, objects."""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from noxlock.compare._tally import Block, Spot, Tally
from noxlock.compare.arrays._memory import Mapping
from noxlock.compare.arrays._sources import compare_sources
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = [
    "Held",
    "check_claim",
    "compare_numbers",
    "compare_objects",
    "in_steps",
    "pair",
    "plain",
    "readable",
    "shown",
    "slabs",
]

_LONGEST: Final = 60
_CAUSE: Final = 160
_PATH: Final = re.compile(r"([A-Za-z]:)?[/\\][^\s'\"<>]+[/\\][^\s'\"<>]*")
_SLAB: Final = 1 << 24
"""Bytes that are read of a chunked array at once."""
_LARGE: Final = 1 << 36
_RATIO: Final = 1 << 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An array that lies in memory, or is mapped; a `Source`."""

    values: Array
    error: Callable[[str], CompareError]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its elements."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        shape: tuple[int, ...] = self.values.shape
        return shape

    @property
    def fortran(self) -> bool:
        """Whether it lies in Fortran order: never."""
        return False

    def blocks(self, step: int) -> Iterator[Array]:
        """Yield its elements, flat, *step* at a time.

        Raises:
            CompareError: They are mapped, and the file became shorter.
        """
        flat = self.values.reshape(-1)
        mapping = Mapping(flat)
        for start in range(0, len(flat), step):
            mapping.check()
            yield flat[start : start + step]

    def mapped(self) -> Array | None:
        """Return all elements where they are mapped."""
        flat = self.values.reshape(-1)
        return flat if isinstance(flat, np.memmap) else None


@contextmanager
def readable(
    error: Callable[[str], CompareError], what: str = "is damaged"
) -> Iterator[None]:
    """Turn whatever a format's library raises for a file into *error* of *what*.

    Paths in its words are left out: they are another machine's by the next run.
    """
    try:
        yield
    except CompareError:
        raise
    except Exception as cause:  # decoders raise their own, ValueError, OSError, ...
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        text = _PATH.sub("...", lines[0])[:_CAUSE]
        raise error(f"{what}: {text}") from cause


def pair(new: Collection[str], old: Collection[str], job: Job) -> list[str]:
    """Return the names that both have, in the baseline's order; note the others."""
    for name in old:
        if name not in new:
            job.part(name).tally.note("is missing")
    for name in new:
        if name not in old:
            job.part(name).tally.note("is new")
    return [name for name in old if name in new]


def compare_numbers(
    new: Array, old: Array, job: Job, place: Callable[[int], str]
) -> Tally:
    """Return what differs between two flat arrays, *place* saying where it lies.

    A change of dtype is among the notes of what is returned.
    """
    tally = Tally()
    if job.look is not None:
        return tally
    inner = replace(job, key="", tally=tally)

    def error(what: str) -> CompareError:
        return CompareError(f"the array {what}")

    compare_sources(Held(values=new, error=error), Held(values=old, error=error), inner)
    for name in ("first", "worst"):
        if (spot := getattr(tally, name)) is not None:
            index = int(spot.where.strip("[]"))
            setattr(tally, name, replace(spot, where=place(index)))
    return tally


def compare_objects(
    new: Array, old: Array, tally: Tally, place: Callable[[int], str]
) -> None:
    """Compare two flat arrays of text, or of other values that are equal or not."""
    differing = np.flatnonzero(np.asarray(new != old, dtype=np.bool_))
    spot = None
    if len(differing):
        index = int(differing[0])
        spot = Spot(
            violates=True,
            size=math.inf,
            where=place(index),
            actual=shown(new[index]),
            baseline=shown(old[index]),
        )
    count = len(differing)
    tally.add(
        Block(
            compared=len(old),
            differing=count,
            violations=count,
            first=spot,
            worst=spot,
        )
    )


def shown(value: object) -> str:
    """Return a value as the report shows it, cut where it is long."""
    text = repr(plain(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def plain(value: object) -> object:
    """Return Python's own object for one of NumPy's scalars."""
    return value.item() if isinstance(value, np.generic) else value


def check_claim(
    claimed: int, stored: Callable[[], int], error: Callable[[str], CompareError]
) -> None:
    """Refuse an array that claims far more bytes than its file can stand for.

    Chunks that are not there read as fill values: a damaged shape would be read for
    years.

    Raises:
        CompareError: It claims more than 64 GiB, and 16384 times what is *stored*.
    """
    if claimed > _LARGE and claimed > _RATIO * (there := stored()):
        raise error(f"claims to hold {claimed} bytes, of which {there} are stored")


def slabs(
    shape: tuple[int, ...], chunks: tuple[int, ...] | None, itemsize: int
) -> Iterator[tuple[slice | int, ...]]:
    """Yield the pieces of an array, in C order, that are read at once.

    They are whole rows of chunks where these fit into 16 MiB; where they do not, a
    chunk is read once for each piece that it reaches into.
    """
    budget = max(1, _SLAB // max(1, itemsize))
    axis = 0
    while axis < len(shape) - 1 and math.prod(shape[axis + 1 :]) > budget:
        axis += 1
    if not shape:
        yield ()
        return
    step = max(1, budget // max(1, math.prod(shape[axis + 1 :])))
    if chunks is not None and step > chunks[axis] > 0:
        step -= step % chunks[axis]
    for outer in np.ndindex(*shape[:axis]):
        for start in range(0, shape[axis], step):
            yield (*outer, slice(start, min(start + step, shape[axis])))


def in_steps(pieces: Iterator[Array], step: int) -> Iterator[Array]:
    """Yield the elements of flat *pieces* anew, *step* at a time."""
    rest: list[Array] = []
    have = 0
    for piece in pieces:
        start = 0
        while have + len(piece) - start >= step:
            end = start + step - have
            rest.append(piece[start:end])
            yield rest[0] if len(rest) == 1 else np.concatenate(rest)
            rest, have, start = [], 0, end
        if start < len(piece):
            rest.append(piece[start:])
            have += len(piece) - start
    if rest:
        yield rest[0] if len(rest) == 1 else np.concatenate(rest)

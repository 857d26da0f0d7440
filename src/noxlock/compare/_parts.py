"""What formats with many arrays share: pairing names, arrays in memory, objects."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from noxlock.compare._tally import Block, Spot
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from noxlock.compare._elements import Array
    from noxlock.compare._job import Job
    from noxlock.compare._tally import Tally

__all__ = [
    "Held",
    "check_claim",
    "compare_objects",
    "pair",
    "plain",
    "readable",
    "shown",
]

_LONGEST: Final = 60
_CAUSE: Final = 160
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
        """Yield its elements, flat, *step* at a time."""
        flat = self.values.reshape(-1)
        for start in range(0, len(flat), step):
            yield flat[start : start + step]

    def mapped(self) -> Array | None:
        """Return all elements where they are mapped."""
        flat = self.values.reshape(-1)
        return flat if isinstance(flat, np.memmap) else None


@contextmanager
def readable(
    error: Callable[[str], CompareError], what: str = "is damaged"
) -> Iterator[None]:
    """Turn whatever a format's library raises for a file into *error* of *what*."""
    try:
        yield
    except CompareError:
        raise
    except Exception as cause:  # decoders raise their own, ValueError, OSError, ...
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        raise error(f"{what}: {lines[0][:_CAUSE]}") from cause


def pair(new: Collection[str], old: Collection[str], job: Job) -> list[str]:
    """Return the names that both have, in the baseline's order; note the others."""
    for name in old:
        if name not in new:
            job.part(name).tally.note("is missing")
    for name in new:
        if name not in old:
            job.part(name).tally.note("is new")
    return [name for name in old if name in new]


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

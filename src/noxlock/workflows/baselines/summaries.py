"""Figures of the arrays in a file, block by block: never a whole array in memory."""

from __future__ import annotations

import json
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from noxlock.workflows.baselines.stored import ArraySummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["summarise"]

_STEP: Final = 1 << 16
"""Elements of a block."""
_MOST_ARRAYS: Final = 1000
_WORD: Final = 8
# What reading a damaged file raises, in NumPy, zipfile or here.
_DAMAGED: Final = (
    *(ValueError, OSError, LookupError, TypeError, EOFError, RuntimeError),
    *(AttributeError, struct.error, zlib.error, zipfile.BadZipFile),
)
_SAFETENSORS: Final = {
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    "BOOL": "?",
    "BF16": "<u2",
}


class _Array(NamedTuple):
    key: str
    dtype: str
    shape: tuple[int, ...]
    blocks: Iterable[NDArray[Any]]
    """All elements, in any order; none where they are no real numbers."""


def summarise(path: Path) -> tuple[ArraySummary, ...]:
    """Return the figures of each array in the file, at most of the first thousand.

    Of .npy, .npz and .safetensors files; of others, and of damaged ones, there are
    none. A pickle in them is never loaded.
    """
    read = _READERS.get(path.suffix)
    if read is None:
        return ()
    try:
        found = zip(range(_MOST_ARRAYS), read(path), strict=False)
        return tuple(_summary(array) for _, array in found)
    except _DAMAGED:
        return ()


def _summary(array: _Array) -> ArraySummary:
    moments = _Moments()
    for block in array.blocks:
        moments.add(block)
    known = moments.count > 0
    return ArraySummary(
        key=array.key,
        dtype=array.dtype,
        shape=array.shape,
        count=math.prod(array.shape),
        nan=moments.nan,
        infinite=moments.infinite,
        min=moments.low,
        max=moments.high,
        mean=moments.mean if known else None,
        std=math.sqrt(moments.squares / moments.count) if known else None,
    )


@dataclass(slots=True)
class _Moments:
    """What is known of the finite values seen so far, and how many were not finite."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of the squared distances from the mean."""
    low: float | int | None = None
    high: float | int | None = None
    nan: int = 0
    infinite: int = 0

    def add(self, block: NDArray[Any]) -> None:
        """Take in one block of real numbers."""
        import numpy as np  # noqa: PLC0415 - only where there is a large output

        if block.dtype.kind == "f":
            nan, infinite = np.isnan(block), np.isinf(block)
            self.nan += int(nan.sum())
            self.infinite += int(infinite.sum())
            block = block[~(nan | infinite)]
        if not block.size:
            return
        numbers = block.astype(np.uint8) if block.dtype.kind == "b" else block
        low, high = numbers.min().item(), numbers.max().item()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        with np.errstate(all="ignore"):
            self._merge(numbers.astype(np.float64))

    def _merge(self, values: NDArray[Any]) -> None:
        # Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm".
        mean, total = float(values.mean()), self.count + values.size
        apart = mean - self.mean
        self.squares += float(((values - mean) ** 2).sum())
        self.squares += apart * apart * self.count * values.size / total
        self.mean += apart * values.size / total
        self.count = total


def _npy(path: Path) -> Iterator[_Array]:
    import numpy as np  # noqa: PLC0415 - as above

    array = np.load(path, mmap_mode="r", allow_pickle=False)
    flat = (array.T if array.flags.fnc else array).reshape(-1)
    blocks = _slices(flat) if _is_real(array.dtype) else ()
    yield _Array("", str(array.dtype), array.shape, blocks)


def _npz(path: Path) -> Iterator[_Array]:
    import numpy as np  # noqa: PLC0415 - as above

    readers: dict[tuple[int, int], Callable[[Any], Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            with archive.open(name) as stream:
                version = np.lib.format.read_magic(stream)
                shape, _, dtype = readers[version](stream)
                blocks = _read(stream.read, dtype) if _is_real(dtype) else ()
                yield _Array(name.removesuffix(".npy"), str(dtype), shape, blocks)


def _safetensors(path: Path) -> Iterator[_Array]:
    import numpy as np  # noqa: PLC0415 - as above

    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(_WORD))
        tensors: dict[str, Any] = json.loads(stream.read(length))
    tensors.pop("__metadata__", None)
    for name, tensor in sorted(tensors.items()):
        kind, shape = tensor["dtype"], tuple(tensor["shape"])
        start, end = tensor["data_offsets"]
        if kind not in _SAFETENSORS or start == end:
            yield _Array(name, kind, shape, ())
            continue
        dtype = np.dtype(_SAFETENSORS[kind])
        count = (end - start) // dtype.itemsize
        flat = np.memmap(path, dtype, "r", _WORD + length + start, (count,))
        blocks: Iterable[NDArray[Any]] = _slices(flat)
        if kind == "BF16":
            # "BF16" is the upper half of a float32.
            blocks = ((block.astype("<u4") << 16).view("<f4") for block in blocks)
        yield _Array(name, kind, shape, blocks)


def _is_real(dtype: Any) -> bool:  # noqa: ANN401 - a dtype of any kind
    return dtype.kind in "biuf"


def _slices(flat: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (flat[start : start + _STEP] for start in range(0, flat.size, _STEP))


def _read(read: Callable[[int], bytes], dtype: Any) -> Iterator[NDArray[Any]]:  # noqa: ANN401 - as above
    import numpy as np  # noqa: PLC0415 - as above

    chunks = iter(lambda: read(_STEP * dtype.itemsize), b"")
    return (np.frombuffer(chunk, dtype) for chunk in chunks)


_READERS: Final = {".npy": _npy, ".npz": _npz, ".safetensors": _safetensors}

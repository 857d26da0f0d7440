"""One array has the same figures in every format that can hold it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from noxlock.compare import Settings, compare_output
from noxlock.model import Tolerance
from support.formats import WRITERS

if TYPE_CHECKING:
    from noxlock.model import Difference, OutputReport

pytest.importorskip("safetensors")
pytest.importorskip("h5py")
pytest.importorskip("zarr")
pytest.importorskip("pyarrow")

FORMATS: Final = (
    ".npz",
    ".safetensors",
    ".h5",
    ".zarr",
    ".zarr.zip",
    ".parquet",
    ".feather",
)
DTYPES: Final = ("f4", "f8", "i1", "i4", "i8", "u1", "u2", "u8", "?")
SHAPES: Final = arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=7)


@dataclass(frozen=True)
class Pair:
    """What was recorded, what is there now, and how far they may be apart."""

    baseline: Any
    actual: Any
    tolerance: Tolerance
    block: int


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(SHAPES)
    baseline = draw(arrays.arrays(dtype, shape))
    other = draw(arrays.arrays(dtype, shape))
    moved = draw(arrays.arrays(np.bool_, shape))
    limit = st.sampled_from([None, 0.0, 1e-6, 0.5])
    return Pair(
        baseline=baseline,
        actual=np.where(moved, other, baseline),
        tolerance=Tolerance(
            rtol=draw(limit),
            atol=draw(limit),
            equal_nan=draw(st.sampled_from([None, False, True])),
        ),
        block=draw(st.sampled_from([1, 3, 64, 1 << 16])),
    )


def report_of(suffix: str, pair: Pair, folder: Path) -> OutputReport:
    paths = folder / f"b{suffix}", folder / f"a{suffix}"
    for path, values in zip(paths, (pair.baseline, pair.actual), strict=True):
        if path.is_dir():
            shutil.rmtree(path)
        WRITERS[suffix](path, {"x": values})
    how = Settings(threads=1, block=pair.block)
    return compare_output(*paths, pair.tolerance, settings=how)


def figures(difference: Difference | None, shape: tuple[int, ...]) -> object:
    if difference is None:
        return None
    places = [
        (_flat(place.where, shape), place.absolute, place.relative, place.ulp)
        for place in (difference.first, difference.worst)
    ]
    return (
        places,
        difference.compared,
        difference.differing,
        difference.violations,
        difference.absolute,
        difference.relative,
        difference.ulp,
        difference.histogram,
        difference.unsized,
    )


def _flat(where: str, shape: tuple[int, ...]) -> int:
    """Return where a value is in C order: a column is told by its row, from 1."""
    numbers = [int(number) for number in re.findall(r"\d+", where)]
    if where.startswith("row "):
        return numbers[0] - 1
    return int(np.ravel_multi_index(numbers, shape))


@given(pair=pairs())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_format_gives_the_figures_of_npy(pair: Pair) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        expected = report_of(".npy", pair, folder)
        shape = pair.baseline.shape
        for suffix in FORMATS:
            found = report_of(suffix, pair, folder)
            assert (found.verdict, found.compared) == (
                expected.verdict,
                expected.compared,
            ), suffix
            wanted = figures(expected.difference, shape)
            assert figures(found.difference, shape) == wanted, suffix

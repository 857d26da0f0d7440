"""Mapped files that become shorter while they are read: refused, not a crash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

from noxlock.compare._files import Side
from noxlock.compare._job import Job
from noxlock.compare.arrays._memory import Mapping
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._npy import open_array
from noxlock.compare.formats._parts import Held
from noxlock.compare.tolerance import Limits
from noxlock.errors import CompareError
from noxlock.model import Tolerance
from support.pairs import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VALUES = np.arange(3_000_000.0)
SHORTER = "a file became shorter while it was read"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "values"
    path.write_bytes(bytes(5000) + VALUES.tobytes())
    return path


def mapped(path: Path) -> NDArray[Any]:
    return np.memmap(path, np.float64, "r", 5000, VALUES.shape)


def test_only_what_is_mapped_must_be_there(path: Path) -> None:
    half = np.memmap(path, np.float64, "r", 5000, (len(VALUES) // 2,))
    mappings = (
        Mapping(half[7:].view(np.ndarray)),
        Mapping(mapped(path)),
        Mapping(VALUES),
    )
    for mapping in mappings:
        mapping.check()
    os.truncate(path, 5000 + half.nbytes)
    mappings[0].check()
    with pytest.raises(CompareError, match=SHORTER):
        mappings[1].check()
    os.truncate(path, 5000 + half.nbytes - 1)
    with pytest.raises(CompareError, match=SHORTER):
        mappings[0].check()


@pytest.mark.parametrize("turned", [False, True])
def test_arrays_of_a_file_that_became_shorter_are_refused(
    path: Path, *, turned: bool
) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    old, new = mapped(path), mapped(other)
    baseline = Memory(old.reshape(1000, -1), fortran=False, random=True)
    order: Literal["C", "F"] = "F" if turned else "C"
    actual = Memory(new.reshape((1000, -1), order=order), turned, random=True)
    job = Job.of(Limits(Tolerance()), threads=2)
    os.truncate(other, 4096)
    with pytest.raises(CompareError, match=SHORTER):
        compare_sources(actual, baseline, job)


def test_a_file_that_is_cut_off_before_it_is_mapped_is_truncated(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, VALUES)
    with path.open("rb") as stream:
        size = path.stat().st_size
        array = open_array(stream, size, Side("output", path).error, (stream, 0))
        os.truncate(path, size - 1)
        with pytest.raises(CompareError, match="the output is truncated"):
            array.mapped()


def test_blocks_of_a_file_that_became_shorter_are_refused(path: Path) -> None:
    held = Held(values=mapped(path), error=Side("output", path).error)
    blocks = held.blocks(1000)
    assert next(blocks)[999] == 999
    os.truncate(path, 5000 + 8000)
    with pytest.raises(CompareError, match=SHORTER):
        next(blocks)

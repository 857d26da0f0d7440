"""What holds for every array; agreement with NumPy; memory."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import compare_output
from noxlock.model import Tolerance, Verdict
from support.arrays import (
    EXACT,
    INF,
    NAN,
    ONE,
    compare_arrays,
    difference,
    header,
    packed,
    plain,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays")


ALL_DTYPES = [
    "?", "i1", "u1", "<i2", ">i2", "i4", "u4", "i8", ">i8", "u8", "f2", "f4", "<f8",
    ">f8", "g", "c8", "c16", "G",
]  # fmt: skip


BLOCK = 1 << 16


@given(
    st.sampled_from([1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 17]),
    st.data(),
)
@settings(max_examples=25, deadline=None)
def test_one_changed_element_is_found_wherever_it_is(
    folder: Path, count: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, count - 1))
    baseline = np.linspace(1, 2, count)
    actual = baseline * (1 + 1e-12)
    actual[index] += 1e-3

    report = compare_arrays(folder, actual, baseline, Tolerance(rtol=1e-9))

    found = difference(report)
    assert (found.worst.where, found.violations) == (f"[{index}]", 1)
    assert found.compared == count
    assert found.absolute == abs(actual[index] - baseline[index])


@given(
    st.sampled_from(ALL_DTYPES),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1e-3, 0.1, 1.0]),
    st.sampled_from([0.0, 1e-2, 1.0, 5.0]),
)
@settings(max_examples=150, deadline=None)
def test_verdicts_agree_with_numpy(
    folder: Path, dtype: str, seed: int, rtol: float, atol: float
) -> None:
    random = np.random.default_rng(seed)
    baseline = np.round(random.normal(size=50) * 8, 3)
    actual = baseline + random.choice([0.0, 1e-3, 0.25, 1.0, NAN, INF], 50)
    if dtype == "?":  # no tolerance covers it
        rtol = atol = 0.0
    if np.dtype(dtype).kind in "iub":
        actual, baseline = np.nan_to_num(actual, posinf=3), abs(baseline)
        actual = abs(actual)
    new, old = actual.astype(dtype), baseline.astype(dtype)
    # In the precision of the comparison: at the border one rounding decides.
    wide = np.result_type(dtype, "f8")

    report = compare_arrays(folder, new, old, Tolerance(rtol=rtol, atol=atol))

    close = np.isclose(
        new.astype(wide), old.astype(wide), rtol=rtol, atol=atol, equal_nan=True
    )
    equal = (new == old) | (np.isnan(new) & np.isnan(old))
    assert (report.verdict is Verdict.IDENTICAL) == bool(equal.all())
    violations = 0 if report.difference is None else report.difference.violations
    assert violations == int((~close).sum())
    if violations:
        index = int(difference(report).worst.where.strip("[]"))
        assert not close[index]


@given(st.sampled_from(ALL_DTYPES), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_any_array_is_identical_to_itself(folder: Path, dtype: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.frombuffer(random.bytes(480 * np.dtype(dtype).itemsize), dtype)
    if dtype == "?":
        values = values.view("u1") > 100
    with np.errstate(all="ignore"):
        report = compare_arrays(folder, values, values)
        assert report.verdict is Verdict.IDENTICAL
        again = compare_arrays(
            folder, values.astype(values.dtype.newbyteorder()), values
        )
        assert again.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("compressed", [False, True])
def test_a_large_array_needs_little_memory(tmp_path: Path, *, compressed: bool) -> None:
    """200 MB each, sparse on disk: streamed, whatever the archive claims."""
    count = 25_000_000 if not compressed else 5_000_000
    suffix = "npz" if compressed else "npy"
    paths = [tmp_path / f"{name}.{suffix}" for name in ("baseline", "actual")]
    start = header(plain(f"({count},)"))
    for path in paths:
        if compressed:
            path.write_bytes(packed({"x.npy": start + bytes(count * 8)}))
        else:
            with path.open("wb") as stream:
                stream.write(start)
                stream.truncate(len(start) + count * 8)
    if not compressed:
        with paths[1].open("r+b") as stream:
            stream.seek(-8, 2)
            stream.write(ONE)
    tracemalloc.start()
    try:
        report = compare_output(paths[0], paths[1], EXACT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 20e6
    if not compressed:
        assert difference(report).worst.where == f"[{count - 1}]"
    else:
        assert report.verdict is Verdict.IDENTICAL

"""What is found of two arrays is what their elements tell, one at a time.

It does not matter how they lie, how they are cut, and how many threads share them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from noxlock.compare._job import Job
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.tolerance import Limits
from noxlock.model import Tolerance, Verdict
from support.pairs import Memory, expected, pair

PLAIN = [
    "?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", "c8",
    "c16", "G",
]  # fmt: skip
SMALL = [
    "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
    "float8_e3m4", "float8_e8m0fnu", "float4_e2m1fn", "int4", "uint4",
]  # fmt: skip
FAST = ["f2", "f4", "f8"]


@dataclass(frozen=True)
class Case:
    """A pair of arrays, and a way to compare them."""

    shape: tuple[int, ...]
    seed: int
    share: float
    tolerance: Tolerance
    orders: str
    random: bool
    threads: int
    block: int


cases = st.builds(
    Case,
    shape=st.sampled_from(
        [
            (),
            (0,),
            (1,),
            (7,),
            (300,),
            (1, 1),
            (3, 0),
            (16, 17),
            (5, 4, 9),
            (2, 3, 4, 5),
        ]
    ),
    seed=st.integers(0, 2**32),
    share=st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]),
    tolerance=st.builds(
        Tolerance,
        rtol=st.sampled_from([0.0, 1e-300, 1e-7, 1e-3, 0.1, 1.0, 1e300]),
        atol=st.sampled_from([0.0, 5e-324, 1e-46, 1e-7, 0.01, 1.0, 1e39, 1e300]),
        equal_nan=st.booleans(),
        equal_inf=st.booleans(),
    ),
    orders=st.sampled_from(["CC", "CF", "FC", "FF"]),
    random=st.booleans(),
    threads=st.integers(1, 3),
    block=st.sampled_from([1, 2, 5, 16, 64, 1 << 9, 1 << 16]),
)


def check(dtype: np.dtype[Any], case: Case) -> None:
    values = pair(dtype, math.prod(case.shape), case.seed, case.share)
    actual, baseline = (side.reshape(case.shape) for side in values)
    limits = Limits(case.tolerance)
    job = Job.of(limits, threads=case.threads, block=case.block)
    new, old = (
        Memory(side, order == "F" and len(case.shape) > 1, case.random)
        for side, order in zip((actual, baseline), case.orders, strict=True)
    )

    compare_sources(new, old, job)

    told = expected(actual, baseline, limits.at("", dtype.name))
    difference = job.tally.difference
    assert (difference and asdict(difference)) == (told and asdict(told))
    assert job.tally.compared == baseline.size
    verdict = Verdict.IDENTICAL
    if told:
        verdict = Verdict.DRIFTED if told.violations else Verdict.WITHIN_TOLERANCE
    assert job.tally.verdict is verdict


@given(st.sampled_from(PLAIN), cases)
@settings(max_examples=200, deadline=None)
def test_every_figure_and_place_is_that_of_the_elements(dtype: str, case: Case) -> None:
    check(np.dtype(dtype), case)


@given(st.sampled_from(SMALL), cases)
@settings(max_examples=100, deadline=None)
def test_small_numbers_of_another_package_are_counted_in_their_own_steps(
    dtype: str, case: Case
) -> None:
    types = pytest.importorskip("ml_dtypes")
    check(np.dtype(getattr(types, dtype)), case)


@pytest.mark.slow
@given(st.sampled_from(FAST), cases)
@settings(max_examples=40, deadline=None)
def test_long_arrays_are_compared_as_exactly_as_short_ones(
    dtype: str, case: Case
) -> None:
    check(np.dtype(dtype), replace(case, shape=(1500,)))

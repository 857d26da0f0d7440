"""What git knows of the outputs that are kept outside it."""

from __future__ import annotations

import math

import pytest

from noxlock.model import ArraySummary
from noxlock.workflows.baselines.sizes import format_size
from noxlock.workflows.baselines.stored import Stored, encode_stored, parse_stored


def test_what_is_not_known_is_left_out() -> None:
    bare = ArraySummary(dtype="float64", shape=(0, 3), count=0)
    stored = Stored(sha256="0" * 64, size=9, key="x", arrays=(bare,))
    data = encode_stored("", {"a.npy": stored})
    assert b"null" not in data
    assert b'"store"' not in data
    assert parse_stored(data, "stored.json") == {"a.npy": stored}


@pytest.mark.parametrize("top", [2**64 - 1, 1e300, math.inf])
def test_the_largest_figures_are_read_as_they_were_written(top: float) -> None:
    array = ArraySummary(dtype="x", shape=(), count=1, min=0, max=top, mean=1, std=1)
    stored = Stored(sha256="0" * 64, size=9, key="x", arrays=(array,))
    data = encode_stored("s3://bucket", {"a": stored})
    assert parse_stored(data, "stored.json") == {"a": stored}


def test_a_stored_output_is_told_on_one_line() -> None:
    array = ArraySummary(
        dtype="float32",
        shape=(4096, 2),
        count=8192,
        min=-3.5,
        max=3.25,
        mean=0.015625,
        std=1.0,
    )
    stored = Stored(sha256="0" * 64, size=12 << 20, key="x", arrays=(array,))
    assert stored.line == (
        "12.0 MiB, float32 (4096, 2), min -3.5, max 3.25, mean 0.015625, std 1"
    )
    bare = ArraySummary(key="w", dtype="F32", shape=(), count=1)
    assert Stored(sha256="", size=9, key="x", arrays=(bare,)).line == "9 B, w F32 ()"
    assert Stored(sha256="", size=2048, key="x").line == "2.0 KiB"
    assert format_size(3 << 50) == "3072.0 TiB"


def test_of_several_arrays_the_first_that_has_figures_is_told() -> None:
    name = ArraySummary(key="name", dtype="text", shape=(9,), count=9, null=1)
    loss = ArraySummary(
        key="loss",
        dtype="float64",
        shape=(9,),
        count=9,
        null=2,
        min=0.5,
        max=1.5,
        mean=1.0,
        std=0.25,
    )
    stored = Stored(sha256="", size=9, key="x", arrays=(name, loss, loss))
    assert stored.line == (
        "9 B, loss float64 (9), min 0.5, max 1.5, mean 1, std 0.25, 2 null, and 2 more"
    )
    label = ArraySummary(
        key="label", dtype="text", shape=(9,), count=9, null=0, distinct=3
    )
    stored = Stored(sha256="", size=9, key="x", arrays=(label,))
    assert stored.line == "9 B, label text (9), 3 different"

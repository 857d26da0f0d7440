"""Figures of JSON Lines, by the path inside a record."""

from __future__ import annotations

import bz2
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.compare.summaries import summarise

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *records: object) -> Path:
    path.write_text("\n".join(map(json.dumps, records)) + "\n")
    return path


def test_figures_are_those_of_numpy(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).normal(size=(30_000, 3))
    records = [{"step": n, "loss": row.tolist()} for n, row in enumerate(losses)]

    step, loss = summarise(write(tmp_path / "a.jsonl", *records))

    assert (step.key, step.dtype, step.shape) == ("step", "int64", (30_000,))
    assert (step.min, step.max, step.mean) == (0, 29_999, 14_999.5)
    assert (loss.key, loss.dtype, loss.count) == ("loss[*]", "float64", 90_000)
    assert (loss.min, loss.max) == (losses.min(), losses.max())
    assert loss.mean == pytest.approx(losses.mean(), rel=1e-9)
    assert loss.std == pytest.approx(losses.std(), rel=1e-9)


def test_each_kind_of_value_is_counted(tmp_path: Path) -> None:
    values = [{"a": 1, "b": {"c d": True}}, {"a": None}, {"a": "x"}, {"a": 2.5}]
    a, flag = summarise(
        write(tmp_path / "a.jsonl", *values, {"a": float("nan")}, {"a": "x"})
    )
    assert (a.key, a.dtype, a.count, a.null, a.nan) == ("a", "mixed", 6, 1, 1)
    assert (a.min, a.max, a.distinct) == (1, 2.5, 1)
    assert (flag.key, flag.dtype, flag.mean) == ('b["c d"]', "bool", 1)


def test_records_that_are_values_have_no_path(tmp_path: Path) -> None:
    (found,) = summarise(write(tmp_path / "a.jsonl", 1, 2**80))
    assert (found.key, found.dtype, found.max) == ("", "int64", 2**80)


def test_of_very_many_paths_the_first_thousand_have_figures(tmp_path: Path) -> None:
    record = {f"{number:04}": 1 for number in range(1001)}
    found = summarise(write(tmp_path / "a.jsonl", record, record))
    assert [each.key for each in found] == list(record)[:-1]


def test_compressed_records_have_the_figures_of_what_is_inside(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.bz2").write_bytes(bz2.compress(b'{"x": 1}\n{"x": 3}\n'))
    (found,) = summarise(tmp_path / "a.jsonl.bz2")
    assert (found.key, found.mean) == ("x", 2)


@pytest.mark.parametrize("text", ['{"x": 1', '{"x": 1, "x": 2}', "[" * 100_000])
def test_what_is_no_json_has_no_figures(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    assert summarise(tmp_path / "a.jsonl") == ()

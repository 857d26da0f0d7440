"""Figures of the columns of Parquet and Feather."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare.summaries import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import ArraySummary

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")
feather: Any = pytest.importorskip("pyarrow.feather")

ROWS = 70_003
"""More than a batch."""


def summarised(path: Path, table: dict[str, Any]) -> dict[str, ArraySummary]:
    if path.suffix == ".parquet":
        pq.write_table(pa.table(table), path, row_group_size=50_000)
    else:
        feather.write_feather(pa.table(table), path)
    found = summarise(path)
    return {each.key: each for each in found}


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_figures_are_those_of_numpy(tmp_path: Path, suffix: str) -> None:
    values = np.random.default_rng(0).normal(5, 2, ROWS)
    values[3], values[4] = np.nan, np.inf
    mask = np.zeros(ROWS, bool)
    mask[7] = True
    table = {
        "x": pa.array(values, mask=mask),
        "n": np.arange(ROWS, dtype="u1"),
        "half": values.astype("f2"),
        "flag": np.arange(ROWS) < 7,
    }

    found = summarised(tmp_path / f"a{suffix}", table)

    assert list(found) == list(table)
    x, kept = found["x"], values[~mask & np.isfinite(values)]
    assert (x.dtype, x.shape, x.count) == ("double", (ROWS,), ROWS)
    assert (x.null, x.nan, x.infinite) == (1, 1, 1)
    assert (x.min, x.max) == (kept.min(), kept.max())
    assert x.mean == pytest.approx(kept.mean(), rel=1e-12)
    assert x.std == pytest.approx(kept.std(), rel=1e-9)
    assert (found["n"].min, found["n"].max, found["n"].null) == (0, 255, 0)
    assert found["half"].dtype == "halffloat"
    assert (found["flag"].dtype, found["flag"].max) == ("bool", 1)
    assert found["flag"].mean == pytest.approx(7 / ROWS)


def test_text_has_a_number_of_different_values_where_these_are_few(
    tmp_path: Path,
) -> None:
    table = {
        "few": pa.array(["a", "b", None] * 200),
        "many": [f"n{n}" for n in range(600)],
        "coded": pa.array(["a", "b", "c"] * 200).dictionary_encode(),
        "view": pa.array(["a", "b", None] * 200, pa.string_view()),
    }
    found = summarised(tmp_path / "a.feather", table)
    assert {key: each.distinct for key, each in found.items()} == {
        "few": 2,
        "many": None,
        "coded": 3,
        "view": 2,
    }
    assert (found["few"].null, found["few"].mean) == (200, None)


def test_lists_and_structs_have_the_figures_of_what_is_in_them(tmp_path: Path) -> None:
    table = {
        "list": [[1.0, 3.0], [], None, [5.0]],
        "deep": [[[1], [2]], [[3]], [], None],
        "fit": [{"coef": 1.5, "name": "a"}, None, {"coef": None, "name": "b"}, None],
        "folds": [[{"loss": 1}], [{"loss": 2}, {"loss": 6}], [], None],
    }

    found = summarised(tmp_path / "a.parquet", table)

    assert (found["list"].count, found["list"].null, found["list"].mean) == (4, 1, 3)
    assert (found["deep"].count, found["deep"].null, found["deep"].max) == (4, 1, 3)
    assert (found["fit"].dtype, found["fit"].null) == ("struct", 2)
    coef = found["fit.coef"]
    assert (coef.count, coef.null, coef.mean) == (4, 3, 1.5)
    assert found["fit.name"].distinct == 2
    assert (found["folds"].dtype, found["folds"].count) == ("list", 4)
    assert (found["folds.loss"].count, found["folds.loss"].mean) == (3, 3)


def test_what_has_no_figures_is_counted(tmp_path: Path) -> None:
    table = {
        "time": pa.array([1, None], pa.timestamp("ns")),
        "price": [Decimal("1.25"), Decimal("2.75")],
        "raw": [b"a", None],
        "nothing": pa.nulls(2),
        "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int8())),
    }
    found = summarised(tmp_path / "a.parquet", table)
    assert {key: (each.count, each.null) for key, each in found.items()} == {
        "time": (2, 1),
        "price": (2, 0),
        "raw": (2, 1),
        "nothing": (2, 2),
        "map": (2, 1),
    }
    assert found["price"].mean == 2
    assert found["time"].mean is None


def test_of_very_many_columns_the_first_thousand_have_figures(tmp_path: Path) -> None:
    table = {f"{number:04}": np.zeros(1) for number in range(1001)}
    assert list(summarised(tmp_path / "a.parquet", table)) == list(table)[:-1]


def test_what_is_damaged_has_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    summarised(path, {"x": np.arange(9000.0)})
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert summarise(path) == ()
    path.write_bytes(whole[:100] + bytes(2000) + whole[2100:])
    assert summarise(path) == ()
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, ["a", "a"]), path)
    assert summarise(path) == ()

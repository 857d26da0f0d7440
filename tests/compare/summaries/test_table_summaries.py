"""Figures of the columns of CSV and TSV: those of NumPy, and counts of the rest."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.compare.summaries import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import ArraySummary

ROWS = 10_007
"""Several blocks of the reader, the last one not full."""


def one(path: Path, *cells: str) -> ArraySummary:
    """Return the figures of a column of these cells."""
    path.write_text("\n".join(["x,y", *(f'"{cell}",1' for cell in cells), ""]))
    found, _ = summarise(path)
    return found


def test_figures_are_those_of_numpy(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    floats, whole = rng.normal(5, 2, ROWS), rng.integers(-9, 9, ROWS)
    lines = [f"{x!r},{n},n{n}" for x, n in zip(floats.tolist(), whole, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["z,count,name", *lines, ""]))

    z, count, name = summarise(tmp_path / "a.csv")

    assert (z.key, z.dtype, z.shape, z.count, z.null) == (
        "z",
        "float64",
        (ROWS,),
        ROWS,
        0,
    )
    assert (z.min, z.max) == (floats.min(), floats.max())
    assert z.mean == pytest.approx(floats.mean(), rel=1e-12)
    assert z.std == pytest.approx(floats.std(), rel=1e-9)
    assert (count.dtype, count.min, count.max) == ("int64", -9, 8)
    assert count.mean == pytest.approx(whole.mean(), rel=1e-12)
    assert (name.dtype, name.mean, name.distinct) == ("text", None, 18)


def test_what_is_empty_is_null_and_what_is_not_finite_is_counted(
    tmp_path: Path,
) -> None:
    found = one(tmp_path / "a.csv", "1.5", "", "nan", "-inf", "2.5", "")
    assert (found.dtype, found.count, found.null) == ("float64", 6, 2)
    assert (found.nan, found.infinite, found.distinct) == (1, 1, None)
    assert (found.min, found.max, found.mean, found.std) == (1.5, 2.5, 2, 0.5)


def test_numbers_among_text_have_figures_too(tmp_path: Path) -> None:
    found = one(tmp_path / "a.csv", "low", "1.5", "007", "1_000", "3", "low")
    assert (found.dtype, found.distinct, found.nan) == ("mixed", 3, 0)
    assert (found.min, found.max, found.mean) == (1.5, 3, 2.25)


@pytest.mark.parametrize(
    ("cells", "dtype", "largest"),
    [
        (["1", "2.5"], "float64", 2.5),
        ([str(2**70), "1"], "int64", 2**70),
        (["1e999", "1"], "mixed", 1),
        (["a\nb", "1"], "mixed", 1),
        (["", ""], "", None),
    ],
)
def test_the_kind_is_that_of_a_comparison(
    tmp_path: Path, cells: list[str], dtype: str, largest: float | None
) -> None:
    found = one(tmp_path / "a.csv", *cells)
    assert (found.dtype, found.max) == (dtype, largest)


def test_more_different_texts_than_a_few_are_not_counted(tmp_path: Path) -> None:
    few = one(tmp_path / "a.csv", *(f"n{n % 256}" for n in range(600)))
    many = one(tmp_path / "a.csv", *(f"n{n % 257}" for n in range(600)))
    assert (few.distinct, many.distinct) == (256, None)


def test_a_compressed_table_has_the_figures_of_what_is_inside(tmp_path: Path) -> None:
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(b"a\tb\n1\tx\n3\ty\n"))
    a, b = summarise(tmp_path / "a.tsv.gz")
    assert (a.key, a.dtype, a.mean, b.dtype, b.distinct) == ("a", "int64", 2, "text", 2)


def test_columns_without_names_are_numbered_and_only_a_thousand_have_figures(
    tmp_path: Path,
) -> None:
    row = ",".join(["1.5"] * 1002)
    (tmp_path / "a.csv").write_text(f"{row}\n{row}\n")
    found = summarise(tmp_path / "a.csv")
    assert [each.key for each in found] == [str(n) for n in range(1, 1001)]
    assert {(each.count, each.mean) for each in found} == {(2, 1.5)}


@pytest.mark.parametrize(
    "text", ["", "a,b\n1\n", "a,a\n1,2\n", 'a,b\n"1,2\n', "a\nb\xff"]
)
def test_what_is_no_table_has_no_figures(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    assert summarise(tmp_path / "a.csv") == ()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    row = ",".join(f"{n}.25" for n in range(500))
    with (tmp_path / "a.csv").open("w") as file:
        file.write(",".join(f"c{n}" for n in range(500)) + "\n")
        file.writelines(f"{row}\n" for _ in range(6000))
    summarise(tmp_path / "a.csv")  # imports stay out of the figure
    tracemalloc.start()
    try:
        assert len(summarise(tmp_path / "a.csv")) == 500
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20

"""Figures of whole outputs: folders, and what a folder of one array is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from noxlock.compare.summaries import summarise_files
from support.formats import write_zarr

if TYPE_CHECKING:
    from pathlib import Path

VALUES: dict[str, Any] = {"a": np.arange(9.0), "b": np.ones((2, 3), "i4")}


def test_each_file_of_a_folder_has_its_figures(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    np.save(tmp_path / "deep" / "a.npy", VALUES["a"])
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    (tmp_path / "log.txt").write_text("1 2 3")

    found = summarise_files(tmp_path)

    assert {name: len(arrays) for name, arrays in found.items()} == {
        "deep/a.npy": 1,
        "t.csv": 2,
    }
    assert found["deep/a.npy"][0].mean == 4
    assert summarise_files(tmp_path / "deep" / "a.npy") == {"": found["deep/a.npy"]}
    assert summarise_files(tmp_path / "log.txt") == {}


@pytest.mark.parametrize(("version", "mark"), [(2, ".zarray"), (3, "zarr.json")])
def test_an_array_of_a_zarr_folder_is_with_what_describes_it(
    tmp_path: Path, version: int, mark: str
) -> None:
    write_zarr(tmp_path / "out" / "a.zarr", VALUES, version)
    inside = summarise_files(tmp_path / "out")
    assert {name: found[0].mean for name, found in inside.items()} == {
        f"a.zarr/a/{mark}": 4,
        f"a.zarr/b/{mark}": 1,
    }
    assert sorted(summarise_files(tmp_path / "out" / "a.zarr")) == [
        f"a/{mark}",
        f"b/{mark}",
    ]


def test_a_folder_that_cannot_be_read_has_no_figures(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert summarise_files(tmp_path / "out") == {}
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    assert summarise_files(tmp_path / "out") == {}

"""What the store writes down of an unpacked conda package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import StoreError
from noxlock.store._conda_entry import seal

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "lib/python3.11/site-packages/{}.py"


def unpacked(folder: Path, **info: str) -> Path:
    """Write a package of two modules, and documents of its `info`."""
    for name in ("plain", "moved"):
        file = folder / MODULE.format(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("VALUE = 1\n")
    (folder / "info").mkdir()
    for name, text in info.items():
        (folder / "info" / name.replace("__", ".")).write_text(text)
    return folder


def test_a_module_with_a_prefix_in_it_has_no_bytecode_in_the_store(
    tmp_path: Path,
) -> None:
    moved = MODULE.format("moved")
    row = {"_path": moved, "prefix_placeholder": "/x"}
    new = unpacked(tmp_path / "new", paths__json=json.dumps({"paths": [row]}))
    old = unpacked(tmp_path / "old", has_prefix=f"/x text {moved}\n\n")
    for folder in (new, old):
        assert seal(folder, "demo.conda", "1" * 64).sources == (MODULE.format("plain"),)


def test_a_package_without_documents_is_taken_as_it_is(tmp_path: Path) -> None:
    entry = seal(unpacked(tmp_path / "bare"), "demo.conda", "1" * 64)
    assert not entry.noarch
    assert set(entry.sources) == {MODULE.format("plain"), MODULE.format("moved")}


def test_a_document_that_is_no_json_is_no_conda_package(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "bad", index__json="{")
    with pytest.raises(StoreError, match="not a conda package") as caught:
        seal(folder, "demo.conda", "1" * 64)
    assert caught.value.key == "info/index.json"

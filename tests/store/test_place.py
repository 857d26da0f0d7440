"""Placing one stored file, where another lies already or nothing can be placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.store._linking import place
from noxlock.store._place import LinkMode

if TYPE_CHECKING:
    from pathlib import Path

FILE = ("", "", 0, 0, False, False)
MODES = (LinkMode.HARDLINK, LinkMode.COPY)


@pytest.mark.parametrize("mode", MODES)
def test_a_module_that_is_replaced_takes_its_bytecode_with_it(
    mode: LinkMode, tmp_path: Path
) -> None:
    source, target = tmp_path / "new", tmp_path / "part.py"
    source.write_text("NEW = 1\n")
    target.write_text("OLD = 1\n")
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    own, other = cache / "part.cpython-311.pyc", cache / "parts.cpython-311.pyc"
    own.touch()
    other.touch()

    place(mode, str(source), str(target), FILE)

    assert target.read_text() == "NEW = 1\n"
    assert [each.name for each in cache.iterdir()] == [other.name]


@pytest.mark.parametrize("mode", MODES)
def test_what_is_no_module_is_replaced_alone(mode: LinkMode, tmp_path: Path) -> None:
    source, target = tmp_path / "new", tmp_path / "data.txt"
    source.write_text("new")
    target.write_text("old")

    place(mode, str(source), str(target), FILE)

    assert target.read_text() == "new"
    assert source.read_text() == "new"


@pytest.mark.parametrize("mode", MODES)
def test_a_source_that_is_gone_is_no_reason_to_copy(
    mode: LinkMode, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    with pytest.raises(FileNotFoundError):
        place(mode, str(tmp_path / "gone"), str(target), FILE)
    assert not target.exists()

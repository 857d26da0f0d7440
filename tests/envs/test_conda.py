"""Linking conda packages, and what they brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.envs.conda import (
    CondaLayer,
    brought,
    conda_interpreter,
    extract,
    is_conda,
    link_packages,
)
from noxlock.errors import EnvError, StoreError
from noxlock.model import Subdir
from support.conda_locks import conda_package

if TYPE_CHECKING:
    from pathlib import Path


def test_rattler_is_kept_from_the_network(tmp_path: Path) -> None:
    package = conda_package("demo")
    layer = CondaLayer(
        prefix=tmp_path / "env",
        subdir=Subdir.LINUX_64,
        folders={"demo": tmp_path / "absent"},
        packages=(package,),
    )
    with pytest.raises(EnvError, match="which is stored already") as caught:
        link_packages(layer, tmp_path)
    assert caught.value.hint


def test_a_scratch_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    layer = CondaLayer(
        prefix=tmp_path / "env", subdir=Subdir.LINUX_64, folders={}, packages=()
    )
    with pytest.raises(EnvError, match="cannot make"):
        link_packages(layer, tmp_path / "absent")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conda").write_bytes(b"nothing")
    with pytest.raises(StoreError, match="not a conda package"):
        extract(tmp_path / "a.conda", tmp_path / "out")


def test_metadata_says_what_was_brought(tmp_path: Path) -> None:
    for folder, name in (("a-1.dist-info", "METADATA"), ("b-2.egg-info", "PKG-INFO")):
        (tmp_path / folder).mkdir()
        text = f"Name: Real_{folder[0]}\nVersion: 1\n"
        (tmp_path / folder / name).write_text(text)
    (tmp_path / "c-3.egg-info").write_text("Name: c\n")
    (tmp_path / "d-4.dist-info").mkdir()
    (tmp_path / "e-5.dist-info").mkdir()
    (tmp_path / "e-5.dist-info" / "METADATA").write_text("Summary: nameless\n")
    assert brought(tmp_path) == {"real-a": "1", "real-b": "1", "c": ""}


def test_a_prefix_without_python_has_no_interpreter(tmp_path: Path) -> None:
    assert conda_interpreter(tmp_path, {}) is None
    assert not is_conda(tmp_path)

"""The real parts are wired from the user's environment, when asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from noxlock.index.client import public_default
from noxlock.workflows.later import LaterIndex
from noxlock.workflows.parts import Parts, default_parts

if TYPE_CHECKING:
    from pathlib import Path


def parts(folder: Path, **variables: str) -> Parts:
    environ = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", **variables}
    return Parts(folder, offline=True, environ=environ, home=folder)


def test_the_parts_are_those_of_this_process(tmp_path: Path) -> None:
    made = default_parts(tmp_path, offline=False)
    assert made.environ is os.environ
    assert (made.root, made.offline) == (tmp_path, False)


def test_the_builder_is_made_of_the_other_parts(tmp_path: Path) -> None:
    made = parts(tmp_path, NOXLOCK_CACHE_DIR=str(tmp_path / "cache"))
    assert made.builder.store is made.store
    assert isinstance(made.builder.index, LaterIndex)
    assert "index" not in vars(made)
    assert made.builder.progress is made.progress
    assert made.builder.offline
    assert made.store.root == made.cache == tmp_path / "cache"
    assert list(tmp_path.iterdir()) == []


def test_the_index_in_force_is_the_users_else_the_public_one(tmp_path: Path) -> None:
    mine = "http://127.0.0.1:9/simple/"
    assert parts(tmp_path, PIP_INDEX_URL=mine).simple_page == mine
    assert parts(tmp_path).simple_page == public_default()


@pytest.mark.parametrize(
    ("hosts", "trusted"),
    [
        ("", False),
        ("127.0.0.2", False),
        ("127.0.0.1:8", False),
        ("127.0.0.1", True),
        ("127.0.0.2 127.0.0.1:9", True),
    ],
)
def test_a_trusted_host_is_named_with_or_without_its_port(
    tmp_path: Path, hosts: str, *, trusted: bool
) -> None:
    page = "https://127.0.0.1:9/simple/"
    made = parts(tmp_path, PIP_INDEX_URL=page, PIP_TRUSTED_HOST=hosts)
    assert made.simple_page_is_trusted is trusted

"""The copy of a project that asks for what is to be held back."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from noxlock.solvers._poetry_workspace import held

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
[project]
name = "demo"
version = "0"

[tool.poetry.dependencies]
Torch = {version = ">=2", source = "wheels"}
ham = {path = "libs/ham"}
egg = {path = "nowhere"}
spam = ">=1"

[tool.poetry.group.dev.dependencies]
pytz = {version = "*", source = "other"}

[tool.poetry.group.test.dependencies]
toml = {path = './libs/ham'}
"""


@pytest.fixture(name="origin")
def _origin(tmp_path: Path) -> Path:
    origin = tmp_path / "origin"
    (origin / "libs/ham").mkdir(parents=True)
    (origin / "pyproject.toml").write_text(PROJECT)
    (origin / "poetry.lock").write_text("# lock\n")
    return origin


def test_it_asks_in_a_group_from_the_source_that_the_project_names(
    origin: Path, tmp_path: Path
) -> None:
    holds = ["torch<2.6", "spam==1.0", "pytz>=2022.1"]
    work = tmp_path / "work"
    work.mkdir()

    with held(origin, work, holds) as project:
        document = tomllib.loads((project / "pyproject.toml").read_text())
        lock = (project / "poetry.lock").read_text()

    groups = document["tool"]["poetry"]["group"]
    assert groups["noxlock-held"]["dependencies"] == {
        "torch": {"version": "<2.6", "source": "wheels"},
        "spam": {"version": "==1.0"},
        "pytz": {"version": ">=2022.1", "source": "other"},
    }
    assert lock == "# lock\n"
    assert not project.exists()
    assert (origin / "pyproject.toml").read_text() == PROJECT


def test_paths_mean_what_they_meant(origin: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()

    with held(origin, work, ["spam==1"]) as project:
        document = tomllib.loads((project / "pyproject.toml").read_text())

    poetry = document["tool"]["poetry"]
    assert poetry["dependencies"]["ham"] == {"path": str(origin / "libs/ham")}
    assert poetry["dependencies"]["egg"] == {"path": "nowhere"}
    tested = poetry["group"]["test"]["dependencies"]["toml"]
    assert tested == {"path": str(origin / "libs/ham")}

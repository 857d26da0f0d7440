"""A workshop for each test, or a project with a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.model import Verdict
from support.checks import Project, make_prefix, make_project
from support.conda_channel import conda_channels
from support.conda_workshop import open_conda_workshop
from support.workshop import Workshop, open_workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.conda_workshop import CondaWorkshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """Return an empty project with an index, a store and a builder."""
    with open_workshop(tmp_path) as workshop:
        yield workshop


@pytest.fixture
def conda_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CondaWorkshop]:
    """Return a workshop with a conda channel; the user has configured nothing."""
    with open_conda_workshop(tmp_path, conda_channels()) as workshop:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
        yield workshop


@pytest.fixture(scope="session")
def check_prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that runs the commands of checks."""
    return make_prefix(tmp_path_factory.mktemp("env"))


@pytest.fixture
def project(tmp_path: Path, check_prefix: Path) -> Project:
    """Return a project with one check and no baseline."""
    return make_project(tmp_path, check_prefix)


@pytest.fixture
def accepted(project: Project) -> Project:
    """Return the project with its baseline recorded."""
    assert project.run(accept=True).verdict is Verdict.IDENTICAL
    return project

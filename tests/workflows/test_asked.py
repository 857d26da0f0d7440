"""What environment.yml asks for: direct packages of conda environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.workflows.asked import asked_of_conda
from noxlock.workflows.project import Project

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS = """
locks:
  conda-lock.yml: {from: environment.yml, targets: [linux-64-cuda, osx-arm64]}
environments:
  both: {conda: conda-lock.yml, pypi: poetry.lock}
  other: {conda: by-hand.yml}
  plain: {pypi: poetry.lock}
"""
ENVIRONMENT = """
channels: [conda-forge]
dependencies:
  - python =3.11
  - NumPy >=2
  - accel  # [linux]
  - metal  # [osx]
  - pip
  - pip: ["some-wheel==1.0"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with one declared conda lock."""
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions" / "all.yml").write_text(SESSIONS)
    (tmp_path / "environment.yml").write_text(ENVIRONMENT)
    return Project.open(tmp_path)


def asked(project: Project, name: str, target: str = "linux-64-cuda") -> set[str]:
    return set(asked_of_conda(project, project.environment(name), target))


def test_the_names_of_the_target_are_direct(project: Project) -> None:
    both = {"python", "numpy", "pip", "some-wheel"}

    assert asked(project, "both") == {*both, "accel"}
    assert asked(project, "both", "osx-arm64") == {*both, "metal"}


def test_what_no_definition_explains_asks_for_nothing(project: Project) -> None:
    assert asked(project, "other") == set()
    assert asked(project, "plain") == set()


def test_what_cannot_be_read_asks_for_nothing(project: Project) -> None:
    assert asked(project, "both", "no-target") == set()
    (project.root / "environment.yml").write_text("dependencies: 1")
    assert asked(project, "both") == set()
    (project.root / "environment.yml").unlink()
    assert asked(project, "both") == set()

"""Build backends are run as PEP 517 and 660 say, and fail with their own words."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from noxlock.envs.building import LEGACY, Backend, build_variables
from noxlock.envs.leftovers import without_leftovers
from noxlock.envs.profiles import EPOCH
from noxlock.errors import BuildError
from support.wheels import sdist_tree
from support.workshop import write_tree

PYTHON = Path(sys.executable)
VARIABLES = {"PATH": os.environ["PATH"]}


def test_a_wheel_and_an_editable_wheel_are_built(tmp_path: Path) -> None:
    backend = Backend.of(write_tree(tmp_path / "p", sdist_tree("a", "1")))
    assert backend.more_requirements("wheel", PYTHON, VARIABLES) == ()
    wheel = backend.build("wheel", PYTHON, VARIABLES, tmp_path / "wheel")
    assert "a/__init__.py" in zipfile.ZipFile(wheel).namelist()
    editable = backend.build("editable", PYTHON, VARIABLES, tmp_path / "editable")
    assert "__editable__.a-1.pth" in zipfile.ZipFile(editable).namelist()


def test_warnings_of_a_backend_are_not_ours(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "p", sdist_tree("a", "1"))
    with (folder / "_backend/tiny_backend.py").open("a") as file:
        file.write("\nimport warnings\nplain = build_wheel\n")
        file.write("def build_wheel(*a, **m):\n    warnings.warn('careful')\n")
        file.write("    return plain(*a, **m)\n")
        file.write("def get_requires_for_build_wheel(*a, **m):\n")
        file.write("    warnings.warn('careful')\n    return []\n")
    backend = Backend.of(folder)
    assert backend.more_requirements("wheel", PYTHON, VARIABLES) == ()
    assert backend.build("wheel", PYTHON, VARIABLES, tmp_path / "wheel").exists()


def test_a_backend_that_fails_is_quoted(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "p", sdist_tree("a", "1", fail="no compiler"))
    with pytest.raises(BuildError, match="RuntimeError: no compiler"):
        Backend.of(folder).build("wheel", PYTHON, VARIABLES, tmp_path / "wheel")


def test_a_backend_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = '[build-system]\nrequires = []\nbuild-backend = "nowhere"\n'
    backend = Backend.of(write_tree(tmp_path / "p", {"pyproject.toml": text}))
    with pytest.raises(BuildError, match="'nowhere' is not available"):
        backend.more_requirements("wheel", PYTHON, VARIABLES)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"readme.txt": ""}, "does not appear to be a Python project"),
        ({"pyproject.toml": "["}, "pyproject.toml"),
        ({"pyproject.toml": "[build-system]\nrequires = 3\n"}, "requires"),
    ],
)
def test_what_is_no_project_is_refused(
    tmp_path: Path, tree: dict[str, str], message: str
) -> None:
    with pytest.raises(BuildError, match=message):
        Backend.of(write_tree(tmp_path / "p", tree))


def test_a_project_without_a_backend_means_setuptools(tmp_path: Path) -> None:
    backend = Backend.of(write_tree(tmp_path / "p", {"setup.py": ""}))
    assert backend.name == LEGACY
    assert any(item.startswith("setuptools") for item in backend.requires)
    assert backend.has_dynamic_version


@pytest.mark.parametrize(
    ("more", "plain"),
    [
        ("", True),
        ('[tool.poetry.build]\nscript = "build.py"\n', False),
    ],
)
def test_plain_poetry_needs_no_interpreter_of_its_own(
    tmp_path: Path, more: str, *, plain: bool
) -> None:
    text = '[build-system]\nrequires = ["poetry-core"]\n'
    text += f'build-backend = "poetry.core.masonry.api"\n{more}'
    folder = write_tree(tmp_path / "p", {"pyproject.toml": text})
    assert Backend.of(folder).is_plain_poetry is plain


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ('[project]\nname = "a"\nversion = "1"\n', False),
        ('[tool.poetry]\nname = "a"\nversion = "1"\n', False),
        ('[project]\nname = "a"\ndynamic = ["version"]\n', True),
        ('[project]\nversion = "1"\n[build-system]\nrequires = ["hatch-vcs"]\n', True),
    ],
)
def test_only_some_projects_take_their_version_from_git(
    tmp_path: Path, text: str, *, wants: bool
) -> None:
    folder = write_tree(tmp_path / "p", {"pyproject.toml": text})
    assert Backend.of(folder).wants_history is wants


def test_what_setuptools_leaves_is_removed_and_what_was_there_stays(
    tmp_path: Path,
) -> None:
    write_tree(tmp_path, {"old.egg-info/PKG-INFO": ""})
    with without_leftovers(tmp_path):
        write_tree(tmp_path, {"build/lib/a.py": "", "src/a.egg-info/PKG-INFO": ""})
    assert not (tmp_path / "build").exists()
    assert not (tmp_path / "src/a.egg-info").exists()
    assert (tmp_path / "old.egg-info").exists()
    with without_leftovers(tmp_path):
        write_tree(tmp_path, {"build/__editable__.a-1/a.py": ""})
    assert (tmp_path / "build").exists()


def test_builds_have_a_fixed_date_unless_the_user_has_one() -> None:
    assert build_variables({})["SOURCE_DATE_EPOCH"] == EPOCH
    assert build_variables({"SOURCE_DATE_EPOCH": "7"})["SOURCE_DATE_EPOCH"] == "7"

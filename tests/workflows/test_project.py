"""A project's files on disk: definitions, locks, whether they are fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError, LockError, StaleLockError
from noxlock.model import Definitions, Environment, LockDefinition, ProjectInstall
from noxlock.workflows.definition_files import (
    read_definition_files,
    read_definitions,
)
from noxlock.workflows.project import Project
from support.nox_project import PYPROJECT, poetry_lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CPU = Environment(pypi="poetry.lock")


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write *files* and return *root*."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_definitions_are_the_files_of_the_folder_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sessions/b.yml": "environments: {cpu: {pypi: poetry.lock}}",
            "sessions/a.toml": "",
            "sessions/c.json": "",
            "sessions/schema.json": '{"no": "definitions"}',
            "sessions/.hidden.yml": "[",
            "sessions/notes.md": "",
            "sessions/folder.yml/a.yml": "[",
        },
    )

    found = read_definition_files(tmp_path, "sessions/")

    assert list(found) == ["sessions/a.toml", "sessions/b.yml", "sessions/c.json"]
    assert read_definitions(tmp_path).environments == {"cpu": CPU}
    assert Project.open(tmp_path).definitions.environments == {"cpu": CPU}


def test_a_project_may_declare_nothing(tmp_path: Path) -> None:
    assert Project.open(tmp_path).definitions == Definitions()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"sessions/a.yml": ""})
    link = tmp_path / "sessions" / "loop.yml"
    link.symlink_to("/proc/self/mem")
    if not link.is_file():
        pytest.skip("needs a file that exists and cannot be read")

    with pytest.raises(DefinitionError) as caught:
        read_definitions(tmp_path)

    assert str(caught.value).startswith("sessions/loop.yml: cannot be read: ")


def test_environments_are_found_by_name_or_are_themselves(tmp_path: Path) -> None:
    project = Project.open(tmp_path, Definitions(environments={"cpu": CPU}))
    other = Environment(pypi="pylock.toml")

    assert project.environment("cpu") is CPU
    assert project.environment(other) is other
    with pytest.raises(DefinitionError) as caught:
        project.environment("cpus")
    assert str(caught.value) == "unknown environment `cpus`; known: cpu"
    assert caught.value.hint == "did you mean `cpu`?"


def test_a_lock_is_read_once_with_what_lies_beside_it(tmp_path: Path) -> None:
    sha = "0" * 64
    write(
        tmp_path,
        {
            "locks/requirements.txt": "-r base.txt\n",
            "locks/base.txt": f"six==1.0 --hash=sha256:{sha}\n",
            "locks/alone.txt": "-r nowhere.txt\n",
        },
    )
    project = Project.open(tmp_path)

    lock = project.read_lock("locks/requirements.txt")

    assert [package.name for package in lock.packages] == ["six"]
    assert project.read_lock("locks/requirements.txt") is lock
    assert project.staleness("locks/requirements.txt") is None
    with pytest.raises(LockError, match="nowhere"):
        project.read_lock("locks/alone.txt")


def test_a_missing_lock_says_how_to_make_it(tmp_path: Path) -> None:
    declared = Definitions(locks={"poetry.lock": LockDefinition()})

    with pytest.raises(LockError) as caught:
        Project.open(tmp_path, declared).read_lock("poetry.lock")

    assert str(caught.value) == (
        "poetry.lock: the lock cannot be read: No such file or directory"
    )
    assert caught.value.hint == "run `nox -s lock`"
    with pytest.raises(LockError) as caught:
        Project.open(tmp_path).read_lock("poetry.lock")
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("definitions", "again"),
    [
        (Definitions(), "its tool"),
        (
            Definitions(
                locks={"sub/poetry.lock": LockDefinition(source="sub/pyproject.toml")}
            ),
            "`nox -s lock`",
        ),
    ],
    ids=["not declared", "declared"],
)
def test_a_lock_is_stale_when_its_source_changed(
    tmp_path: Path, definitions: Definitions, again: str
) -> None:
    write(
        tmp_path,
        {
            "sub/pyproject.toml": PYPROJECT,
            "sub/poetry.lock": poetry_lock(PYPROJECT, {}),
        },
    )
    project = Project.open(tmp_path, definitions)
    assert project.staleness("sub/poetry.lock") is None
    project.require_fresh("sub/poetry.lock")

    changed = PYPROJECT.replace('["tool"]', '["tool>1"]')
    write(tmp_path, {"sub/pyproject.toml": changed})

    with pytest.raises(StaleLockError) as caught:
        project.require_fresh("sub/poetry.lock")
    assert caught.value.hint == (
        f"lock again with {again}, or use it as it is: `-- --frozen`, or"
        " NOXLOCK_FROZEN=1"
    )


def test_without_its_source_nothing_is_known_of_a_lock(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pylock.toml": 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n',
            "requirements.txt": "# nothing\n",
            "poetry.lock": poetry_lock(PYPROJECT, {}),
        },
    )
    project = Project.open(tmp_path)

    assert project.staleness("pylock.toml") is None
    assert project.staleness("requirements.txt") is None
    assert project.staleness("poetry.lock") is None


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        ({"pyproject.toml": "[build-system]\n"}, CPU, ProjectInstall.EDITABLE),
        ({"setup.py": ""}, CPU, ProjectInstall.EDITABLE),
        (
            {"pyproject.toml": "[build-system]\n"},
            Environment(pypi="poetry.lock", groups=("all",)),
            ProjectInstall.EDITABLE,
        ),
        (
            {"pyproject.toml": "[build-system]\n"},
            Environment(pypi="poetry.lock", groups=("lint",)),
            ProjectInstall.NONE,
        ),
        (
            {"pyproject.toml": "[build-system]\n"},
            Environment(
                pypi="poetry.lock", groups=("lint",), project=ProjectInstall.WHEEL
            ),
            ProjectInstall.WHEEL,
        ),
        ({}, CPU, ProjectInstall.NONE),
        ({"pyproject.toml": '[project]\nname = "x"\n'}, CPU, ProjectInstall.NONE),
        (
            {"pyproject.toml": "[build-system]\n[tool.poetry]\npackage-mode = false\n"},
            CPU,
            ProjectInstall.NONE,
        ),
    ],
)
def test_how_the_project_itself_comes_in(
    tmp_path: Path,
    files: dict[str, str],
    environment: Environment,
    expected: ProjectInstall,
) -> None:
    project = Project.open(write(tmp_path, files))

    found = project.install(environment, default=ProjectInstall.EDITABLE)

    assert found is expected


def test_a_pyproject_that_is_no_toml_is_named(tmp_path: Path) -> None:
    project = Project.open(write(tmp_path, {"pyproject.toml": "["}))

    with pytest.raises(DefinitionError) as caught:
        project.install(CPU, default=ProjectInstall.EDITABLE)

    assert str(caught.value).startswith("pyproject.toml: not TOML: ")

"""`noxlock init` writes what the project can use, and what noxlock accepts."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

import pytest

from noxlock.workflows.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]

OWN = ".".join(platform.python_version_tuple()[:2])
FILES = (
    "noxfile.py",
    "sessions/environments.yml",
    "sessions/test.yml",
    "sessions/schema.json",
)


def test_a_locked_project_can_run_its_tests_next(
    project: Path, noxlock: Noxlock
) -> None:
    ended = noxlock("init")
    assert ended == (0, "", "".join(f"wrote {name}\n" for name in FILES) + NEXT)
    assert (project / "noxfile.py").read_text().endswith('noxlock.load("sessions")\n')
    assert json.loads((project / "sessions/schema.json").read_text())["$defs"]
    found = Project.open(project).definitions
    assert list(found.locks) == ["poetry.lock"]
    assert {name: env.groups for name, env in found.environments.items()} == {
        "cpu": ("main", "test"),
        "lint": ("lint",),
    }
    assert found.environments["cpu"].python == OWN
    assert {name: session.run for name, session in found.sessions.items()} == {
        "test-cpu": ("pytest {posargs:-q}",),
        "lint": ("ruff check .", "mypy ."),
    }
    assert noxlock("plan", "cpu", "--target", "linux-64").status == 0


NEXT = "next: nox -s test-cpu\n"


def test_a_project_without_a_lock_makes_one_next(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "poetry.lock").unlink()
    assert noxlock("init").err.endswith("next: nox -s lock\n")
    assert Project.open(project).definitions.locks


def test_a_pylock_is_used_as_it_is(project: Path, noxlock: Noxlock) -> None:
    (project / "poetry.lock").rename(project / "pylock.toml")
    assert noxlock("init").err.endswith(NEXT)
    found = Project.open(project).definitions
    assert not found.locks
    assert found.environments["cpu"].pypi == "pylock.toml"


@pytest.mark.parametrize(
    ("more", "groups"),
    [("", ("main",)), ("dependency-groups = ['test']\n", ("main", "test"))],
)
def test_only_the_groups_that_a_pylock_names_are_used(
    project: Path, noxlock: Noxlock, more: str, groups: tuple[str, ...]
) -> None:
    (project / "poetry.lock").unlink()
    (project / "pylock.toml").write_text(
        f"lock-version = '1.0'\ncreated-by = 'x'\n{more}packages = []\n"
    )
    assert noxlock("init").status == 0
    found = Project.open(project).definitions
    assert found.environments["cpu"].groups == groups
    assert found.sessions["test-cpu"].run == ("pytest {posargs:-q}",)


def test_requirements_with_hashes_are_used_as_they_are(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "poetry.lock").unlink()
    (project / "requirements.txt").write_text("")
    assert noxlock("init").err.endswith(NEXT)
    environment = Project.open(project).definitions.environments["cpu"]
    assert (environment.pypi, environment.groups) == ("requirements.txt", ("main",))


@pytest.mark.parametrize(
    "table",
    [
        "[project.optional-dependencies]\ntest = ['pytest>=8']\nodd = 1\n",
        "[tool.poetry.extras]\ntest = ['pytest']\n",
    ],
)
def test_an_extra_for_the_tests_is_used(
    project: Path, noxlock: Noxlock, table: str
) -> None:
    (project / "pyproject.toml").write_text(table)
    assert noxlock("init").status == 0
    found = Project.open(project).definitions
    assert found.environments["cpu"].extras == ("test",)
    assert found.sessions["test-cpu"].run == ("pytest {posargs:-q}",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "[project]\nname = 'demo'\n",
            (OWN, ("main",), "python -m unittest {posargs:discover}"),
            id="bare",
        ),
        pytest.param(
            "[tool.poetry.dependencies]\npython = '^3.8,<3.10'\n"
            "[tool.poetry.group.dev.dependencies]\npytest = '*'\n",
            ("3.9", ("main", "dev"), "pytest {posargs:-q}"),
            id="Poetry's own tables",
        ),
        pytest.param(
            "[project]\nrequires-python = '>=3.9.2,<3.10'\n"
            "[dependency-groups]\ntests = [{include-group = 'other'}]\n"
            "other = ['PyTest>=8']\nodd = 1\n[tool.poetry.group]\nlint = 1\n",
            ("3.9", ("main", "tests"), "pytest {posargs:-q}"),
            id="included groups",
        ),
        pytest.param(
            "[project]\nrequires-python = 'new'\n",
            (OWN, ("main",), "python -m unittest {posargs:discover}"),
            id="a constraint that is none",
        ),
        pytest.param(
            "[project]\nrequires-python = '<3'\n",
            (OWN, ("main",), "python -m unittest {posargs:discover}"),
            id="no python that noxlock makes environments for",
        ),
    ],
)
def test_what_pyproject_says_is_used(
    project: Path,
    noxlock: Noxlock,
    text: str,
    expected: tuple[str, tuple[str, ...], str],
) -> None:
    """Expected are the python, the groups and the command."""
    (project / "pyproject.toml").write_text(text)
    assert noxlock("init").status == 0
    found = Project.open(project).definitions
    environment = found.environments["cpu"]
    (command,) = tuple(found.sessions["test-cpu"].run)
    assert (environment.python, environment.groups, command) == expected


def test_nothing_is_overwritten(project: Path, noxlock: Noxlock) -> None:
    (project / "sessions").mkdir()
    (project / "sessions/test.yml").write_text("")
    ended = noxlock("init")
    assert ended.status == 2
    assert "already there: sessions/test.yml" in ended.err
    assert not (project / "noxfile.py").exists()
    assert (project / "sessions/test.yml").read_text() == ""


def test_a_place_that_cannot_be_written_is_named(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "sessions").write_text("a file")
    ended = noxlock("init")
    assert ended.status == 2
    assert ended.err.endswith("sessions: cannot be written: File exists\n")


@pytest.mark.parametrize(
    ("text", "what"), [(None, "there is no such file"), ("a = [", "not TOML")]
)
def test_a_project_file_is_needed(
    project: Path, noxlock: Noxlock, text: str | None, what: str
) -> None:
    if text is None:
        (project / "pyproject.toml").unlink()
    else:
        (project / "pyproject.toml").write_text(text)
    ended = noxlock("init")
    assert ended.status == 2
    assert "pyproject.toml" in ended.err
    assert what in ended.err
    assert not (project / "noxfile.py").exists()

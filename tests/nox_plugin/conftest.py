"""A project to run nox in: its index on 127.0.0.1, its store shared by a test run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.index_server import serve_index
from support.nox_project import (
    NOXFILE,
    PYPROJECT,
    NoxProject,
    poetry_lock,
    tool_wheel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def index() -> Iterator[str]:
    """Serve two versions of the sample tool."""
    with serve_index(dict([tool_wheel("1.0"), tool_wheel("2.0")])) as server:
        yield server.url


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that starts empty."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(tmp_path: Path, index: str, store: Path) -> NoxProject:
    """Return a project with a fresh lock of one tool, and no sessions yet."""
    root = tmp_path / "sample"
    root.mkdir()
    folders = sorted(_pyenv().glob("versions/3.1[0-9].*/bin"))
    made = NoxProject(
        root=root,
        pythons=frozenset(one.parent.name.rpartition(".")[0] for one in folders),
        environ={
            "PATH": os.pathsep.join([*map(str, folders), "/usr/bin", "/bin"]),
            "NOXLOCK_CACHE_DIR": str(store),
            "PIP_INDEX_URL": index,
        },
    )
    made.write(
        {
            "noxfile.py": NOXFILE,
            "pyproject.toml": PYPROJECT,
            "poetry.lock": poetry_lock(PYPROJECT, dict([tool_wheel()])),
        }
    )
    return made


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))

"""A project without noxfile, and the command run in this process."""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from noxlock.cli.app import run
from support.command import Ended

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PYPROJECT = """\
[project]
name = "demo"
version = "0"
requires-python = ">=3.11"
dependencies = ["spam"]

[dependency-groups]
test = ["ham", "pytest>=8"]
lint = ["ruff", "mypy"]
"""
PACKAGE = """\
[[package]]
name = "{name}"
version = "1.0"
optional = false
python-versions = "*"
groups = ["{group}"]
files = [{{file = "{name}-1.0-{tag}.whl", hash = "sha256:{digest}"}}]
"""


def lock_text(pyproject: str = PYPROJECT) -> str:
    """Return a poetry.lock that is fresh for *pyproject*: ham fits Linux only."""
    document = tomllib.loads(pyproject)
    project = {key: document["project"][key] for key in ("requires-python",)}
    project["dependencies"] = document["project"]["dependencies"]
    groups = document["dependency-groups"]
    known = {"tool": {"poetry": {}}, "project": project, "dependency-groups": groups}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    tables = [
        PACKAGE.format(
            name="ham", group="test", tag="py3-none-linux_x86_64", digest="a" * 64
        ),
        PACKAGE.format(name="spam", group="main", tag="py3-none-any", digest="b" * 64),
        '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11"',
        f'content-hash = "{digest}"',
    ]
    return "\n".join([*tables, ""])


@pytest.fixture(name="project")
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a project with a lock."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "poetry.lock").write_text(lock_text())
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NOXLOCK_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(name="noxlock")
def _noxlock(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run one command line in this process."""

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        status = run(arguments)
        return Ended(status, *capsys.readouterr())

    return call

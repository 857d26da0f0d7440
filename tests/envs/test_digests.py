"""A digest changes with what reaches the installation, and with nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from noxlock.envs.building import Backend
from noxlock.envs.digests import (
    copy_files,
    editable_digest,
    project_files,
    tree_digest,
)
from noxlock.errors import BuildError
from support.wheels import sdist_tree
from support.workshop import commit_all, git, write_tree

if TYPE_CHECKING:
    from pathlib import Path

STATIC = '[project]\nname = "a"\nversion = "1"\n[build-system]\nrequires = ["b"]\n'
DYNAMIC = STATIC.replace('version = "1"', 'dynamic = ["version"]')


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return variables with a HOME and a name of their own."""
    who = {f"GIT_{role}_NAME": "n" for role in ("AUTHOR", "COMMITTER")}
    mail = {f"GIT_{role}_EMAIL": "n@example.org" for role in ("AUTHOR", "COMMITTER")}
    return {**who, **mail, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def digest(folder: Path, environ: dict[str, str]) -> str:
    """Return the digest of the editable project in *folder*."""
    files = project_files(folder, environ)
    return editable_digest(Backend.of(folder), files, environ)


def test_environments_and_caches_are_no_part_of_a_project(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    tree = {
        "a.py": "",
        "src/b.py": "",
        ".nox/cpu/x": "",
        "__pycache__/a.pyc": "",
        "own-env/pyvenv.cfg": "",
        "own-env/lib/c.py": "",
    }
    folder = write_tree(tmp_path / "project", tree)
    assert project_files(folder, environ) == ["a.py", "src/b.py"]
    commit_all(folder, environ)
    assert project_files(folder, environ) == ["a.py", "src/b.py"]


def test_a_tree_differs_by_names_bits_and_bytes(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, {"a": "1", "b": "2"})
    digests = {tree_digest(folder, ["a"]), tree_digest(folder, ["a", "b"])}
    (folder / "a").chmod(0o755)
    digests.add(tree_digest(folder, ["a"]))
    (folder / "a").write_text("3")
    digests.add(tree_digest(folder, ["a"]))
    assert len(digests) == 4
    with pytest.raises(BuildError, match="cannot read"):
        tree_digest(folder, ["gone"])


def test_modules_of_an_editable_project_do_not_count(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = write_tree(tmp_path / "p", {"pyproject.toml": STATIC, "a/__init__.py": ""})
    before = digest(folder, environ)
    write_tree(folder, {"a/__init__.py": "changed", "a/more.py": ""})
    assert digest(folder, environ) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pyproject.toml": f"{STATIC}# more\n"}, id="settings"),
        pytest.param({"setup.py": "pass"}, id="setup.py"),
        pytest.param({"README.md": "text"}, id="readme"),
        pytest.param({"a/fast.pyx": ""}, id="compiled source"),
        pytest.param({"b/__init__.py": ""}, id="another package"),
        pytest.param({"a/sub/x.py": ""}, id="another folder"),
    ],
)
def test_what_reaches_an_editable_installation_counts(
    tmp_path: Path, environ: dict[str, str], change: dict[str, str]
) -> None:
    folder = write_tree(tmp_path / "p", {"pyproject.toml": STATIC, "a/__init__.py": ""})
    before = digest(folder, environ)
    write_tree(folder, change)
    assert digest(folder, environ) != before


def test_a_dynamic_version_is_looked_for_where_backends_look(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    tree = {"pyproject.toml": DYNAMIC, "a/__init__.py": "", ".gitignore": ""}
    folder = write_tree(tmp_path / "p", tree)
    commit_all(folder, environ)
    seen = [digest(folder, environ)]
    git(folder, environ, "tag", "v1")
    seen.append(digest(folder, environ))
    write_tree(folder, {"a/__init__.py": "__version__ = '2'"})
    seen.append(digest(folder, environ))
    assert len(set(seen)) == 3


def test_an_in_tree_backend_counts(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = write_tree(tmp_path / "p", sdist_tree("a", "1"))
    before = digest(folder, environ)
    with (folder / "_backend/tiny_backend.py").open("a") as file:
        file.write("# more\n")
    assert digest(folder, environ) != before
    text = (folder / "pyproject.toml").read_text().replace('["_backend"]', '["."]')
    write_tree(folder, {"pyproject.toml": text, "tiny_backend.py": "one"})
    before = digest(folder, environ)
    write_tree(folder, {"tiny_backend.py": "two"})
    assert digest(folder, environ) != before


def test_copies_keep_times(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "p", {"a/b.py": "x", "left.py": ""})
    os.utime(folder / "a/b.py", (10**9, 10**9))
    copy_files(folder, ["a/b.py"], tmp_path / "copy")
    assert (tmp_path / "copy/a/b.py").stat().st_mtime == 10**9
    assert not (tmp_path / "copy/left.py").exists()

"""The diff of a changed tree: it makes the tree again, and touches no index."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from noxlock.workflows.repro.tree import Tree, read_content, read_tree

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return variables under which git knows of no user."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture
def root(tmp_path: Path, environ: dict[str, str]) -> Path:
    """Return a repository with one commit."""
    folder = tmp_path / "project"
    (folder / "repro" / "a").mkdir(parents=True)
    (folder / "old.txt").write_text("one\n")
    (folder / "gone.txt").write_text("gone\n")
    (folder / "repro" / "a" / "x.txt").write_text("x\n")
    (folder / ".gitignore").write_text("*.ignored\n")
    git(folder, environ, "init", "-q")
    git(folder, environ, "add", ".")
    git(folder, environ, "commit", "-q", "-m", "first")
    return folder


def git(folder: Path, environ: dict[str, str], *words: str, data: bytes = b"") -> str:
    ran = subprocess.run(
        ["git", *WHO, *words],
        cwd=folder,
        env=environ,
        input=data,
        check=True,
        capture_output=True,
    )
    return ran.stdout.decode()


def change(root: Path) -> None:
    (root / "old.txt").write_bytes("zwei, größer\n".encode("latin-1"))
    (root / "gone.txt").unlink()
    (root / "new.bin").write_bytes(bytes(range(256)))
    (root / "deep").mkdir()
    (root / "deep" / "ä.txt").write_text("new\n")
    (root / "a.ignored").write_text("")


def test_a_tree_that_was_not_changed_has_no_diff(
    root: Path, environ: dict[str, str]
) -> None:
    (root / "a.ignored").write_text("")

    assert read_tree(root, (), environ).diff == b""


def test_the_diff_on_the_commit_makes_the_tree_again(
    root: Path, environ: dict[str, str]
) -> None:
    change(root)
    git(root, environ, "add", "old.txt")
    before = git(root, environ, "status", "--porcelain")

    diff = read_tree(root, (), environ).diff

    assert git(root, environ, "status", "--porcelain") == before
    copy = root.with_name("copy")
    git(root, environ, "clone", "-q", str(root), str(copy))
    git(copy, environ, "apply", data=diff)
    for name in ("old.txt", "new.bin", "deep/ä.txt"):
        assert (copy / name).read_bytes() == (root / name).read_bytes()
    assert not (copy / "gone.txt").exists()


def test_no_object_is_left_in_the_repository(
    root: Path, environ: dict[str, str]
) -> None:
    before = sorted((root / ".git" / "objects").rglob("*"))
    change(root)

    assert read_tree(root, (), environ).diff

    assert sorted((root / ".git" / "objects").rglob("*")) == before


def test_settings_of_the_user_do_not_change_it(
    root: Path, environ: dict[str, str]
) -> None:
    change(root)
    plain = read_tree(root, (), environ).diff
    (root.parent / ".gitconfig").write_text(
        "[diff]\nnoprefix = true\nalgorithm = patience\ncontext = 0\nrenames = copies\n"
        "[color]\nui = always\ndiff = always\n[core]\nquotePath = false\n"
    )

    assert read_tree(root, (), {**environ, "GIT_DIR": "/nowhere"}).diff == plain


def test_baselines_do_not_count(root: Path, environ: dict[str, str]) -> None:
    (root / "repro" / "a" / "x.txt").write_text("y\n")
    (root / "repro" / "b[1]").mkdir()
    (root / "repro" / "b[1]" / "x.txt").write_text("y\n")

    unchanged = read_tree(root, ("repro/a", "repro/b[1]"), environ)
    assert unchanged.diff == b""
    assert re.fullmatch("[0-9a-f]{40}", unchanged.commit or "")
    assert b"repro/a/x.txt" in read_tree(root, ("repro/b[1]",), environ).diff


def test_a_project_in_a_folder_of_the_repository_has_its_own_diff(
    root: Path, environ: dict[str, str]
) -> None:
    (root / "deep").mkdir()
    (root / "deep" / "a.txt").write_text("a\n")
    (root / "old.txt").write_text("two\n")

    diff = read_tree(root / "deep", (), environ).diff

    assert b"deep/a.txt" in diff
    assert b"old.txt" not in diff


def test_without_repository_commit_or_git_there_is_none(
    root: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    assert read_tree(bare, (), environ) == Tree()
    git(bare, environ, "init", "-q")
    (bare / "a").write_text("")
    assert read_tree(bare, (), environ) == Tree()
    change(root)
    assert read_tree(root, (), {**environ, "PATH": str(bare)}) == Tree()


def test_the_content_is_the_same_whether_it_is_committed_or_not(
    root: Path, environ: dict[str, str]
) -> None:
    before = read_content(root, ["repro"], environ)
    change(root)
    changed = read_content(root, ["repro"], environ)
    index = git(root, environ, "ls-files", "--stage")
    git(root, environ, "add", "--all")
    git(root, environ, "commit", "-q", "-m", "second")

    assert before not in (None, changed)
    assert read_content(root, ["repro"], environ) == changed
    assert index.count("old.txt") == 1, "the user's index is not touched"
    (root / "repro" / "a" / "x.txt").write_text("y\n")
    (root / "some.ignored").write_text("z\n")
    assert read_content(root, ["repro"], environ) == changed
    assert read_content(root, [], environ) != changed


def test_a_folder_without_git_has_no_content(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    outside = environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path)}

    assert read_content(tmp_path, [], outside) is None

"""Git gives the exact commit, and lists what belongs to a project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from noxlock.envs.git import (
    checkout,
    describe,
    fetch_history,
    repository_of,
    tracked_files,
)
from noxlock.errors import BuildError
from support.workshop import commit_all, git, write_tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return variables with a HOME and a name of their own."""
    who = {f"GIT_{role}_NAME": "n" for role in ("AUTHOR", "COMMITTER")}
    mail = {f"GIT_{role}_EMAIL": "n@example.org" for role in ("AUTHOR", "COMMITTER")}
    return {**who, **mail, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Path:
    """Return a repository with one tagged commit."""
    folder = write_tree(tmp_path / "repository", {"a.txt": "one\r\n"})
    commit_all(folder, environ)
    git(folder, environ, "tag", "v1.0")
    return folder


def test_the_commit_comes_out_byte_for_byte(
    tmp_path: Path, repository: Path, environ: dict[str, str]
) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\nautocrlf = true\n")
    commit = git(repository, environ, "rev-parse", "HEAD")
    write_tree(repository, {"a.txt": "two"})
    commit_all(repository, environ)
    into = tmp_path / "into"
    checkout(repository.as_uri(), commit, into, environ)
    assert (into / "a.txt").read_bytes() == b"one\r\n"


def test_a_server_that_gives_no_single_commits_gives_all(
    tmp_path: Path, repository: Path, environ: dict[str, str]
) -> None:
    """Git's own default refuses a commit that no branch ends in, over file too."""
    commit = git(repository, environ, "rev-parse", "HEAD")
    write_tree(repository, {"a.txt": "two"})
    commit_all(repository, environ)
    git(repository, environ, "config", "uploadpack.allowAnySHA1InWant", "false")
    old = environ | {"GIT_PROTOCOL": "version=0", "GIT_CONFIG_COUNT": "1"}
    old |= {"GIT_CONFIG_KEY_0": "protocol.version", "GIT_CONFIG_VALUE_0": "0"}
    into = tmp_path / "into"
    checkout(repository.as_uri(), commit, into, old)
    assert (into / "a.txt").read_bytes() == b"one\r\n"
    fetch_history(repository.as_uri(), into, old)


def test_history_brings_the_tags(
    tmp_path: Path, repository: Path, environ: dict[str, str]
) -> None:
    write_tree(repository, {"a.txt": "two"})
    commit = commit_all(repository, environ)
    into = tmp_path / "into"
    checkout(repository.as_uri(), commit, into, environ)
    assert describe(into, environ) == commit[:7]
    fetch_history(repository.as_uri(), into, environ)
    assert describe(into, environ) == f"v1.0-1-g{commit[:7]}"


def test_submodules_are_checked_out(
    tmp_path: Path, repository: Path, environ: dict[str, str]
) -> None:
    allowed = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow"}
    environ |= allowed | {"GIT_CONFIG_VALUE_0": "always"}
    outer = write_tree(tmp_path / "outer", {"b.txt": ""})
    git(outer, environ, "init", "--quiet")
    git(outer, environ, "submodule", "--quiet", "add", repository.as_uri(), "inner")
    commit = commit_all(outer, environ)
    into = tmp_path / "into"
    checkout(outer.as_uri(), commit, into, environ)
    assert (into / "inner/a.txt").exists()


@pytest.mark.parametrize("commit", ["main", "abc1234", "-" * 40])
def test_only_a_full_commit_id_is_exact(
    tmp_path: Path, environ: dict[str, str], commit: str
) -> None:
    with pytest.raises(BuildError, match="no full commit id"):
        checkout("file:///nowhere", commit, tmp_path / "into", environ)


def test_a_repository_that_is_not_there_says_so(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(BuildError, match="git fetch failed"):
        checkout("file:///nowhere", "a" * 40, tmp_path / "into", environ)


def test_a_machine_without_git_says_so(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    with pytest.raises(BuildError, match="`git` was not found"):
        checkout("file:///nowhere", "a" * 40, tmp_path / "into", environ)
    assert tracked_files(tmp_path, environ) is None
    assert repository_of(tmp_path, environ) is None
    assert describe(tmp_path, environ) == ""


def test_ignored_and_removed_files_are_not_listed(
    repository: Path, environ: dict[str, str]
) -> None:
    write_tree(repository, {".gitignore": "junk\n", "junk": "", "new/ü.py": ""})
    (repository / "a.txt").unlink()
    assert tracked_files(repository, environ) == [".gitignore", "new/ü.py"]
    assert tracked_files(repository / "new", environ) == ["ü.py"]


def test_a_variable_that_points_elsewhere_is_not_followed(
    tmp_path: Path, repository: Path, environ: dict[str, str]
) -> None:
    misled = environ | {"GIT_DIR": str(tmp_path / "nowhere")}
    assert tracked_files(repository, misled) == ["a.txt"]
    assert repository_of(repository, misled) == repository / ".git"


def test_a_folder_inside_has_no_repository_of_its_own(
    repository: Path, environ: dict[str, str]
) -> None:
    inside = write_tree(repository / "inside", {"b.txt": ""})
    assert repository_of(inside, environ) is None

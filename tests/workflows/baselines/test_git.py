"""Baselines in git: their bytes stay, and what a killed run leaves is not seen."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from noxlock.model import BaselineStore, Tolerance, Tolerances
from noxlock.workflows.baselines import replacing
from noxlock.workflows.verify import verify_baseline
from support.baselines import Golden, tree

if TYPE_CHECKING:
    from pathlib import Path

NONE = Tolerance()
ALL = Tolerances(outputs={"weights.npy": NONE, "model": NONE, "table.csv": NONE})


def git(folder: Path, *words: str) -> str:
    """Run git in *folder*, without the settings of this machine."""
    named = {
        f"GIT_{who}_{what}": "me@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", str(folder), *words],
        env={"PATH": os.environ["PATH"], **named, **nothing},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Golden:
    """Return a project in git whose outputs are text."""
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    made = Golden(tmp_path / "project", environ)
    made.output("table.csv", b"a,b\n1,2\n")
    git(made.root, "init", "-q")
    (made.root / ".gitignore").write_text(".nox\n")
    made.accept()
    git(made.root, "add", ".")
    git(made.root, "commit", "-qm", "first")
    return made


def test_git_changes_no_line_ending_of_a_baseline(
    repository: Golden, tmp_path: Path
) -> None:
    git(
        *(tmp_path, "clone", "-q", "-c", "core.autocrlf=true"),
        *(str(repository.root), "clone"),
    )
    cloned = tmp_path / "clone" / "repro" / "digits"
    assert tree(cloned) == tree(repository.path)
    assert b"\r\n" in (tmp_path / "clone" / "poetry.lock").read_bytes()


def test_attributes_of_the_user_stay(repository: Golden) -> None:
    own = repository.path / ".gitattributes"
    own.write_text("*.npy filter=lfs -text\n")
    repository.output("table.csv", b"a,b\n1,3\n")
    repository.accept()
    assert own.read_text() == "*.npy filter=lfs -text\n"


def test_what_a_killed_run_leaves_is_not_seen_by_git(repository: Golden) -> None:
    left = replacing.new_folder(repository.path)
    replacing.make(left)
    (left / "half").touch()
    assert git(repository.root, "status", "--porcelain") == ""
    repository.output("table.csv", b"a,b\n1,3\n")
    repository.accept()
    assert not left.exists()
    assert git(repository.root, "status", "--porcelain").split() == [
        *("M", "repro/digits/history.jsonl"),
        *("M", "repro/digits/outputs/table.csv"),
        *("M", "repro/digits/run.intoto.json"),
    ]
    assert not (repository.path / ".gitignore").exists()
    assert verify_baseline(repository.baseline, "digits") == ()


def test_outputs_lie_where_the_store_of_now_wants_them(repository: Golden) -> None:
    assert repository.baseline.is_settled(repository.record())
    repository.store = BaselineStore(url="../kept", above=5)
    assert not repository.baseline.is_settled(repository.record())
    record = repository.accept(tolerances=ALL)
    assert repository.baseline.is_settled(record)

    repository.store = BaselineStore(url="../kept", above=100)
    assert not repository.baseline.is_settled(record)
    repository.store = BaselineStore(url="../other", above=5)
    assert not repository.baseline.is_settled(record)
    repository.store = None
    assert not repository.baseline.is_settled(record)


def test_a_folder_is_as_large_as_all_of_its_files(repository: Golden) -> None:
    repository.store = BaselineStore(url="../kept", above=100)
    for number in range(12):
        repository.output(f"field.zarr/{number}", bytes([number]) * 10)
    record = repository.accept(tolerances=Tolerances(outputs={"field.zarr": NONE}))

    stored = repository.baseline.stored()
    assert list(stored) == sorted(f"field.zarr/{number}" for number in range(12))
    assert not (repository.path / "outputs" / "field.zarr").exists()
    assert (repository.path / "outputs" / "table.csv").is_file()
    outputs = repository.baseline.outputs(record)
    assert tree(outputs) == tree(repository.root / ".nox" / "outputs")
    assert verify_baseline(repository.baseline, "digits") == ()
    assert repository.baseline.is_settled(record)
    repository.store = BaselineStore(url="../kept", above=120)
    assert not repository.baseline.is_settled(record)

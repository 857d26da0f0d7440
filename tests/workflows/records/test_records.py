"""What goes into a record, from the disk and the environment."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.errors import CompareError
from noxlock.model import Plan, PlanKey, Resources, Subdir, Target
from noxlock.workflows.records import (
    lock_digests,
    lock_files,
    output_digests,
    output_files,
    record_digest,
    recorded_variables,
    same_origin,
    timestamp,
)
from support.reports import record

if TYPE_CHECKING:
    from pathlib import Path

OLD_LOCK = """\
[[package]]
name = "spam"
version = "1.0"
description = ""
optional = false
python-versions = "*"
files = []

[metadata]
lock-version = "2.0"
python-versions = "*"
"""
PROJECT = """\
[tool.poetry]
name = "demo"
version = "1"

[tool.poetry.dependencies]
python = "*"
spam = "*"
"""


def plan(lock: str, conda: str | None = None) -> Plan:
    return Plan(
        key=PlanKey("plan-v1-0"),
        target=Target(subdir=Subdir.LINUX_64, python="3.11.7"),
        groups=(),
        extras=(),
        lock=lock,
        lock_format="",
        indexes=(),
        packages=(),
        conda_lock=conda,
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_locks_go_by_their_place_in_the_project(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "locks").mkdir(parents=True)
    (root / "locks" / "a.lock").write_text("a")
    (root / "conda-lock.yml").write_text("conda")
    (tmp_path / "out.lock").write_text("b")

    assert lock_digests(plan("locks/a.lock", "conda-lock.yml"), root) == {
        "conda-lock.yml": sha256("conda"),
        "locks/a.lock": sha256("a"),
    }
    for outside in ("../out.lock", str(tmp_path / "out.lock")):
        assert lock_digests(plan(outside), root) == {"out.lock": sha256("b")}
    inside = lock_files(plan(str(root / "locks/../locks/a.lock")), root)
    assert list(inside) == ["locks/a.lock"]


def test_a_lock_goes_with_what_it_cannot_be_read_without(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "poetry.lock").write_text(OLD_LOCK)
    (tmp_path / "sub" / "pyproject.toml").write_text(PROJECT)
    found = lock_files(plan("sub/poetry.lock"), tmp_path)
    assert list(found) == ["sub/poetry.lock", "sub/pyproject.toml"]

    (tmp_path / "requirements.txt").write_text("-r base/requirements.txt\n")
    (tmp_path / "base").mkdir()
    pin = f"spam==1.0 --hash=sha256:{'0' * 64}\n"
    (tmp_path / "base" / "requirements.txt").write_text(pin)
    found = lock_files(plan("requirements.txt"), tmp_path)
    assert list(found) == ["requirements.txt", "base/requirements.txt"]


def test_a_new_poetry_lock_goes_without_its_project(tmp_path: Path) -> None:
    lock = OLD_LOCK.replace('"2.0"', '"2.1"').replace(
        "files = []", 'files = []\ngroups = ["main"]'
    )
    (tmp_path / "poetry.lock").write_text(lock)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert list(lock_files(plan("poetry.lock"), tmp_path)) == ["poetry.lock"]


def test_a_lock_that_cannot_be_read_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(OLD_LOCK)
    assert list(lock_files(plan("poetry.lock"), tmp_path)) == ["poetry.lock"]


def test_files_of_a_folder_go_by_the_output_and_their_place(tmp_path: Path) -> None:
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "b").write_text("b")
    (tmp_path / "model" / "deep" / "a").write_text("a")
    (tmp_path / "model" / "link").symlink_to("b")
    (tmp_path / "one").write_text("1")
    outputs = {"one": tmp_path / "one", "deep/model": tmp_path / "model"}
    assert output_digests(outputs) == {
        "one": sha256("1"),
        "deep/model/b": sha256("b"),
        "deep/model/deep/a": sha256("a"),
        "deep/model/link": sha256("b"),
    }


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "/"])
def test_a_link_out_of_an_output_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside").write_text("")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "link").symlink_to(target)
    with pytest.raises(CompareError, match="link leads out of the output"):
        output_files({"model": tmp_path / "model"})


def test_variables_that_move_results_are_recorded_without_paths() -> None:
    env = {
        "PYTHONHASHSEED": "0",
        "TZ": "Asia/Kathmandu",
        "OMP_NUM_THREADS": "2",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "XLA_FLAGS": "--xla_dump_to=/home/me/dump",
        "NUMBA_CACHE_DIR": "~/cache",
        "MKL_X": r"C:\Users\me",
        "HOME": "/home/me",
        "SECRET": "secret",
    }
    asked = {"PYTHONHASHSEED": "0", "TZ": "Asia/Kathmandu", "LEFT_OUT": ""}
    assert recorded_variables(asked, env) == {
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "MKL_X": "(a path)",
        "NUMBA_CACHE_DIR": "(a path)",
        "OMP_NUM_THREADS": "2",
        "PYTHONHASHSEED": "0",
        "TZ": "Asia/Kathmandu",
        "XLA_FLAGS": "(a path)",
    }


def test_the_origin_is_the_same_whenever_and_however_long_it_ran() -> None:
    one = record()
    other = msgspec.structs.replace(
        one,
        created="2027-01-02T03:04:05Z",
        finished="2027-01-02T03:04:06Z",
        noxlock="9",
        commit="0" * 40,
        dirty="1" * 64,
        outputs={"a": "2" * 64},
        resources=Resources(seconds=1.0),
    )
    assert same_origin(one, other)
    assert record_digest(one) != record_digest(other)
    assert not same_origin(one, msgspec.structs.replace(one, machine={"cpu": "x"}))


def test_a_moment_is_told_to_the_second() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    assert timestamp(moment) == "2026-01-02T03:04:05Z"

"""Where a lock is read from, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxlock.errors import LockError
from noxlock.workflows.diff.places import LockAt, WorkTree


def test_what_lies_beside_a_lock_is_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/pyproject.toml").write_bytes(b"x")
    for path in ("sub/poetry.lock", "./sub/poetry.lock", "./x/../sub/poetry.lock"):
        assert LockAt(WorkTree(tmp_path), path).beside("pyproject.toml") == b"x"
    lock = LockAt(WorkTree(tmp_path), "./sub/poetry.lock")
    assert lock.said == "sub/poetry.lock"
    assert lock.data() is None


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").mkdir()
    with pytest.raises(LockError, match="cannot be read: Is a directory"):
        LockAt(WorkTree(tmp_path), "poetry.lock").data()


def test_errors_name_the_lock_as_the_user_did() -> None:
    lock = LockAt(WorkTree(Path()), "./sub/poetry.lock")
    with pytest.raises(LockError) as caught:
        lock.parsed(b"[[package]]\n")
    assert caught.value.file == "sub/poetry.lock"

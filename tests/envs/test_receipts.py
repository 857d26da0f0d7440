"""A prefix without a sound receipt is no environment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from noxlock.envs.locking import locked
from noxlock.envs.receipts import (
    Receipt,
    alteration,
    read_receipt,
    snapshot,
    write_receipt,
)
from noxlock.errors import EnvError
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path

RECEIPT = Receipt(plan="plan-v1-x", interpreter={}, project="", packages=(), files={})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_receipt(tmp_path, RECEIPT)
    assert read_receipt(tmp_path) == RECEIPT


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 1}'],
)
def test_a_damaged_receipt_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".noxlock.json").write_bytes(content)
    assert read_receipt(tmp_path) is None


def test_a_receipt_of_another_noxlock_is_none(tmp_path: Path) -> None:
    write_receipt(tmp_path, replace(RECEIPT, format=999))
    assert read_receipt(tmp_path) is None
    assert read_receipt(tmp_path / "nowhere") is None


def test_a_receipt_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(EnvError, match="cannot write"):
        write_receipt(tmp_path / "nowhere", RECEIPT)


def test_bytecode_scratch_and_the_receipt_itself_are_not_watched(
    tmp_path: Path,
) -> None:
    write_tree(tmp_path, {"lib/site-packages/a.py": "", "bin/a": ""})
    (tmp_path / "bin/python").symlink_to("/usr/bin/python3")
    known = snapshot(tmp_path)
    assert set(known) == {"lib/site-packages/a.py", "bin/a", "bin/python"}
    more = {"lib/site-packages/__pycache__/a.pyc": "", "tmp/x": "", ".noxlock.json": ""}
    write_tree(tmp_path, more)
    assert alteration(tmp_path, known) is None
    write_tree(tmp_path, {"lib/tmp/x": ""})
    assert alteration(tmp_path, known) == "lib/tmp/x was added"


def test_one_run_at_a_time(tmp_path: Path) -> None:
    waited = threading.Event()
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path / "env", on_wait=waited.set):
            order.append("second")

    with locked(tmp_path / "env", on_wait=lambda: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(EnvError, match="cannot write to"),
        locked(tmp_path / "file/env", on_wait=lambda: None),
    ):
        pass

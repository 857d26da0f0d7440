"""What is remembered comes back whole, for the same facts and the same code alone."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from noxlock.store import memo
from noxlock.store.memo import MEMO, Memo, digest, memo_key
from noxlock.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 60 * 60


@pytest.fixture(name="kept")
def _kept(tmp_path: Path) -> Memo:
    return Memo(tmp_path / "store")


def file_of(tmp_path: Path, key: str) -> Path:
    return tmp_path / "store" / MEMO / key


def test_what_was_kept_comes_back(kept: Memo) -> None:
    key = memo_key("plan", "a", 1)
    assert kept.get(key) is None

    kept.put(key, b"one\ntwo\n")

    assert kept.get(key) == b"one\ntwo\n"
    assert kept.get(memo_key("plan", "a", 2)) is None


@pytest.mark.parametrize("damaged", [b"", b"x", b"0" * 64 + b"\nother"])
def test_what_is_damaged_is_not_there(
    kept: Memo, tmp_path: Path, damaged: bytes
) -> None:
    kept.put("key", b"data")
    file_of(tmp_path, "key").write_bytes(damaged)

    assert kept.get("key") is None
    kept.put("key", b"data")
    assert kept.get("key") == b"data"


def test_every_fact_is_in_the_key() -> None:
    keys = [
        memo_key("plan"),
        memo_key("plan", None),
        memo_key("plan", []),
        memo_key("plan", "a", "b"),
        memo_key("plan", ["a", "b"]),
        memo_key("fresh", "a", "b"),
        memo_key("plan", {"a": "b"}),
    ]
    assert len(set(keys)) == len(keys)
    assert memo_key("plan", {"a": 1, "b": 2}) == memo_key("plan", {"b": 2, "a": 1})


def test_other_code_remembers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "noxlock"
    for name in memo._CODE:  # noqa: SLF001
        (package / name).mkdir(parents=True, exist_ok=True)
    (package / "plan/a.py").write_text("x = 1\n")
    monkeypatch.setattr(memo, "_PACKAGE", str(package))
    keys = []
    for text in ("x = 1\n", "x = 12\n"):
        (package / "plan/a.py").write_text(text)
        memo._code.cache_clear()  # noqa: SLF001
        keys.append(memo_key("plan"))
    memo._code.cache_clear()  # noqa: SLF001

    assert keys[0] != keys[1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_is_only_read_is_no_error(kept: Memo, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o500)
    kept.put("key", b"data")

    assert kept.get("key") is None


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = Memo(tmp_path / "file")
    kept.put("key", b"data")

    assert kept.get("key") is None


def test_what_is_long_not_used_is_garbage(kept: Memo, tmp_path: Path) -> None:
    for key, days in (("old", 40), ("used", 40), ("new", 0)):
        kept.put(key, b"data")
        then = time.time() - days * DAY
        os.utime(file_of(tmp_path, key), (then, then))
    assert kept.get("used") == b"data"

    report = Store(tmp_path / "store").gc(days=30)

    assert report.leftovers == 1
    assert sorted(path.name for path in (tmp_path / "store" / MEMO).iterdir()) == [
        "new",
        "used",
    ]


def test_nothing_has_no_digest() -> None:
    assert digest(None) is None
    assert digest(b"") != digest(b"a")

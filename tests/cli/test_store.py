"""`noxlock store` on a real store."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from noxlock.model import Sha256
from noxlock.store.store import Store
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]


@pytest.fixture(name="wheel")
def _wheel(project: Path) -> Path:
    """Put a wheel into the store; its entry."""
    name, data = make_wheel("spam", "1.0", {"spam.py": "X = 1\n"})
    path = project.parent / name
    path.write_bytes(data)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    store = Store(project.parent / "cache")
    store.add_wheel(path, sha256)
    return store.places.wheel(sha256)


@pytest.mark.usefixtures("wheel")
def test_info_says_where_and_what(project: Path, noxlock: Noxlock) -> None:
    ended = noxlock("store", "info")
    assert ended.status == 0
    assert ended.out.splitlines()[0].split()[:2] == ["bucket", "entries"]
    assert ["wheels-v2", "1"] in [line.split()[:2] for line in ended.out.splitlines()]
    assert str(project.parent / "cache") in ended.err
    found = json.loads(noxlock("store", "info", "--json").out)
    assert found["root"] == str(project.parent / "cache")
    assert found["size"] == sum(bucket["size"] for bucket in found["buckets"]) > 0


def test_gc_removes_what_was_not_used(wheel: Path, noxlock: Noxlock) -> None:
    kept = noxlock("store", "gc", "--older-than", "1d")
    assert kept.out.startswith("removed 0 entries")
    assert wheel.exists()
    would = noxlock("store", "gc", "--all", "--dry-run")
    assert would.out.startswith("would remove 1 entry and 0 left over, ")
    assert wheel.exists()
    removed = noxlock("store", "gc", "--all")
    assert removed.out == would.out.replace("would remove", "removed")
    assert removed.out.startswith("removed 1 entry and 0 left over, ")
    assert not wheel.exists()
    assert json.loads(noxlock("store", "gc", "--json").out)["entries"] == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("age", ["30", "3y", "-1d", "d"])
def test_an_age_has_a_unit(noxlock: Noxlock, age: str) -> None:
    ended = noxlock("store", "gc", f"--older-than={age}")
    assert ended.status == 2
    assert "write `12h`, `30d` or `8w`" in ended.err


def test_verify_finds_and_removes_damage(wheel: Path, noxlock: Noxlock) -> None:
    ended = noxlock("store", "verify")
    assert (ended.status, ended.out) == (0, "")
    assert "0 damaged" in ended.err
    (damaged,) = wheel.rglob("spam.py")
    damaged.chmod(0o644)
    damaged.write_text("X = 2\n")
    found = noxlock("store", "verify")
    assert found.status == 1
    assert found.out.startswith("spam-1.0-py3-none-any.whl: damaged: ")
    assert "hint: `noxlock store verify --fix`" in found.err
    as_json = noxlock("store", "verify", "--json")
    assert as_json.status == 1
    (item,) = json.loads(as_json.out)["damaged"]
    assert item["filename"] == "spam-1.0-py3-none-any.whl"
    fixed = noxlock("store", "verify", "--fix")
    assert fixed.status == 1
    assert fixed.out.startswith("spam-1.0-py3-none-any.whl: removed: ")
    assert noxlock("store", "verify").status == 0


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999, "999 bytes"),
        (1_500, "1.5 kB"),
        (2_000_000, "2.0 MB"),
        (3_210_000_000, "3.2 GB"),
    ],
)
def test_sizes_are_decimal(count: int, text: str) -> None:
    from noxlock.cli.store import size_text  # noqa: PLC0415 - typer is slow to import

    assert size_text(count) == text

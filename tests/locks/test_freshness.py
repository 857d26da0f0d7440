"""A poetry.lock is fresh where the Poetry that wrote it says so.

The locks of `assets/freshness` were written by the real Poetry in their folder's name.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from noxlock.errors import LockError
from noxlock.locks.freshness import staleness

ASSETS = Path(__file__).parent.parent / "assets" / "freshness"
LOCKED = sorted(folder.name for folder in ASSETS.iterdir())

LOCK = b'[metadata]\nlock-version = "2.1"\ncontent-hash = "00"\n'


def asset(name: str) -> tuple[bytes, bytes]:
    folder = ASSETS / name
    return (
        (folder / "poetry.lock").read_bytes(),
        (folder / "pyproject.toml").read_bytes(),
    )


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_of_real_poetry_is_fresh(name: str) -> None:
    assert staleness("poetry.lock", *asset(name)) is None


@pytest.mark.parametrize("name", LOCKED)
def test_line_ends_do_not_count(name: str) -> None:
    lock, source = asset(name)
    lock, source = lock.replace(b"\n", b"\r\n"), source.replace(b"\n", b"\r\n")

    assert staleness("poetry.lock", lock, source) is None


@pytest.mark.parametrize("name", LOCKED)
def test_what_no_solve_depends_on_does_not_count(name: str) -> None:
    lock, source = asset(name)
    source = source.replace(b'version = "1.0"', b'version = "2.0"')
    source += b"\n[tool.black]\nline-length = 100\n"

    assert staleness("poetry.lock", lock, source) is None


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("2.5.1-tool-poetry", '"^3.9"', '"^3.10"'),
        ("2.5.1-tool-poetry", "optional = true\n\n", "\n"),
        ("2.5.1-tool-poetry", 'more = ["helper"]', 'less = ["helper"]'),
        ("2.5.1-tool-poetry", "index.example", "other.example"),
        ("2.5.1-pep621", '">=3.9"', '">=3.10"'),
        ("2.5.1-pep621", "dependencies = []", 'dependencies = ["numpy"]'),
        ("2.5.1-pep621", "more = []", 'more = ["numpy"]'),
        ("2.5.1-groups", "test = []", 'test = ["pytest"]'),
        ("2.5.1-mixed", "develop = true", "develop = false"),
        ("2.5.1-legacy-dev", 'helper = { path = "helper" }', ""),
        ("2.1.4-groups", '">=3.9"', '">=3.10"'),
        ("1.8.5-mixed", "develop = true", "develop = false"),
        ("1.1.15-legacy-dev", '"^3.9"', '"^3.10"'),
    ],
)
def test_a_changed_dependency_makes_the_lock_stale(
    name: str, old: str, new: str
) -> None:
    lock, source = asset(name)
    changed = source.decode().replace(old, new).encode()

    assert changed != source
    assert staleness("app/poetry.lock", lock, changed) == (
        "the dependencies in app/pyproject.toml changed after app/poetry.lock was made"
        " (its content-hash differs)"
    )


def test_groups_count_from_poetry_2_3_on_only() -> None:
    lock, source = asset("2.1.4-groups")
    changed = source.replace(b"test = []", b'test = ["pytest"]')

    assert staleness("poetry.lock", lock, changed) is None

    said = lock.replace(b"Poetry 2.1.4", b"Poetry 2.3.0")
    assert staleness("poetry.lock", said, source) is not None


@pytest.mark.parametrize("first", [b"", b"# by Poetry, once", b"# by Poetry soon"])
def test_without_the_version_of_its_poetry_the_newest_rules_hold(first: bytes) -> None:
    lock, source = asset("2.1.4-groups")
    lock = first + lock[lock.index(b"\n") :]

    assert staleness("poetry.lock", lock, source) is not None


def test_poetry_1_knows_of_its_own_table_alone() -> None:
    lock, source = asset("1.8.5-mixed")
    changed = source.replace(b'requires-python = ">=3.9"', b'requires-python = ">=3.8"')

    assert staleness("poetry.lock", lock, changed) is None

    of_poetry_2 = lock.replace(b'lock-version = "2.0"', b'lock-version = "2.1"')
    assert staleness("poetry.lock", of_poetry_2, source) is not None


def test_a_lock_without_content_hash_belongs_to_nothing() -> None:
    reason = staleness("poetry.lock", b'[metadata]\nlock-version = "2.1"\n', b"[tool]")

    assert reason == (
        "poetry.lock has no content-hash: nothing says which pyproject.toml it was made"
        " from"
    )


@pytest.mark.parametrize(
    ("lock", "source", "message"),
    [
        (b"[", b"a = 1", "a/poetry.lock:1: not valid TOML: "),
        (LOCK, b"a = ", "a/pyproject.toml:1: not valid TOML: "),
        (b"metadata = 1", b"a = 1", "a/poetry.lock: metadata: expected a table"),
        (
            b"[metadata]\ncontent-hash = 1",
            b"a = 1",
            "a/poetry.lock: metadata.content-hash: expected a string",
        ),
        (LOCK, b"project = 1", "a/pyproject.toml: project: expected a table"),
        (LOCK, b"tool = 1", "a/pyproject.toml: tool: expected a table"),
        (LOCK, b"[tool]\npoetry = 1", "a/pyproject.toml: tool.poetry: expected a"),
        (
            LOCK,
            b"[project]\ndependencies = 1979-05-27",
            "a/pyproject.toml: a value that Poetry cannot lock: object of type date",
        ),
    ],
)
def test_what_cannot_be_read_is_an_error(
    lock: bytes, source: bytes, message: str
) -> None:
    with pytest.raises(LockError) as raised:
        staleness("a/poetry.lock", lock, source)

    assert str(raised.value).startswith(message)


def test_a_lock_version_that_is_none_follows_the_newest_rules() -> None:
    lock = LOCK.replace(b"2.1", b"new")

    assert staleness("poetry.lock", lock, b"[tool.poetry]\n") is not None

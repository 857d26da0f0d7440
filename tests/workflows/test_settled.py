"""Locks that came out as they are are not made again until something changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.workflows.lock import LockOptions
from support.lock_bench import Bench, open_bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTLED = (
    "poetry.lock is up to date: nothing it is made from has changed"
    " (`-- --upgrade` looks for newer releases)"
)
FOLDER = """
[[package]]
name = "near"
version = "1"
optional = false
python-versions = "*"
groups = ["main"]
files = []

[package.source]
type = "directory"
url = "../near"
"""
GIT = FOLDER.replace('"directory"', '"git"').replace(
    'url = "../near"',
    f'url = "../near"\nreference = "main"\nresolved_reference = "{"0" * 40}"',
)


@pytest.fixture(name="bench", scope="module")
def _bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as bench:
        bench.remembers = True
        yield bench


@pytest.fixture(autouse=True)
def _locked(bench: Bench) -> None:
    bench.lock.write_text(bench.text("spam 1.0"))


def ran(bench: Bench, options: LockOptions | None = None) -> bool:
    """Lock, and return whether the tool was run."""
    seen = bench.root.parent / "seen.json"
    seen.unlink(missing_ok=True)
    bench.run(options or LockOptions())
    return seen.exists()


@pytest.mark.parametrize("changed", [False, True], ids=["unchanged", "written"])
def test_a_lock_is_made_once(bench: Bench, *, changed: bool) -> None:
    text = bench.text(f"once {int(changed)}.0")
    bench.lock.write_text(bench.text("once 2.0") if changed else text)
    outcome = bench.make(text)

    again = ran(bench)

    assert outcome.written is changed
    assert not again
    assert bench.said() == [SETTLED]
    assert bench.lock.read_text() == text


@pytest.mark.parametrize(
    "options", [LockOptions(upgrade=True), LockOptions(update=("spam",))]
)
def test_newer_releases_are_asked_for_all_the_same(
    bench: Bench, options: LockOptions
) -> None:
    bench.make(bench.text("spam 1.0"))

    assert ran(bench, options)


def lock_edited(bench: Bench) -> None:
    bench.lock.write_text(bench.text("spam 1.0") + "# edited\n")


def project_edited(bench: Bench) -> None:
    file = bench.root / "pyproject.toml"
    file.write_text(f"{file.read_text()}\n# edited\n")


def configuration_edited(bench: Bench) -> None:
    (bench.root / "poetry.toml").write_text(bench.text("spam 1.0") + "\n")


@pytest.mark.parametrize("edit", [lock_edited, project_edited, configuration_edited])
def test_what_changed_is_locked_again(
    bench: Bench, edit: Callable[[Bench], None]
) -> None:
    bench.make(bench.text("spam 1.0"))
    assert not ran(bench)

    edit(bench)

    assert ran(bench)


def test_a_folder_that_is_locked_is_watched(bench: Bench) -> None:
    near = bench.root.parent / "near"
    near.mkdir()
    (near / "pyproject.toml").write_text('[project]\nname = "near"\nversion = "1"\n')
    head, metadata, tail = bench.text("spam 1.0").partition("[metadata]")
    bench.make(f"{head}{FOLDER}{metadata}{tail}")
    assert not ran(bench)

    (near / "setup.py").touch()

    assert ran(bench)


def test_a_branch_cannot_be_watched(bench: Bench) -> None:
    head, metadata, tail = bench.text("spam 1.0").partition("[metadata]")
    bench.make(f"{head}{GIT}{metadata}{tail}")

    assert ran(bench)


def test_a_failure_is_not_remembered(bench: Bench, tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(Exception, match="failing"):
        bench.make("failing: for now")

    with pytest.raises(Exception, match="failing"):
        bench.run(LockOptions())


def test_a_check_of_what_is_known_says_the_same(bench: Bench) -> None:
    check = LockOptions(check=True)
    first = bench.run(check)
    said = bench.said()

    again = bench.run(check)

    assert first == again
    assert bench.said() == said == ["poetry.lock is fresh"]
    project_edited(bench)
    bench.lock.write_text(bench.text("spam 1.0", content="0" * 64))
    assert bench.run(check)[0].stale

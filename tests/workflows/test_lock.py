"""`nox -s lock`: a real environment for the tool, and a small tool in Poetry's place.

The project pins, in its group `lock`, a wheel named poetry whose program takes the lock
that it is to write from poetry.toml.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError, NoxlockError, SolveError, StaleLockError
from noxlock.locks import parse_lock
from noxlock.model import ChangeKind, Definitions, LockDefinition
from noxlock.workflows.lock import (
    LockOptions,
    LockOutcome,
    parse_options,
    run_lock,
)
from noxlock.workflows.lock_tool import GROUP, pinned
from noxlock.workflows.project import Project
from noxlock.workflows.tool_lock import replace_lock
from support.lock_bench import Bench, LoopbackParts, open_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="bench", scope="module")
def _bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture(autouse=True)
def _locked(bench: Bench) -> None:
    bench.lock.write_text(bench.text("spam 1.0"))


def identity(path: Path) -> tuple[int, int, bytes]:
    """Return what changes when a file is written: not its time of access."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()


def test_what_changed_is_written_at_once_and_said(bench: Bench) -> None:
    bench.lock.chmod(0o640)
    text = bench.text("ham 2.0", "spam 1.1")
    outcome = bench.make(text)
    assert outcome.written
    assert outcome.difference is not None
    assert [(c.name, c.kind) for c in outcome.difference.changes] == [
        ("ham", ChangeKind.ADDED),
        ("spam", ChangeKind.UPGRADED),
    ]
    assert bench.lock.read_text() == text
    assert bench.lock.stat().st_mode & 0o777 == 0o640
    assert bench.said() == [
        "poetry.lock written: 1 upgraded, 1 added; 1 unchanged",
        "  added     ham   2.0         main  transitive",
        "  upgraded  spam  1.0 -> 1.1  main  transitive",
    ]
    assert bench.arguments == ["--no-interaction", "--no-ansi", "lock"]
    assert sorted(path.name for path in bench.root.iterdir()) == [
        ".nox",
        "poetry.lock",
        "poetry.toml",
        "pyproject.toml",
    ]


def test_nothing_is_touched_when_nothing_changed(bench: Bench) -> None:
    before = identity(bench.lock)
    outcome = bench.make(bench.text("spam 1.0"))
    assert outcome == LockOutcome(lock="poetry.lock")
    assert bench.said() == ["poetry.lock is up to date"]
    assert identity(bench.lock) == before


def test_a_description_that_changed_on_the_index_touches_nothing(bench: Bench) -> None:
    head, metadata, tail = bench.text("spam 1.0").partition("[metadata]")
    assert metadata
    bench.lock.write_text(f'{head}description = "old"\n{metadata}{tail}')
    before = identity(bench.lock)
    outcome = bench.make(f'{head}description = "new"\n{metadata}{tail}')
    assert not outcome.written
    assert identity(bench.lock) == before


def test_a_change_outside_the_packages_is_said_too(bench: Bench) -> None:
    outcome = bench.make(f"# another writer\n{bench.text('spam 1.0')}")
    assert outcome.written
    assert outcome.difference is not None
    assert outcome.difference.is_empty
    assert bench.said() == ["poetry.lock written: only its metadata changed"]


def test_options_reach_the_tool(bench: Bench) -> None:
    bench.make(bench.text("spam 1.1"), LockOptions(update=("spam",)))
    assert bench.arguments[2:] == ["update", "--lock", "spam"]
    assert bench.said()[0] == "poetry.lock written: 1 upgraded; 1 unchanged"
    bench.make(bench.text("spam 1.1"), LockOptions(upgrade=True))
    assert bench.arguments[2:] == ["lock", "--regenerate"]


def test_a_failure_leaves_the_lock(bench: Bench) -> None:
    before = identity(bench.lock)
    with pytest.raises(SolveError, match="failing: no such spam") as caught:
        bench.make("failing: no such spam")
    assert caught.value.file == "pyproject.toml"
    assert identity(bench.lock) == before


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("[[package]]\n", NoxlockError, id="no lock"),
        pytest.param("{stale}", StaleLockError, id="stale at once"),
    ],
)
def test_a_lock_that_is_no_good_is_not_written(
    bench: Bench, text: str, error: type[NoxlockError]
) -> None:
    before = bench.lock.read_bytes()
    with pytest.raises(error):
        bench.make(text.format(stale=bench.text(content="0" * 64)))
    assert bench.lock.read_bytes() == before


def test_a_lock_that_cannot_be_written_leaves_nothing_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, f"no space left for {descriptor}")

    monkeypatch.setattr(os, "fsync", full)
    before = bench.lock.read_bytes()
    with pytest.raises(SolveError, match="no space left"):
        bench.make(bench.text("spam 2.0"))
    assert bench.lock.read_bytes() == before
    assert not [
        path for path in bench.root.iterdir() if path.name.startswith(".poetry")
    ]


def test_a_lock_that_cannot_be_read_is_no_crash(bench: Bench) -> None:
    bench.lock.unlink()
    bench.lock.mkdir()
    with pytest.raises(NoxlockError, match="the lock cannot be read: Is a directory"):
        bench.run(LockOptions())
    bench.lock.rmdir()


def test_a_linked_lock_is_written_through_its_link(
    bench: Bench, tmp_path: Path
) -> None:
    bench.lock.rename(tmp_path / "real.lock")
    bench.lock.symlink_to(tmp_path / "real.lock")
    text = bench.text("spam 1.2")
    try:
        bench.make(text)
        assert bench.lock.is_symlink()
        assert (tmp_path / "real.lock").read_text() == text
    finally:
        bench.lock.unlink()


def test_a_first_lock_is_like_any_new_file(bench: Bench) -> None:
    """It has the mode of any new file."""
    first = bench.root.parent / "first"
    first.mkdir()
    replace_lock(first / "poetry.lock", b"new")
    umask = os.umask(0)
    os.umask(umask)
    assert (first / "poetry.lock").stat().st_mode & 0o777 == 0o666 & ~umask
    assert [path.name for path in first.iterdir()] == ["poetry.lock"]


def test_check_says_fresh_or_stale_and_runs_no_tool(bench: Bench) -> None:
    seen = bench.root.parent / "seen.json"
    seen.unlink(missing_ok=True)
    check = LockOptions(check=True)
    assert bench.run(check)[0].stale is None
    assert bench.said() == ["poetry.lock is fresh"]
    bench.lock.write_text(bench.text(content="0" * 64))
    assert "content-hash" in str(bench.run(check)[0].stale)
    bench.lock.unlink()
    assert bench.run(check)[0].stale == "there is no such file"
    assert bench.said() == ["warning: poetry.lock is stale: there is no such file"]
    assert not seen.exists()


@pytest.mark.parametrize(
    ("locks", "what", "key"),
    [
        pytest.param({}, "no lock is declared", "locks", id="none"),
        pytest.param(
            {"uv.lock": LockDefinition()},
            "no tool regenerates a lock of this name; known: poetry.lock",
            "locks.uv.lock",
            id="unknown lock",
        ),
        pytest.param(
            {"poetry.lock": LockDefinition(source="sub/pyproject.toml")},
            "poetry makes it from the pyproject.toml beside it",
            "locks.poetry.lock.from",
            id="source elsewhere",
        ),
    ],
)
def test_a_lock_that_no_tool_can_make_is_refused(
    bench: Bench, locks: dict[str, LockDefinition], what: str, key: str
) -> None:
    project = Project.open(bench.root, Definitions(locks=locks))
    with pytest.raises(DefinitionError, match=re.escape(what)) as caught:
        run_lock(project, LockOptions(), bench.parts, folder=bench.root / ".nox")
    assert caught.value.key == key


def test_a_missing_source_is_named(bench: Bench, tmp_path: Path) -> None:
    project = Project.open(tmp_path, Definitions(locks=bench.locks))
    with pytest.raises(SolveError, match="there is no such file") as caught:
        run_lock(project, LockOptions(check=True), bench.parts, folder=tmp_path)
    assert caught.value.file == "pyproject.toml"


@pytest.mark.parametrize(
    ("offline", "variable"), [(True, {}), (False, {"PIP_NO_INDEX": "1"})]
)
def test_no_lock_is_made_without_an_index(
    bench: Bench, *, offline: bool, variable: dict[str, str]
) -> None:
    environ = {**bench.parts.environ, **variable}
    parts = LoopbackParts(
        bench.root, offline=offline, environ=environ, home=bench.parts.home
    )
    project = Project.open(bench.root, Definitions(locks=bench.locks))
    with pytest.raises(SolveError, match="without an index") as caught:
        run_lock(project, LockOptions(), parts, folder=bench.root / ".nox")
    assert "--check" in str(caught.value.hint)


@pytest.mark.parametrize("text", [None, "[[package]]\n", "group"])
def test_noxlock_pins_the_tool_where_the_project_does_not(
    bench: Bench, text: str | None
) -> None:
    """The index here has none of its pins, and the first one it lacks is named."""
    if text is None:
        bench.lock.unlink()
    else:
        bench.lock.write_text(bench.text(group="main") if text == "group" else text)
    with pytest.raises(NoxlockError, match=r"anyio|build|poetry|cachecontrol"):
        bench.make(bench.text())
    made_anew = [line for line in bench.said() if "is made anew" in line]
    assert len(made_anew) == (text == "[[package]]\n")


def test_a_tool_that_is_too_old_is_not_used(bench: Bench) -> None:
    text = bench.text().replace('version = "9.9"', 'version = "1.1.15"')
    bench.lock.write_text(text)
    with pytest.raises(NoxlockError, match=r"anyio|build|poetry|cachecontrol"):
        bench.make(bench.text())
    assert bench.parts.said.lines[0] == (
        "warning: group `lock` pins poetry 1.1.15, which is too old (poetry>=2.2 is"
        " not): noxlock's own is used"
    )


def test_the_roots_of_an_old_lock_may_pin_the_tool() -> None:
    project = (
        '[tool.poetry]\nname = "demo"\nversion = "0"\nauthors = []\n'
        '[tool.poetry.dependencies]\npython = "^3.11"\n'
        '[tool.poetry.group.lock.dependencies]\npoetry = "*"\n'
    )
    old = (
        '[metadata]\nlock-version = "2.0"\npython-versions = "^3.11"\n'
        'content-hash = "0"\n[[package]]\nname = "poetry"\nversion = "1.8"\n'
        'description = ""\noptional = false\npython-versions = "*"\nfiles = []\n'
    )
    beside = {"pyproject.toml": project.encode()}.get
    lock = parse_lock("poetry.lock", old.encode(), beside=beside)
    assert GROUP in lock.groups
    assert pinned(lock, "poetry") == "1.8"
    assert pinned(lock, "uv") is None


@pytest.mark.parametrize(
    ("posargs", "options"),
    [
        ([], LockOptions()),
        (["--check"], LockOptions(check=True)),
        (["-U"], LockOptions(upgrade=True)),
        (["--upgrade"], LockOptions(upgrade=True)),
        (["--update", "spam", "-P", "ham"], LockOptions(update=("spam", "ham"))),
        (["--update=spam"], LockOptions(update=("spam",))),
    ],
)
def test_options_follow_the_dashes(posargs: list[str], options: LockOptions) -> None:
    assert parse_options(posargs) == options


@pytest.mark.parametrize(
    ("posargs", "what"),
    [
        (["--chekc"], "unrecognized arguments: --chekc"),
        (["--check", "--upgrade"], "not allowed with"),
        (["--update"], "expected at least one argument"),
        (["spam"], "unrecognized arguments: spam"),
    ],
)
def test_other_options_are_refused(posargs: list[str], what: str) -> None:
    with pytest.raises(DefinitionError, match=what) as caught:
        parse_options(posargs)
    assert "--update NAME" in str(caught.value.hint)

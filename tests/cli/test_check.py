"""`noxlock check` says of each lock whether it is fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.command import in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]


def make_stale(project: Path) -> None:
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(text.replace('"spam"', '"spam>1"'))


def test_a_project_without_definitions_has_its_poetry_lock_checked(
    project: Path, noxlock: Noxlock
) -> None:
    assert noxlock("check") == (0, "all is well\npoetry.lock: fresh\n", "")
    make_stale(project)
    ended = noxlock("check")
    assert ended.status == 1
    assert ended.out.startswith("one problem\npoetry.lock: stale: ")
    assert ended.err == "hint: lock again with `nox -s lock`\n"


def test_every_lock_that_is_declared_or_used_is_checked(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "sessions").mkdir()
    (project / "sessions/all.yml").write_text(
        "locks: {sub/poetry.lock: {from: sub/pyproject.toml}}\n"
        "environments: {cpu: {pypi: requirements.txt}}\n"
        "sessions: {test: {environment: {pypi: poetry.lock}, run: pytest}}\n"
    )
    (project / "sub").mkdir()
    for name in ("pyproject.toml", "poetry.lock"):
        (project / "sub" / name).write_text((project / name).read_text())
    digest = "c" * 64
    (project / "requirements.txt").write_text(f"eggs==1.0 --hash=sha256:{digest}\n")
    make_stale(project / "sub")
    ended = noxlock("check")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert lines[:3] == [
        "one problem",
        "poetry.lock: fresh",
        "requirements.txt: readable; its format does not say what it is from",
    ]
    assert lines[3].startswith("sub/poetry.lock: stale: ")
    assert lines[4:] == [
        "cpu: every package has an artifact for linux-64",
        "sessions.test: every package has an artifact for linux-64",
    ]


def test_what_cannot_be_read_is_bad_input(project: Path, noxlock: Noxlock) -> None:
    (project / "pyproject.toml").unlink()
    ended = noxlock("check")
    assert ended.status == 2
    assert ended.err.startswith("error: poetry.lock: there is no pyproject.toml beside")
    (project / "poetry.lock").write_text("[[package]]\n")
    assert noxlock("check").status == 2
    (project / "poetry.lock").unlink()
    ended = noxlock("check")
    assert ended.status == 2
    assert "no lock is declared" in ended.err
    assert "hint: `noxlock init`" in ended.err


def test_a_noxfile_that_cannot_be_loaded_is_named(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "noxfile.py").write_text("1 / 0\n")
    ended = noxlock("check")
    assert ended.status == 2
    assert "noxfile.py: it cannot be loaded: ZeroDivisionError" in ended.err


@pytest.mark.parametrize("text", ["import nox\n", "import noxlock\n"])
def test_a_noxfile_that_declares_nothing_leaves_the_poetry_lock(
    project: Path, text: str
) -> None:
    (project / "noxfile.py").write_text(text)
    assert in_a_process("check") == (0, "all is well\npoetry.lock: fresh\n", "")


def test_bad_definitions_in_a_noxfile_are_bad_input(project: Path) -> None:
    (project / "noxfile.py").write_text('import noxlock\nnoxlock.load("absent")\n')
    ended = in_a_process("check")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert "absent" in ended.err
    assert "Traceback" not in ended.err

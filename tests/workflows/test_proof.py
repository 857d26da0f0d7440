"""Baselines that are not what was recorded: told by file, and what restores it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.model import Tolerance, Verdict
from noxlock.workflows.proof import is_in, same_bytes
from support.checks import reasons

if TYPE_CHECKING:
    from pathlib import Path

    from support.checks import Project

SIZE = 1 << 16


def test_a_file_is_in_its_folder_and_in_no_other_of_a_like_name() -> None:
    assert is_in("model", "model")
    assert is_in("model/a.txt", "model")
    assert not is_in("model-2/a.txt", "model")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"", b""),
        (b"a", b""),
        (b"a" * SIZE, b"a" * SIZE),
        (b"a" * SIZE + b"b", b"a" * SIZE + b"b"),
        (b"a" * SIZE + b"b", b"a" * SIZE + b"c"),
        (b"b" + b"a" * SIZE, b"c" + b"a" * SIZE),
    ],
)
def test_files_are_the_same_where_all_bytes_are(
    tmp_path: Path, one: bytes, other: bytes
) -> None:
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)

    assert same_bytes(tmp_path / "one", tmp_path / "other") is (one == other)


@pytest.fixture
def folders(project: Project) -> Project:
    """Return a project whose baseline has a folder of two files."""
    project.change(outputs={**project.check.outputs, "many": Tolerance()})
    project.script(
        "(folder / 'many').mkdir()\n"
        "(folder / 'many' / 'a.txt').write_text('a')\n"
        "(folder / 'many' / 'b.txt').write_text('b')\n"
    )
    assert project.run(accept=True).accepted
    assert project.run().verdict is Verdict.IDENTICAL
    return project


def test_a_file_that_nobody_recorded_is_told(folders: Project) -> None:
    (folders.baseline / "outputs" / "many" / "c.txt").write_text("c")

    report = folders.run()

    assert not report.verdict.passed
    reason = reasons(report)["many"]
    assert "repro/digits/outputs/many/c.txt is in the baseline, and its" in reason


def test_a_file_that_is_gone_is_told(folders: Project) -> None:
    (folders.baseline / "outputs" / "many" / "b.txt").unlink()

    report = folders.run()

    assert not report.verdict.passed
    reason = reasons(report)["many"]
    assert "repro/digits/outputs/many/b.txt is gone from the baseline" in reason


def test_a_baseline_that_was_edited_names_the_file_and_what_restores_it(
    folders: Project,
) -> None:
    (folders.baseline / "outputs" / "many" / "b.txt").write_text("by hand")

    reason = reasons(folders.run())["many"]

    path = "repro/digits/outputs/many/b.txt"
    assert f"{path} was changed since it was recorded: its sha256 differs" in reason
    assert "`noxlock verify digits` tells more" in reason
    assert f"`git checkout -- {path}` restores it" in reason

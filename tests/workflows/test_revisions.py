"""`REVISION:PATH` is told from the names of files."""

from __future__ import annotations

import pytest

from noxlock.workflows.revisions import split_revision


@pytest.mark.parametrize(
    ("typed", "split"),
    [
        ("HEAD~1:a/b", ("HEAD~1", "a/b")),
        ("main@{10:30}:a", ("main@{10:30}", "a")),
        ("HEAD:", ("HEAD", "")),
        (r"C:\results\a.json", None),
        ("C:/results/a.json", None),
        ("a.json", None),
        (":a.json", None),
    ],
)
def test_revision_and_path_are_told_apart(
    typed: str, split: tuple[str, str] | None
) -> None:
    assert split_revision(typed) == split

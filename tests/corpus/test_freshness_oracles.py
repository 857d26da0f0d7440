"""Every poetry.lock of the corpus: fresh where Poetry 2.5 itself says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from noxlock.locks.freshness import staleness
from support.oracles import CORPUS, folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

STALE = "content-hash stale for this poetry"

# The oracle asked Poetry of a pyproject.toml that it had changed (the commit of a git
# dependency written in): the lock belongs to the one that stands beside it.
CHANGED = {"vwxyzjn__cleanrl--2021-09-11"}


@pytest.mark.parametrize("folder", folders("poetry"), ids=lambda folder: folder.name)
def test_a_lock_is_stale_where_poetry_says_so(folder: Path) -> None:
    notes = json.loads((folder / "oracle.json").read_text("utf-8"))["notes"]
    stale = any(STALE in note for note in notes) and folder.name not in CHANGED

    reason = staleness(
        "poetry.lock",
        (folder / "poetry.lock").read_bytes(),
        (folder / "pyproject.toml").read_bytes(),
    )

    assert (reason is not None) == stale


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_what_the_oracle_changed_is_a_dependency(name: str) -> None:
    folder = CORPUS / "poetry" / name
    notes = json.loads((folder / "oracle.json").read_text("utf-8"))["notes"]

    assert any("rev of gym taken from the lock" in note for note in notes)

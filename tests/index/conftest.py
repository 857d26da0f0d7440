"""Nothing of the person who runs the tests reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.fetching import Fetching

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away the proxy and the netrc of the machine."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def fetch(tmp_path: Path) -> Fetching:
    """Fetch into an empty folder."""
    folder = tmp_path / "into"
    folder.mkdir()
    return Fetching(folder)

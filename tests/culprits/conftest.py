"""A project to ask, and a store that all tests share: wheels are unpacked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.why_project import open_why_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.why_project import WhyProject


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that starts empty."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(tmp_path: Path, store: Path) -> Iterator[WhyProject]:
    """Return a project in a git repository, with an index on loopback."""
    with open_why_project(tmp_path, store) as made:
        yield made

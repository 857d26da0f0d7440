"""A workshop for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workshop import Workshop, open_workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """Return an empty project with an index, a store and a builder."""
    with open_workshop(tmp_path) as workshop:
        yield workshop

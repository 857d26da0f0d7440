"""A project with outputs to be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.baselines import Golden

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def golden(tmp_path: Path) -> Golden:
    """Return a project without a baseline."""
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    return Golden(tmp_path / "project", environ)

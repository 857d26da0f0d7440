"""A store that all drifts share: what two locks have in common is unpacked once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from support.drift_project import open_drift_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.drift_project import Drift, DriftProject


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that starts empty."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(tmp_path: Path, store: Path) -> Iterator[Callable[[Drift], DriftProject]]:
    """Return what makes the project of a drift, with an index on loopback."""
    with ExitStack() as stack:
        yield lambda drift: stack.enter_context(
            open_drift_project(tmp_path, store, drift)
        )

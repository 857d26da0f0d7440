"""Keep what setuptools leaves in a project out of it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["without_leftovers"]


@contextmanager
def without_leftovers(project: Path) -> Iterator[None]:
    """Remove `build` and `*.egg-info` folders that appear in *project* meanwhile.

    A `build` that an editable installation reads from stays, and what was there.
    """
    before = set(_leftovers(project))
    try:
        yield
    finally:
        for folder in set(_leftovers(project)) - before:
            if not any(folder.glob("__editable__*")):
                shutil.rmtree(folder, ignore_errors=True)


def _leftovers(project: Path) -> Iterator[Path]:
    yield from (path for path in project.glob("build") if path.is_dir())
    yield from project.glob("*.egg-info")
    yield from project.glob("src/*.egg-info")

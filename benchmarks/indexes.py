"""Start `benchmarks.server`: apart from it, which imports much."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.surroundings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["serve_wheels"]


@contextmanager
def serve_wheels(
    folder: Path, python: Path, static: Path | None = None
) -> Iterator[str]:
    """Serve the wheels of *folder* until the block ends; yields the simple page.

    The files of *static* are at `/static/` instead of its `/simple/`.
    """
    command = [str(python), "-m", "benchmarks.server", str(folder)]
    if static is not None:
        command.append(str(static))
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()

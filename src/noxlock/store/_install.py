"""Carry out a recipe: stored files into a virtual environment, and those of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.store._crew import run_crew
from noxlock.store._manifest import refuse
from noxlock.store._recipe import row
from noxlock.store._schemes import schemes
from noxlock.store._scripts import entry_script, for_interpreter

if TYPE_CHECKING:
    from noxlock.model import Interpreter
    from noxlock.store._place import LinkMode
    from noxlock.store._recipe import Recipe, Rows, Script
    from noxlock.store._schemes import Schemes
    from noxlock.store._worker import Marks

__all__ = ["carry_out"]


def carry_out(
    recipe: Recipe,
    prefix: Path,
    interpreter: Interpreter,
    mode: LinkMode,
    *,
    quick: bool,
) -> tuple[dict[str, tuple[int, int]], Marks]:
    """Check and place everything, then write the rest.

    Args:
        recipe: What there is to do.
        prefix: Where.
        interpreter: What runs the environment.
        mode: How files are placed: never `auto`.
        quick: Whether sizes and times are enough of a check.

    Returns:
        Size and mtime in nanoseconds of what was placed, by its path relative to the
        prefix; not of bytecode. And digests that are new, for `Recipe.marked`.

    Raises:
        OSError: The prefix is not writable.
        StoreError: A stored file is damaged.
    """
    damaged, marks = run_crew(mode, recipe.groups, quick=quick, prefix=prefix)
    refuse(damaged, recipe.entries)
    places = schemes(prefix, interpreter.target, "")
    overridden = frozenset(recipe.overridden)
    for wheel in recipe.wheels:
        _write_own(wheel, prefix, places, overridden)
    placed = {
        target + file[0]: (file[2], file[3] * 1_000_000_000)
        for _, _, target, files in recipe.groups
        if target is not None and not target.endswith("/__pycache__/")
        for file in files
    }
    return placed, marks


def _write_own(
    wheel: Rows, prefix: Path, places: Schemes, overridden: frozenset[str]
) -> None:
    """Write what a wheel has in this environment alone, its RECORD last."""
    for path, data in wheel.plain:
        _write(f"{prefix}/{path}", data, executable=False)
    lines = [wheel.text]
    for script in wheel.scripts:
        data = _content(script, places)
        lines.append(row(script.listed, data))
        if script.target not in overridden:
            _write(f"{prefix}/{script.target}", data, executable=True)
    _write(f"{prefix}/{wheel.record}", "".join(lines).encode(), executable=False)


def _content(script: Script, places: Schemes) -> bytes:
    if script.point is not None:
        return entry_script(script.point, places)
    return for_interpreter(Path(script.source).read_bytes(), places.python)


def _write(target: str, data: bytes, *, executable: bool) -> None:
    """Write a file in place of what is there: never into it, it may be a link."""
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    Path(target).unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(target, flags, 0o777 if executable else 0o666)
    with open(handle, "wb") as stream:  # noqa: PTH123
        stream.write(data)

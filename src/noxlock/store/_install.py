"""Carry out a recipe: stored files into a virtual environment, and those of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.store._crew import run_crew
from noxlock.store._groups import refuse
from noxlock.store._place import LinkMode
from noxlock.store._recipe import row
from noxlock.store._recycling import prepare
from noxlock.store._schemes import schemes
from noxlock.store._scripts import entry_script, for_interpreter

if TYPE_CHECKING:
    from noxlock.model import Interpreter
    from noxlock.store._place import Manner
    from noxlock.store._recipe import Recipe, Rows, Script
    from noxlock.store._schemes import Schemes
    from noxlock.store.wheels import Recycled

__all__ = ["carry_out"]


def carry_out(
    recipe: Recipe,
    prefix: Path,
    interpreter: Interpreter,
    manner: Manner,
    recycled: Recycled | None = None,
) -> dict[str, tuple[int, int]]:
    """Check and place everything, then write the rest.

    Args:
        recipe: What there is to do.
        prefix: Where.
        interpreter: What runs the environment.
        manner: How files are checked and placed.
        recycled: What an older environment left there; None: nothing.

    Returns:
        Size and mtime in nanoseconds of what is there now, by its path relative to the
        prefix; not of bytecode.

    Raises:
        OSError: The prefix is not writable.
        StoreError: A stored file is damaged.
    """
    groups, older = recipe.groups, None
    if recycled is not None:
        linked = manner.mode is LinkMode.HARDLINK
        groups, older = prepare(prefix, recycled, groups, linked=linked)
    damaged = run_crew(
        manner.mode, groups, quick=manner.quick, prefix=prefix, older=older
    )
    refuse(damaged, recipe.entries)
    places = schemes(prefix, interpreter.target, "")
    overridden = frozenset(recipe.overridden)
    there = {
        target + file[0]: (file[2], file[3] * 1_000_000_000)
        for _, _, target, files in recipe.groups
        if target is not None and "/__pycache__/" not in f"/{target}"
        for file in files
    }
    for wheel in recipe.wheels:
        _write_own(wheel, prefix, places, overridden, there)
    return there


def _write_own(
    wheel: Rows,
    prefix: Path,
    places: Schemes,
    overridden: frozenset[str],
    there: dict[str, tuple[int, int]],
) -> None:
    """Write what a wheel has in this environment alone, its RECORD last."""
    for path, data in wheel.plain:
        there[path] = _write(f"{prefix}/{path}", data, executable=False)
    lines = [wheel.text]
    for script in wheel.scripts:
        data = _content(script, places)
        lines.append(row(script.listed, data))
        if script.target not in overridden:
            path = f"{prefix}/{script.target}"
            there[script.target] = _write(path, data, executable=True)
    data = "".join(lines).encode()
    there[wheel.record] = _write(f"{prefix}/{wheel.record}", data, executable=False)


def _content(script: Script, places: Schemes) -> bytes:
    if script.point is not None:
        return entry_script(script.point, places)
    return for_interpreter(Path(script.source).read_bytes(), places.python)


def _write(target: str, data: bytes, *, executable: bool) -> tuple[int, int]:
    """Write a file in place of what is there: never into it, it may be a link."""
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    Path(target).unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(target, flags, 0o777 if executable else 0o666)
    with open(handle, "wb") as stream:  # noqa: PTH123
        stream.write(data)
        stream.flush()
        status = os.fstat(handle)
    return status.st_size, status.st_mtime_ns

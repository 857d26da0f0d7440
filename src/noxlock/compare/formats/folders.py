"""Compares folders: every file beneath, each by the format that it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from noxlock.compare._files import Side, is_empty, reason_of
from noxlock.compare.formats import compare_sides, format_of
from noxlock.compare.formats._hunks import printable
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.compare._job import Job

__all__ = ["compare", "files"]


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two folders file by file; a file that one lacks is a drift.

    Tolerance keys name files by their path inside the folder, and what is in them
    beneath. A file that cannot be compared makes the folder not comparable, after all
    others were compared. Empty folders in them, dates and permissions are not compared;
    two empty files are the same.

    Raises:
        CompareError: One is no folder, is empty, cannot be read, or has a link that
            leads out of it.
    """
    old, new = files(baseline), files(actual)
    for name in sorted({*old, *new}):
        if name not in new:
            job.beneath(name)  # a tolerance of it is no mistake
            job.tally.note(f"missing: {printable(name)}")
        elif name not in old:
            job.beneath(name)
            job.tally.note(f"new: {printable(name)}")
        else:
            part = job.part(name)
            sides = Side(baseline.who, old[name]), Side(actual.who, new[name])
            try:
                _compare_files(*sides, part)
            except CompareError as error:
                part.tally.fail(reason_of(error))
            if part.tally.lines:
                part.tally.lines.insert(0, f"=== {printable(name)}")


def _compare_files(baseline: Side, actual: Side, part: Job) -> None:
    if is_empty(baseline.path) and is_empty(actual.path):
        part.tally.same()
    else:
        compare_sides(baseline, actual, part)


def files(side: Side) -> dict[str, Path]:
    """Return what is beneath a folder, by its path inside it with forward slashes.

    A folder that is one output, as a Zarr store is, is not looked into.

    Raises:
        CompareError: It is no folder, holds nothing, cannot be read, or has a link that
            leads out of it, around in a circle, or nowhere.
    """
    if not side.path.exists():
        raise side.error("is missing")
    if not side.path.is_dir():
        raise side.error("is a file, no folder")
    try:
        root = side.path.resolve(strict=True)
        found = dict(_walk(side, side.path, root, (root,)))
    except OSError as error:
        raise side.error(f"cannot be read: {error.strerror or error}") from error
    if not found:
        raise side.error("is an empty folder")
    return found


def _walk(
    side: Side, folder: Path, root: Path, outer: tuple[Path, ...]
) -> Iterator[tuple[str, Path]]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        path = folder / name
        place = path.relative_to(side.path).as_posix()
        target = _target(side, path, root, place) if path.is_symlink() else path
        if not path.is_dir() or format_of(path).name != "folder":
            yield place, path
        elif (real := target.resolve()) in outer:
            raise side.error(f"has the link `{printable(place)}`, which leads around")
        else:
            yield from _walk(side, path, root, (*outer, real))


def _target(side: Side, path: Path, root: Path, place: str) -> Path:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop, before 3.13
        raise side.error(
            f"has the link `{printable(place)}`, which leads nowhere"
        ) from error
    if not target.is_relative_to(root):
        raise side.error(f"has the link `{printable(place)}`, which leads out of it")
    return target

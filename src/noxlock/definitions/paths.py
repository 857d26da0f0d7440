"""Paths as definitions write them: relative, with `/`, and inside their folder."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.definitions.locks import Problem

__all__ = ["escapes", "glob_problems", "nested"]


def escapes(path: str) -> str | None:
    """Return why *path* does not lie in the folder it is relative to, or None."""
    windows = PureWindowsPath(path)
    if not path or not PurePosixPath(path).parts:
        return "the name of a file is needed"
    if PurePosixPath(path).is_absolute() or windows.drive or windows.root:
        return f"`{path}` is not relative"
    if ".." in windows.parts:
        return f"`{path}` leaves its folder"
    return None


def nested(inner: str, outer: str) -> bool:
    """Return whether the path *inner* is *outer*, or lies in it."""
    return PurePosixPath(inner).is_relative_to(PurePosixPath(outer))


def glob_problems(pattern: str) -> Iterator[Problem]:
    """Yield what is wrong with a pattern of files of the project."""
    if (what := escapes(pattern)) is not None:
        yield (), what, "name it relative to the project's folder"
    elif any("**" in part and part != "**" for part in PurePosixPath(pattern).parts):
        what = f"in `{pattern}`, `**` is not alone between two `/`"
        yield (), what, "for example `data/**/*.csv`"
    elif "\\" in pattern:
        yield (), f"`{pattern}` has a backslash", "write `/` between folders"

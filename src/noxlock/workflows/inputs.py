"""The data files that a check reads: found, digested, and watched while it runs."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, nearest
from noxlock.workflows.records import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Inputs", "find_inputs", "read_inputs"]

_SKIPPED: Final = frozenset({".git", ".nox", "__pycache__"})
"""Folders that no pattern of inputs looks into, unless it names them."""
_MAGIC: Final = frozenset("*?[")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """The inputs of a check, as they were before it ran."""

    files: dict[str, Path]
    """By their place in the project."""
    digests: dict[str, str]
    states: dict[str, tuple[int, int, int] | None]
    """Size, time of change and inode."""

    def changed(self) -> list[str]:
        """Return the inputs that are not what they were when they were digested."""
        return [
            name
            for name, path in self.files.items()
            if _state(path) != self.states[name]
        ]


def read_inputs(
    root: Path, patterns: Sequence[str], *, check: str, leave_out: Sequence[Path] = ()
) -> Inputs:
    """Return the inputs that *patterns* name, digested side by side.

    Args:
        root: The project's folder.
        patterns: Relative to it; a folder stands for all that it holds.
        check: For errors.
        leave_out: Folders of noxlock's own, whose files no wildcard means.

    Raises:
        DefinitionError: A pattern matches no file, or a file cannot be read.
    """
    files = find_inputs(root, patterns, check=check, leave_out=leave_out)
    states = {name: _state(path) for name, path in files.items()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            digests = dict(zip(files, pool.map(digest, files.values()), strict=True))
        except OSError as error:
            what = f"the input cannot be read: {error.strerror or error}"
            raise DefinitionError(
                what, file=str(error.filename), key=f"checks.{check}.inputs"
            ) from error
    return Inputs(files=files, digests=digests, states=states)


def find_inputs(
    root: Path, patterns: Sequence[str], *, check: str, leave_out: Sequence[Path] = ()
) -> dict[str, Path]:
    """Return the files that *patterns* name, by their place in the project, sorted."""
    found: dict[str, Path] = {}
    for index, pattern in enumerate(patterns):
        files = {
            path.relative_to(root).as_posix(): path
            for path in _matching(root, pattern)
            if not any(path.is_relative_to(folder) for folder in leave_out)
        }
        if not files:
            raise DefinitionError(
                f"no file is there for the input `{pattern}`",
                key=f"checks.{check}.inputs[{index}]",
                hint=_hint(root, pattern),
            )
        found |= files
    return dict(sorted(found.items()))


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    if not _MAGIC & set(pattern):
        path = root / pattern
        yield from _files(path) if path.is_dir() else [path] if path.is_file() else []
        return
    parts = PurePosixPath(pattern).parts
    fixed = next(at for at, part in enumerate(parts) if _MAGIC & set(part))
    wanted = _regex(parts[fixed:])
    start = root.joinpath(*parts[:fixed])
    for path in _files(start):
        inner = path.relative_to(start)
        around = [inner.as_posix(), *(each.as_posix() for each in inner.parents)]
        # What matches a folder stands for all that it holds.
        if any(wanted.fullmatch(name) for name in around if name != "."):
            yield path


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file beneath *folder*, links to folders followed once."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file():
                yield path


def _regex(parts: Sequence[str]) -> re.Pattern[str]:
    """Return what *parts* match: `**` any folders, `*` within one name."""
    text = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            text += ".+" if last else "(?:[^/]+/)*"
            continue
        text += "".join(map(_piece, re.findall(r"\*|\?|\[!?[^\]]+\]|.", part)))
        text += "" if last else "/"
    return re.compile(text)


def _piece(piece: str) -> str:
    match piece:
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if len(piece) > 1:
            inner = piece[1:-1].replace("\\", "\\\\")
            return f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
        case _:
            return re.escape(piece)


def _hint(root: Path, pattern: str) -> str | None:
    path = root / pattern
    if _MAGIC & set(pattern) or not path.parent.is_dir():
        return None
    near = nearest(path.name, [each.name for each in path.parent.iterdir()])
    return near or "get the data first, or correct the name"


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino

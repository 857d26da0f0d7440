"""What a check writes: a fresh folder for it, and what became of each output."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, EnvError, closest
from noxlock.model import OutputReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Collected", "check_names", "collect", "fresh_folder", "is_plain"]

_MISSING: Final = "the output is missing"
_UNDECLARED: Final = "written, but not declared: name it under `outputs`"


def is_plain(name: str) -> bool:
    """Return whether *name* is a relative path that stays beneath its folder."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.startswith("/")
        and ".." not in parts
        and not {"\\", ":", "\0"} & set(name)
        and PurePosixPath(name).as_posix() == name
    )


def check_names(names: Iterable[str], check: str) -> None:
    """Raise DefinitionError for an output that is no plain path.

    The name of the check is the name of a folder that is emptied: it must be plain too.
    """
    if not is_plain(check) or "/" in check:
        raise DefinitionError(f"`{check}` cannot be the name of a folder", key="checks")
    for name in names:
        if not is_plain(name):
            raise DefinitionError(
                f"the output `{name}` is no path beneath the outputs folder",
                key=f"checks.{check}.outputs.{name}",
            )


def fresh_folder(path: Path) -> None:
    """Make *path* an empty folder, whatever was there.

    Raises:
        EnvError: It cannot be emptied or made.
    """
    try:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True)
    except OSError as error:
        what = f"cannot make a fresh folder for the outputs: {error.strerror or error}"
        raise EnvError(what, file=str(path)) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What a command left in its outputs folder."""

    files: dict[str, Path]
    """The declared outputs that are there, in the order of their declaration."""
    faults: dict[str, OutputReport]
    """Outputs that are missing, or should not be there, by name."""
    misspelt: dict[str, str] = field(default_factory=dict)
    """Declared outputs that are missing, to what was written under a like name."""


def collect(folder: Path, declared: Iterable[str]) -> Collected:
    """Return what lies in *folder*: every file must be declared, and inside it.

    An output may be a folder, with all that lies in it.
    """
    files: dict[str, Path] = {}
    faults: dict[str, OutputReport] = {}
    base = folder.resolve()
    for name in declared:
        path = folder / name
        if problem := _problem(path, base):
            faults[name] = _fault(name, f"the output {problem}")
        else:
            files[name] = path
    for name in _written(folder):
        around = f"{name}/"
        if name in files or any(each.startswith(around) for each in files):
            continue
        if not any(name.startswith(f"{each}/") for each in (*files, *faults)):
            faults.setdefault(name, _fault(name, _UNDECLARED))
    misspelt = _misspelt(faults)
    for name, written in misspelt.items():
        faults[name] = _fault(name, f"{_MISSING}: did you mean `{written}`?")
        reason = f"written, but not declared: `{name}` is, and is missing"
        faults[written] = _fault(written, reason)
    return Collected(files=files, faults=faults, misspelt=misspelt)


def _misspelt(faults: Mapping[str, OutputReport]) -> dict[str, str]:
    """Return the missing outputs whose name is like that of an undeclared one."""
    missing = [name for name, fault in faults.items() if fault.reason == _MISSING]
    written = [name for name, fault in faults.items() if fault.reason == _UNDECLARED]
    found: dict[str, str] = {}
    for name in missing:
        if (near := closest(name, written)) is not None:
            found[name] = near
            written.remove(near)
    return found


def _problem(path: Path, base: Path) -> str:
    """Return why what lies at *path* is no output, or ""."""
    if not path.resolve().is_relative_to(base):
        return "is a link out of its folder"
    if not path.exists():
        return "is missing"
    if path.is_dir():
        return _folder_problem(path)
    if not path.is_file():
        return "is no regular file"
    return _unreadable(path)


def _folder_problem(folder: Path) -> str:
    empty = True
    base = folder.resolve()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(base):
            return f"holds a link out of its folder, `{name}`"
        if path.is_dir():
            continue
        empty = False
        if not path.is_file():
            return f"holds `{name}`, which is no regular file"
        if problem := _unreadable(path):
            return f"holds `{name}`, which {problem}"
    return "is an empty folder" if empty else ""


def _unreadable(path: Path) -> str:
    try:
        path.open("rb").close()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return ""


def _fault(name: str, reason: str) -> OutputReport:
    return OutputReport(output=name, verdict=Verdict.NOT_COMPARABLE, reason=reason)


def _written(folder: Path) -> Iterator[str]:
    """Yield every file and link beneath *folder*; folders alone are no outputs."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()

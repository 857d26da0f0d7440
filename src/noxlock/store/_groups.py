"""Files of entries, folder by folder, as `_worker` goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.store._crew import run_crew
from noxlock.store._manifest import Checking, damage
from noxlock.store._places import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.store._checking import File
    from noxlock.store._manifest import Entry, StoredFile
    from noxlock.store._worker import Group

__all__ = [
    "check_entries",
    "check_groups",
    "damaged_files",
    "place_groups",
    "refuse",
    "renumbered",
]


def check_entries(
    entries: Iterable[tuple[Path, Entry]],
    checking: Checking,
) -> None:
    """Refuse entries that are not, byte for byte, what was stored.

    Args:
        entries: Folder and content of each.
        checking: How closely they are looked at.
    """
    pairs = tuple(entries)
    groups = [
        group
        for number, (folder, entry) in enumerate(pairs)
        for group in check_groups(number, folder, entry.files)
    ]
    named = [(str(folder), entry.filename) for folder, entry in pairs]
    quick = checking is Checking.QUICK
    refuse(run_crew("copy", groups, quick=quick), named)


def refuse(
    damaged: Sequence[tuple[int, str, str]], entries: Sequence[tuple[str, str]]
) -> None:
    """Raise an error for the first entry that has a damaged file.

    Args:
        damaged: Of each such file the number of its entry, its path, what is wrong.
        entries: Folder and file name of each.
    """
    if not damaged:
        return
    number = damaged[0][0]
    folder, filename = entries[number]
    lines = _lines(folder, (one for one in damaged if one[0] == number))
    more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    raise damage(folder, f"{filename}: {lines[0]}{more}")


def damaged_files(
    folder: Path, files: Sequence[StoredFile], checking: Checking
) -> list[str]:
    """Return what is wrong with the files of the entry at *folder*, one line each.

    The digests are those of the entry, which its own digest holds together; whoever
    can write the store could forge all three.
    """
    quick = checking is Checking.QUICK
    groups = check_groups(0, folder, files)
    return _lines(folder, run_crew("copy", groups, quick=quick))


def check_groups(number: int, folder: Path, files: Iterable[StoredFile]) -> list[Group]:
    """Return the groups that check *files* of the entry at *folder*, and no more."""
    return place_groups(number, folder, dict.fromkeys(files))


def place_groups(
    number: int, folder: Path, targets: Mapping[StoredFile, str | None]
) -> list[Group]:
    """Return the groups that check files of the entry at *folder*, and place them.

    Args:
        number: Of the entry.
        folder: Where it is.
        targets: Where each goes, relative to the prefix; None: it is only checked.
    """
    base = f"{folder}/{FILES}/"
    found: dict[tuple[str, str | None], list[File]] = {}
    for file, target in targets.items():
        parent, slash, name = file.path.rpartition("/")
        goal = None if target is None else target[: len(target) - len(name)]
        found.setdefault((base + parent + slash, goal), []).append(file.row(name))
    return [(number, *ends, rows) for ends, rows in found.items()]


def renumbered(groups: Iterable[Group], start: int) -> list[Group]:
    """Return *groups* of entries that come after *start* others."""
    return [
        (start + number, source, target, files)
        for number, source, target, files in groups
    ]


def _lines(folder: Path | str, damaged: Iterable[tuple[int, str, str]]) -> list[str]:
    base = f"{folder}/{FILES}/"
    return [f"{path.removeprefix(base)}: {reason}" for _, path, reason in damaged]

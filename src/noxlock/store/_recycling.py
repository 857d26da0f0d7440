"""Make the folders of an older environment those of a new one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from noxlock.store._remains import out_of_the_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from noxlock.store._remains import Older
    from noxlock.store._worker import Group
    from noxlock.store.wheels import Recycled

__all__ = ["prepare"]


def prepare(
    prefix: Path,
    recycled: Recycled,
    groups: Sequence[Group],
    *,
    linked: bool,
    own: int = -1,
) -> tuple[list[Group], Older]:
    """Have exactly those folders that *groups* go to, before anything goes there.

    What is a link, or belongs to someone else, is no folder to write to, nor to tidy.

    Args:
        prefix: The environment.
        recycled: What of it is older.
        groups: What is to be there.
        linked: Whether files are shared with the store.
        own: Number of the entry that is the environment itself; -1: none is.

    Returns:
        The groups, with empty ones for folders that have folders alone; and what is to
        be known of the older environment.

    Raises:
        OSError: A folder cannot be made, or moved.
    """
    inside = f"{recycled.inside}/" if recycled.inside else ""
    aside = str(recycled.aside)
    filled = {target for _, _, target, _ in groups if target is not None}
    wanted = _with_parents(inside, filled)
    folders: dict[str, list[str]] = {}
    for target in sorted(wanted):
        parent, slash, name = target[:-1].rpartition("/")
        folders.setdefault(parent + slash, []).append(name)
        _have_folder(f"{prefix}/{target[:-1]}", aside, recycled.mode)
    empty: list[Group] = [(0, "", target, []) for target in sorted(wanted - filled)]
    return [*groups, *empty], (inside, aside, linked, folders, own)


def _with_parents(inside: str, targets: Iterable[str]) -> set[str]:
    """Return those of the folders that are *inside*, and all between."""
    found = {inside}
    for target in targets:
        folder = target
        while folder.startswith(inside) and folder not in found:
            found.add(folder)
            folder = folder[: folder[:-1].rfind("/") + 1]
    return found


def _have_folder(path: str, aside: str, mode: int) -> None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        os.mkdir(path)  # noqa: PTH102
        return
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        out_of_the_way(path, aside)
        os.mkdir(path)  # noqa: PTH102
    elif stat.S_IMODE(status.st_mode) != mode:
        os.chmod(path, mode)  # noqa: PTH101

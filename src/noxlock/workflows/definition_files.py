"""The files that hold a project's definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.definitions.formats import FORMATS, SCHEMA_FILE
from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from noxlock.model import Definitions

__all__ = ["DEFINITIONS_FOLDER", "read_definition_files", "read_definitions"]

DEFINITIONS_FOLDER: Final = "sessions"
"""Where definitions lie unless the noxfile says otherwise."""


def read_definition_files(root: Path, folder: str) -> dict[str, bytes]:
    """Return name and content of each file of definitions, in the order of names.

    Args:
        root: The project's folder.
        folder: A folder of definitions, or one file of them, relative to *root*.

    Raises:
        DefinitionError: It is not there, or holds no definitions.
    """
    path = root / folder
    if path.is_file():
        return {folder: _read(path, folder)}
    if not path.is_dir():
        raise DefinitionError("there is no such folder of definitions", file=folder)
    found = {
        f"{folder.rstrip('/')}/{each.name}": each
        for each in sorted(path.iterdir())
        if each.suffix in FORMATS
        and each.name != SCHEMA_FILE
        and not each.name.startswith(".")
        and each.is_file()
    }
    if not found:
        known = ", ".join(f"*{suffix}" for suffix in FORMATS)
        what = f"the folder holds no definitions ({known})"
        raise DefinitionError(what, file=folder)
    return {name: _read(each, name) for name, each in found.items()}


def read_definitions(
    root: Path,
    folder: str = DEFINITIONS_FOLDER,
    *,
    others: Collection[str] | None = None,
) -> Definitions:
    """Return what the files of a project declare.

    Args:
        root: The project's folder.
        folder: Where the files lie, relative to *root*.
        others: Sessions that `requires` may name besides; None: any.

    Raises:
        DefinitionError: What is wrong, with its file, line and key.
    """
    from noxlock.definitions import load_definitions  # noqa: PLC0415 - slow to import

    return load_definitions(read_definition_files(root, folder), others=others)


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise DefinitionError(what, file=name) from error

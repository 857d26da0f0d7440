"""Where in the definitions an error stands that is found only when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.definitions.document import dotted

if TYPE_CHECKING:
    from noxlock.definitions.document import Path
    from noxlock.definitions.validation import Origins
    from noxlock.errors import DefinitionError

__all__ = ["locate"]


def locate(error: DefinitionError, origins: Origins, entry: tuple[str, str]) -> None:
    """Give *error* its file and line, where its key is one of the definitions.

    Args:
        error: Its key is `checks.NAME.inputs[0]`, or begins in *entry*: `inputs[0]`.
        origins: The documents that declare each entry.
        entry: What is used: `("checks", NAME)`.
    """
    if not error.key or error.file:
        return
    if error.key.partition(".")[0] not in {section for section, _ in origins}:
        error.inside(key=dotted(entry))
    for (section, name), document in origins.items():
        path = (section, name)
        if not _is_in(error.key, path):
            continue
        inner = [each for each in document.lines if _is_in(error.key, each)]
        deepest = max([path, *inner], key=len)
        error.inside(file=document.file, line=document.line(deepest))


def _is_in(key: str, path: Path) -> bool:
    """Return whether *key*, with or without quotes, is *path* or lies in it."""
    plain = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    )
    return any(
        key == start or key.startswith((f"{start}.", f"{start}["))
        for start in (dotted(path), plain.removeprefix("."))
    )

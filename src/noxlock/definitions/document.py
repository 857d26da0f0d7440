"""One source of definitions as plain values, with the line of every key.

Pure: the caller opens the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Document", "Path", "Problems", "dotted", "table_of"]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the top of a document to a value."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_()-]+")


def dotted(path: Path) -> str:
    """Return `sessions.test.run[1]`; a key that holds a dot is quoted, as in TOML."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _BARE_KEY.fullmatch(step) else f'"{step}"'
            text += f".{name}" if text else name
    return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What one file, or one call in the noxfile, declares."""

    file: str
    """As the user named it."""
    data: Mapping[str, object]
    """Plain values: mappings, lists, strings, numbers, booleans, None."""
    lines: Mapping[Path, int] = field(default_factory=dict)
    """Line of each key, from 1; what is missing has the line of what it lies in."""
    written: Mapping[Path, str] = field(default_factory=dict)
    """How an unquoted scalar was written: `3.10` is the number 3.1 to YAML."""

    def line(self, path: Path) -> int | None:
        """Return the line of *path*, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def error(
        self, path: Path, what: str, *, hint: str | None = None
    ) -> DefinitionError:
        """Return the error that *what* is wrong at *path*."""
        return DefinitionError(
            what, file=self.file, key=dotted(path), line=self.line(path), hint=hint
        )


class _SeveralError(DefinitionError):
    """Several errors, reported at once."""

    def __init__(self, errors: Sequence[DefinitionError]) -> None:
        super().__init__(_listing(errors))
        self.errors = errors


class Problems:
    """Collects errors, so that all of them are reported at once."""

    def __init__(self) -> None:
        self.found: list[DefinitionError] = []

    def add(self, error: DefinitionError) -> None:
        """Keep *error* for the report."""
        self.found += error.errors if isinstance(error, _SeveralError) else [error]

    def raise_any(self) -> None:
        """Raise what was found: one error as it is, several as one that lists them."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            ordered = sorted(
                self.found, key=lambda one: (one.file or "", one.line or 0)
            )
            raise _SeveralError(ordered)


def _listing(errors: Sequence[DefinitionError]) -> str:
    lines = [f"{len(errors)} problems in the definitions"]
    for error in errors:
        hint = f" ({error.hint})" if error.hint else ""
        lines.append(f"  {error}{hint}")
    return "\n".join(lines)


def table_of(file: str, data: object) -> dict[str, object]:
    """Return the values of a whole file, which must be a table, or nothing."""
    match data:
        case None:
            return {}
        case dict():
            return data
        case _:
            what = "the file holds no table of definitions"
            hint = "begin with `sessions:`, `environments:`, `checks:` or `locks:`"
            raise DefinitionError(what, file=file, hint=hint)

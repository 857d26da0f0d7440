"""From the text of files, or a call in the noxfile, to checked definitions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import inspect

from noxlock.definitions.document import Document, Problems
from noxlock.definitions.formats import parse_document
from noxlock.definitions.shape import check_shape
from noxlock.definitions.validation import validate
from noxlock.errors import DefinitionError
from noxlock.model import Definitions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from noxlock.definitions.document import Path
    from noxlock.definitions.validation import Origins

__all__ = [
    "Merged",
    "Parsed",
    "load_definitions",
    "merge",
    "parse_call",
    "parse_definitions",
]

_SECTIONS: Final = tuple(Definitions.__struct_fields__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """The definitions of one file or call, and where they stand."""

    definitions: Definitions
    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """The definitions of several files and calls, not yet held against each other."""

    definitions: Definitions
    origins: Origins


def parse_definitions(file: str, data: bytes) -> Parsed:
    """Return what one file declares; an empty file declares nothing.

    Raises:
        DefinitionError: Bad text, unknown keys, values of the wrong type.
    """
    document = parse_document(file, data)
    # A section with everything in it commented out is empty, not wrong.
    sections = {
        key: {} if value is None and key in _SECTIONS else value
        for key, value in document.data.items()
        if key != "$schema"  # what editors complete from
    }
    return _parsed(document, sections)


def parse_call(
    section: str,
    name: str,
    fields: Mapping[str, object],
    *,
    file: str,
    line: int | None,
) -> Parsed:
    """Return what one call in the noxfile declares.

    Args:
        section: `sessions`, `checks`, `environments` or `locks`.
        name: The entry's name.
        fields: What the call says, keyed as in a file.
        file: The noxfile, as the user named it.
        line: Where the call stands in it.

    Raises:
        DefinitionError: As for a file.
    """
    data = {section: {name: _plain(fields)}}
    lines: dict[Path, int] = {} if line is None else {(): line}
    return _parsed(Document(file=file, data=data, lines=lines), data)


def _parsed(document: Document, data: Mapping[str, object]) -> Parsed:
    data = _dated(data)
    problems = Problems()
    check_shape(document, data, inspect.type_info(Definitions), (), problems)
    problems.raise_any()
    definitions = msgspec.convert(data, Definitions)
    return Parsed(definitions=definitions, document=document)


def _dated(data: Mapping[str, object]) -> dict[str, object]:
    """Return *data*, dates of locks as text: YAML and TOML have dates, JSON has not."""
    found = dict(data)
    if isinstance(locks := data.get("locks"), dict):
        found["locks"] = {
            name: {key: _text(value) for key, value in lock.items()}
            if isinstance(lock, dict)
            else lock
            for name, lock in locks.items()
        }
    return found


def _text(value: object) -> object:
    # A datetime is a date.
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: object) -> object:
    """Return *value* with the model's objects as the tables that a file would have."""
    match value:
        case msgspec.Struct():
            return msgspec.to_builtins(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def merge(parts: Iterable[Parsed]) -> Merged:
    """Return all of *parts* as one.

    Raises:
        DefinitionError: A name is declared twice; says where both are.
    """
    sections: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    origins: dict[tuple[str, str], Document] = {}
    problems = Problems()
    for part in parts:
        for section in _SECTIONS:
            for name, entry in getattr(part.definitions, section).items():
                if (other := origins.get((section, name))) is not None:
                    problems.add(_twice(part.document, other, (section, name)))
                    continue
                sections[section][name] = entry
                origins[section, name] = part.document
    problems.raise_any()
    definitions = Definitions(**sections)
    return Merged(definitions=definitions, origins=origins)


def _twice(
    document: Document, other: Document, path: tuple[str, str]
) -> DefinitionError:
    line = other.line(path)
    place = other.file if line is None else f"{other.file}:{line}"
    return document.error(path, f"`{path[1]}` is declared in {place} already")


def load_definitions(
    files: Mapping[str, bytes], *, others: Collection[str] | None = None
) -> Definitions:
    """Return what all of *files* declare together.

    Args:
        files: File name, as the user knows it, to content.
        others: Sessions that `requires` may name besides the declared ones; None: any.

    Raises:
        DefinitionError: What is wrong, with its file, line and key; several at once.
    """
    problems = Problems()
    parts: list[Parsed] = []
    for file, data in files.items():
        try:
            parts.append(parse_definitions(file, data))
        except DefinitionError as error:
            problems.add(error)
    problems.raise_any()
    merged = merge(parts)
    validate(merged.definitions, merged.origins, others=others)
    return merged.definitions

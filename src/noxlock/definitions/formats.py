"""Read YAML, TOML and JSON into documents; one function a format."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from noxlock.definitions.document import Document, Path

__all__ = ["FORMATS", "SCHEMA_FILE", "parse_document"]

SCHEMA_FILE: Final = "schema.json"
"""The one file in the folder of definitions that holds none.

`noxlock schema > sessions/schema.json` writes it; a file of definitions refers to it in
its first line, `# yaml-language-server: $schema=schema.json`, or, in JSON, in a key
`$schema` at the top.
"""


def _yaml(file: str, text: str) -> Document:
    from noxlock.definitions._yaml import read_yaml  # noqa: PLC0415 - slow to import

    return read_yaml(file, text)


def _toml(file: str, text: str) -> Document:
    from noxlock.definitions.document import Document  # noqa: PLC0415 - not to list

    try:
        return Document(file=file, data=tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1  # at the end
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise DefinitionError(f"not TOML: {what}", file=file, line=line) from None


def _json(file: str, text: str) -> Document:
    from noxlock.definitions.document import (  # noqa: PLC0415 - likewise
        Document,
        table_of,
    )

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise DefinitionError("the key stands twice", file=file, key=key)
            found[key] = value
        return found

    if not text.strip():
        return Document(file=file, data={})
    try:
        data: object = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise DefinitionError(
            f"not JSON: {error.msg}", file=file, line=error.lineno
        ) from None
    table = table_of(file, data)
    # JSON is YAML, all but a few corners of it: good enough to find the lines with.
    try:
        lines: Mapping[Path, int] = _yaml(file, text).lines
    except DefinitionError:
        lines = {}
    return Document(file=file, data=table, lines=lines)


FORMATS: Final[Mapping[str, Callable[[str, str], Document]]] = {
    ".yml": _yaml,
    ".yaml": _yaml,
    ".toml": _toml,
    ".json": _json,
}
"""File suffix to its reader."""


def parse_document(file: str, data: bytes) -> Document:
    """Return the plain values of one file, by the suffix of its name.

    Raises:
        DefinitionError: Bad text, a key that stands twice, an unknown suffix.
    """
    suffix = PurePath(file).suffix
    if (reader := FORMATS.get(suffix)) is None:
        known = ", ".join(FORMATS)
        what = f"unknown kind of file `{suffix}`; known: {known}"
        raise DefinitionError(what, file=file, hint=nearest(suffix, FORMATS))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DefinitionError("not UTF-8", file=file, line=line) from None
    return reader(file, text)

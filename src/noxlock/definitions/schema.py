"""The JSON Schema of one file of definitions, for editors and other tools."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from noxlock.model import Definitions

__all__ = ["SCHEMA_FILE", "json_schema"]

SCHEMA_FILE: Final = "schema.json"
"""The one file in the folder of definitions that holds none.

`noxlock schema > sessions/schema.json` writes it; a file of definitions refers to it in
its first line, `# yaml-language-server: $schema=schema.json`, or, in JSON, in a key
`$schema` at the top.
"""


def json_schema() -> dict[str, Any]:
    """Return the schema, complete in itself: it refers to nothing outside."""
    (top,), parts = msgspec.json.schema_components(
        [Definitions], ref_template="#/$defs/{name}"
    )
    del top
    whole = parts.pop(Definitions.__name__)
    # An empty section, everything in it commented out, is read as an empty table.
    for section in whole["properties"].values():
        section["type"] = ["object", "null"]
    # JSON has no comments: there the reference is a key.
    whole["properties"]["$schema"] = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "Definitions of noxlock",
        "$defs": parts,
    }

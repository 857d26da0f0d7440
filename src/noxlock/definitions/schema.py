"""The JSON Schema of one file of definitions, for editors and other tools."""

from __future__ import annotations

from typing import Any

import msgspec

from noxlock.model import Definitions

__all__ = ["json_schema"]


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

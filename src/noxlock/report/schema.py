"""The JSON Schema of report.json."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from typing import Any, Final

import msgspec

from noxlock.model import CheckReport
from noxlock.report.json import FORMAT

__all__ = ["json_schema"]

_WORDS: Final = {
    "enum": ["inf", "-inf", "nan"],
    "description": "JSON has no infinity and no NaN: there they are strings.",
}
_SAID: Final = ("title", "description", "default")
_NONE: Final = re.compile(r"\bNone\b")


def json_schema() -> dict[str, Any]:
    """Return the schema, complete in itself: it refers to nothing outside.

    What the fields mean is said by the docstrings beneath them in `noxlock.model`.
    """
    (top,), parts = msgspec.json.schema_components(
        [CheckReport], ref_template="#/$defs/{name}"
    )
    del top
    for name, part in parts.items():
        _describe(name, part)
    whole = parts.pop(CheckReport.__name__)
    whole["properties"]["format"] = {
        "const": FORMAT,
        "description": "Of this schema: another one has another number.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **{key: _with_words(value) for key, value in whole.items()},
        "title": "Report of a check by noxlock",
        "$defs": _with_words(parts),
    }


def _describe(name: str, part: dict[str, Any]) -> None:
    if "properties" not in part:
        return
    said = _field_docs(name)
    for key, field in part["properties"].items():
        if (text := said.get(key.replace("-", "_"))) is not None:
            field["description"] = _NONE.sub("null", text)
    # Whatever its default, every field is written.
    part["required"] = list(part["properties"])


def _field_docs(name: str) -> dict[str, str]:
    """Return the docstring beneath each field of a struct of the model."""
    model = importlib.import_module("noxlock.model")
    kind = getattr(model, name)
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - its own source
    found: dict[str, str] = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = after.value if isinstance(after, ast.Expr) else None
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                found[field.target.id] = " ".join(said.value.split())
    return found


def _with_words(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return *value*, where a float may also be one of three words."""
    if isinstance(value, list):
        return [_with_words(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "number":
        number = {key: of for key, of in value.items() if key not in _SAID}
        said = {key: of for key, of in value.items() if key in _SAID}
        return {"anyOf": [number, _WORDS], **said}
    if {"type": "number"} in value.get("anyOf", ()):
        return {**value, "anyOf": [*value["anyOf"], _WORDS]}
    return {key: _with_words(inner) for key, inner in value.items()}

"""Values that canonical JSON can hold."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec

__all__ = ["declared", "plain", "without_unset"]

_SAFE_INTEGER: Final = 2**53
"""RFC 8785 takes "IEEE 754 double precision" numbers only."""
_FIGURES: Final = ("absolute", "relative")
"""Fields of a difference that say by None that the values are no numbers."""
_NOT_FINITE: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return *value* with the numbers that RFC 8785 cannot hold as strings.

    As the JSON mapping of Protocol Buffers, which in-toto's own schemas are in, has
    them: "int64: string", and "Infinity", "-Infinity" and "NaN".
    """
    match value:
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case int() if abs(value) >= _SAFE_INTEGER:
            return str(value)
        case float() if not math.isfinite(value):
            return _NOT_FINITE[str(value)]
    return value


def without_unset(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return *value* without the fields that are None, but for figures that must be."""
    match value:
        case dict():
            return {
                key: without_unset(inner)
                for key, inner in value.items()
                if inner is not None or key in _FIGURES
            }
        case list() | tuple():
            return [without_unset(inner) for inner in value]
        case _:
            return value


def declared(value: Any) -> Any:  # noqa: ANN401 - a struct, or what it holds
    """Return *value* as one would write it by hand: no field that says nothing.

    What a user named stays, an output without any tolerance of its own say. Other
    defaults are told: a later version may have others.
    """
    match value:
        case msgspec.Struct():
            names = zip(
                value.__struct_encode_fields__, value.__struct_fields__, strict=True
            )
            found = {name: declared(getattr(value, field)) for name, field in names}
            return {
                name: inner
                for name, inner in found.items()
                if inner is not None and inner != {}
            }
        case dict():
            return {key: declared(inner) for key, inner in value.items()}
        case _:
            return value

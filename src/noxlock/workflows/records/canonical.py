"""Values that canonical JSON can hold."""

from __future__ import annotations

import math
from typing import Any, Final

__all__ = ["plain", "without_unset"]

_SAFE_INTEGER: Final = 2**53
"""RFC 8785 takes "IEEE 754 double precision" numbers only."""
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
    """Return *value* without the fields that are None: what they say is left out."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if inner is not None}
        return {key: without_unset(inner) for key, inner in kept.items()}
    return value

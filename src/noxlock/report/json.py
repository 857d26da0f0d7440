"""The report of a check as JSON, for machines."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TextIO

import msgspec

if TYPE_CHECKING:
    from noxlock.model import CheckReport

__all__ = ["NAME", "to_json", "write"]

NAME = "json"


def to_json(report: CheckReport) -> str:
    """Return *report* as JSON: keys in a fixed order, floats in full precision.

    JSON has no infinity and no NaN: they are the strings "inf", "-inf" and "nan".
    """
    tree = _finite(msgspec.to_builtins(report, order="deterministic"))
    return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(report: CheckReport, stream: TextIO) -> None:
    """Write *report* to *stream*."""
    stream.write(to_json(report))


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value

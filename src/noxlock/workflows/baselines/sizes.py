"""Sizes of files for people."""

from __future__ import annotations

from typing import Final

__all__ = ["format_size"]

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024


def format_size(size: int) -> str:
    """Return *size*, in bytes, for people: `34.2 MiB`."""
    value, units = float(size), iter(_UNITS)
    unit = next(units)
    while value >= _STEP and unit != _UNITS[-1]:
        value, unit = value / _STEP, next(units)
    return f"{value:.1f} {unit}" if unit != "B" else f"{size} B"

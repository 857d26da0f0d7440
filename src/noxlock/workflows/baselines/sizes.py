"""Sizes of files as people write them."""

from __future__ import annotations

import re
from typing import Final

from noxlock.errors import DefinitionError

__all__ = ["format_size", "parse_size"]

_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_UNITS: Final = {
    "": 1,
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
}
_SHOWN: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def parse_size(text: str | int) -> int:
    """Return the bytes that *text* stands for: `10 MiB`, `500 kB`, `4096`.

    Raises:
        DefinitionError: It is no size.
    """
    if isinstance(text, int):
        found, unit = str(text), 1
    else:
        match = _SIZE.fullmatch(text)
        if match is None or match[2].lower() not in _UNITS:
            raise DefinitionError(
                f"`{text}` is no size",
                key="baseline-store.above",
                hint="bytes, or `500 kB`, `10 MiB`, `2 GiB`",
            )
        found, unit = match[1], _UNITS[match[2].lower()]
    if (size := int(float(found) * unit)) < 0:
        raise DefinitionError(f"`{text}` is no size", key="baseline-store.above")
    return size


def format_size(size: int) -> str:
    """Return *size* for people: `34.2 MiB`."""
    value, units = float(size), iter(_SHOWN)
    unit = next(units)
    while value >= 1024 and unit != _SHOWN[-1]:  # noqa: PLR2004 - what KiB means
        value, unit = value / 1024, next(units)
    return f"{value:.1f} {unit}" if unit != "B" else f"{size} B"

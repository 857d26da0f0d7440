"""Sizes as people write them: `10 MiB`."""

from __future__ import annotations

import re
from typing import Final

from noxlock.errors import DefinitionError

__all__ = ["parse_size"]

# IEC 80000-13: KiB is 1024 bytes, kB is 1000.
_UNITS: Final = {
    "b": 1,
    **{f"{letter}ib": 1024**n for n, letter in enumerate("kmgt", 1)},
    **{f"{letter}b": 1000**n for n, letter in enumerate("kmgt", 1)},
}
_SIZE: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]*)")


def parse_size(size: str | int) -> int:
    """Return a size in bytes: of `10 MiB`, `1.5 GB`, `4096`, or of a number of bytes.

    Raises:
        DefinitionError: It is none.
    """
    found = _SIZE.fullmatch(str(size).strip())
    factor = _UNITS.get(found["unit"].lower() or "b") if found else None
    if found is None or factor is None:
        hint = "write a number of bytes, or 10 MiB; units: B, kB, KiB, MB, MiB, GB, GiB"
        raise DefinitionError(f"`{size}` is no size", hint=hint)
    return int(float(found["number"]) * factor)

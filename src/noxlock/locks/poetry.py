"""Read `poetry.lock`, every lock version from 1.0 to 2.1. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import Lock

__all__ = ["NAME", "matches", "parse"]

NAME: Final = "poetry"


def matches(filename: str) -> bool:
    """Return whether a file of this name is Poetry's lock."""
    return filename == "poetry.lock"


def parse(file: str, data: bytes, beside: Callable[[str], bytes | None]) -> Lock:
    """Return what *data* locks."""
    raise LockError("not read yet", file=file)

"""Whether conda packages are what match specs ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.search import Candidate

__all__ = ["satisfies"]


def satisfies(spec: str, candidate: Candidate) -> bool:
    """Return whether *candidate* is what *spec* asks for; replaced by a merge."""
    return bool(spec or candidate)

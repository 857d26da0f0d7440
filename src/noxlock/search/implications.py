"""Which changes need which: all that metadata forbid of a mix. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.search.changes import ChangeId

__all__ = ["Implication"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Implication:
    """The new candidate of `change` needs the new one of `needs`.

    Both locks are valid, so that a requirement can forbid nothing but mixes of the two:
    what the new `a` asks of `b` may not be what the old `b` is, and what the old `a`
    asks of `b` may not be what the new `b` is: then `b` needs `a`.
    """

    change: ChangeId
    needs: ChangeId
    reason: str = ""
    """`statsmodels 0.14.4 requires scipy<1.16`; for a person."""

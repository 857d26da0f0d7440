"""What a form is given of a check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.model.preview import Evidence

if TYPE_CHECKING:
    from noxlock.model import CheckReport

__all__ = ["Shown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A report, and what is shown beside it."""

    report: CheckReport
    evidence: Evidence = field(default_factory=Evidence)

"""Why a check drifts, as Markdown: for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.report._marks import text
from noxlock.report.culprits import sentence

if TYPE_CHECKING:
    from noxlock.model.culprit import CulpritReport

__all__ = ["culprits_markdown"]


def culprits_markdown(found: CulpritReport) -> str:
    """Return a title, the sentence, the evidence, and what to do next."""
    return f"### {text(found.check)}\n\n{text(sentence(found), 1000)}\n"

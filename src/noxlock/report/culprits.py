"""Why a check drifts, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.model.culprit import CulpritReport, Standing

__all__ = ["progress_line", "sentence"]


def sentence(found: CulpritReport) -> str:
    """Return why the check drifts: `digits drifts because scipy 1.14.1 -> 1.15.0`."""
    return f"{found.check}: {found.verdict}"


def progress_line(now: Standing) -> str:
    """Return `bisecting 34 changes: 17 suspects left, 6 environments`."""
    return f"bisecting {now.changed} changes"

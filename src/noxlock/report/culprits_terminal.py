"""Why a check drifts, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from noxlock.report.culprits import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model.culprit import CulpritReport

__all__ = ["write_culprits"]


def write_culprits(
    found: CulpritReport,
    stream: TextIO,
    environ: Mapping[str, str],  # noqa: ARG001
) -> None:
    """Write the sentence, what it rests on, and what to do next."""
    stream.write(f"{sentence(found)}\n")

"""Strings that must not be mixed up."""

from __future__ import annotations

from typing import NewType

__all__ = [
    "ExtraName",
    "GroupName",
    "PlanKey",
    "Sha256",
]

Sha256 = NewType("Sha256", str)
"""A SHA-256 digest, 64 lower-case hex digits, without the `sha256:` before it."""

GroupName = NewType("GroupName", str)
"""A dependency group, normalised as PEP 735 says; `main` is the project's runtime."""

ExtraName = NewType("ExtraName", str)
"""An extra of the project, normalised as PEP 685 says."""

PlanKey = NewType("PlanKey", str)
"""Content address of a plan: `plan-v1-` and 64 hex digits."""

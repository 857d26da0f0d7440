"""What the tests of the culprit search at work share."""

from __future__ import annotations

from typing import Any

from noxlock.model import Plan, PlanKey
from support.fetching import LINUX

__all__ = ["a_plan"]


def a_plan(**other: Any) -> Plan:  # noqa: ANN401 - any field
    """Return a plan of nothing, for linux and python 3.11."""
    values: dict[str, Any] = {
        "key": PlanKey("plan"),
        "target": LINUX,
        "groups": (),
        "extras": (),
        "lock": "poetry.lock",
        "lock_format": "poetry",
        "indexes": (),
        "packages": (),
    }
    return Plan(**(values | other))

"""Decide, before anything is done, which artifacts an environment holds."""

from __future__ import annotations

from noxlock.plan.keys import KEY_VERSION, plan_key
from noxlock.plan.planning import plan
from noxlock.plan.render import plan_json
from noxlock.plan.targets import full_python, marker_environment, parse_target, tags

__all__ = [
    "KEY_VERSION",
    "full_python",
    "marker_environment",
    "parse_target",
    "plan",
    "plan_json",
    "plan_key",
    "tags",
]

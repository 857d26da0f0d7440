"""Decide, before anything is done, which artifacts an environment holds."""

from __future__ import annotations

from noxlock.plan.agreement import Disagreement, Pin
from noxlock.plan.conda import (
    check_hashes,
    conda_python,
    parse_platform,
    plan_conda,
    platform_of,
)
from noxlock.plan.conda_names import conda_names, provided, pypi_names
from noxlock.plan.keys import KEY_VERSION, plan_key
from noxlock.plan.layers import LayersRequest, disagreements, plan_layers
from noxlock.plan.planning import plan
from noxlock.plan.render import plan_json
from noxlock.plan.targets import full_python, marker_environment, parse_target, tags

__all__ = [
    "KEY_VERSION",
    "Disagreement",
    "LayersRequest",
    "Pin",
    "check_hashes",
    "conda_names",
    "conda_python",
    "disagreements",
    "full_python",
    "marker_environment",
    "parse_platform",
    "parse_target",
    "plan",
    "plan_conda",
    "plan_json",
    "plan_key",
    "plan_layers",
    "platform_of",
    "provided",
    "pypi_names",
    "tags",
]

"""Decide, before anything is done, which artifacts an environment holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from noxlock.plan.agreement import Disagreement, Pin
    from noxlock.plan.conda import (
        check_hashes,
        conda_python,
        parse_platform,
        plan_conda,
        platform_of,
    )
    from noxlock.plan.keys import KEY_VERSION, plan_key
    from noxlock.plan.layers import LayersRequest, disagreements, plan_layers
    from noxlock.plan.naming import conda_names, provided, pypi_names
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

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "agreement": "Disagreement Pin",
            "conda": "check_hashes conda_python parse_platform plan_conda platform_of",
            "naming": "conda_names provided pypi_names",
            "keys": "KEY_VERSION plan_key",
            "layers": "LayersRequest disagreements plan_layers",
            "planning": "plan",
            "render": "plan_json",
            "targets": "full_python marker_environment parse_target tags",
        },
    )

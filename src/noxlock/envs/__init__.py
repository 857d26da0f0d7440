"""Make prefixes: interpreters, virtual environments, builds, hermetic variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from noxlock.envs.cpu import numpy_dispatch
    from noxlock.envs.hermetic import apply_variables, hermetic_variables
    from noxlock.envs.interpreters import find_interpreter
    from noxlock.envs.probe import Probed, probe_variables, read_probe, unmet
    from noxlock.envs.profiles import Profile, resolve_profile
    from noxlock.envs.replacement import making_room, replacing, take_over
    from noxlock.envs.variations import (
        Surroundings,
        copy_tracked,
        elsewhere,
        expand,
        home_variables,
    )
    from noxlock.envs.venv import (
        make_venv,
        venv_python,
        venv_scripts,
        venv_site_packages,
    )

__all__ = [
    "Probed",
    "Profile",
    "Surroundings",
    "apply_variables",
    "copy_tracked",
    "elsewhere",
    "expand",
    "find_interpreter",
    "hermetic_variables",
    "home_variables",
    "make_venv",
    "making_room",
    "numpy_dispatch",
    "probe_variables",
    "read_probe",
    "replacing",
    "resolve_profile",
    "take_over",
    "unmet",
    "venv_python",
    "venv_scripts",
    "venv_site_packages",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "cpu": "numpy_dispatch",
            "hermetic": "apply_variables hermetic_variables",
            "interpreters": "find_interpreter",
            "probe": "Probed probe_variables read_probe unmet",
            "profiles": "Profile resolve_profile",
            "replacement": "making_room replacing take_over",
            "variations": "Surroundings copy_tracked elsewhere expand home_variables",
            "venv": "make_venv venv_python venv_scripts venv_site_packages",
        },
    )

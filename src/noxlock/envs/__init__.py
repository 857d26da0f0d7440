"""Make prefixes: interpreters, virtual environments, builds, hermetic variables."""

from __future__ import annotations

from noxlock.envs.cpu import numpy_dispatch
from noxlock.envs.hermetic import apply_variables, hermetic_variables
from noxlock.envs.interpreters import find_interpreter
from noxlock.envs.probe import Probed, probe_variables, read_probe, unmet
from noxlock.envs.profiles import Profile, resolve_profile
from noxlock.envs.replacing import replacing
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
    "numpy_dispatch",
    "probe_variables",
    "read_probe",
    "replacing",
    "resolve_profile",
    "unmet",
    "venv_python",
    "venv_scripts",
    "venv_site_packages",
]

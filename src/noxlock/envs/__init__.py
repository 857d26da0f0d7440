"""Make prefixes: interpreters, virtual environments, builds, hermetic variables."""

from __future__ import annotations

from noxlock.envs.hermetic import (
    apply_variables,
    hermetic_variables,
    profile_variables,
)
from noxlock.envs.interpreters import find_interpreter
from noxlock.envs.venv import (
    discard,
    make_venv,
    set_aside,
    venv_python,
    venv_scripts,
    venv_site_packages,
)

__all__ = [
    "apply_variables",
    "discard",
    "find_interpreter",
    "hermetic_variables",
    "make_venv",
    "profile_variables",
    "set_aside",
    "venv_python",
    "venv_scripts",
    "venv_site_packages",
]

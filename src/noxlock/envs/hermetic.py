"""The variables that keep the user's own settings out of an environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["apply_variables", "hermetic_variables"]

# What makes an interpreter see other modules, or bytecode, than its environment's.
REMOVED: Final = frozenset(
    {
        "PYTHONCASEOK",
        "PYTHONEXECUTABLE",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONOPTIMIZE",
        "PYTHONPATH",
        "PYTHONPLATLIBDIR",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSAFEPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "SETUPTOOLS_USE_DISTUTILS",
        "VIRTUAL_ENV_PROMPT",
        "__PYVENV_LAUNCHER__",
    }
)
REMOVED_PREFIXES: Final = (
    "CONDA_",
    "_CONDA_",
    "_CE_",
    "PIP_",
    "PIPENV_",
    "PDM_",
    "POETRY_",
    "UV_",
)
# design: CONDA_OVERRIDE_CUDA is honoured.
KEPT_PREFIXES: Final = ("CONDA_OVERRIDE_",)


def hermetic_variables(
    prefix: Path, environ: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the variables of a command that runs in the environment at *prefix*.

    Args:
        prefix: The environment.
        environ: The user's own variables; decides what there is to remove.

    Returns:
        Value by variable; None: remove it. PATH begins with the environment's own
        programs. Dynamic-linker variables (LD_LIBRARY_PATH) are left as they are.
    """
    scripts = prefix / ("Scripts" if os.name == "nt" else "bin")
    path = environ.get("PATH", os.defpath)
    removed: dict[str, str | None] = {
        name: None
        for name in environ
        if name in REMOVED
        or (name.startswith(REMOVED_PREFIXES) and not name.startswith(KEPT_PREFIXES))
    }
    return removed | {
        "PATH": os.pathsep.join([str(scripts), path]) if path else str(scripts),
        # pip: "if the file is os.devnull, no configuration files will be loaded".
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
        "UV_NO_CONFIG": "1",
        "VIRTUAL_ENV": str(prefix),
    }


def apply_variables(
    environ: Mapping[str, str], changes: Mapping[str, str | None]
) -> dict[str, str]:
    """Return *environ* with *changes* made; None removes a variable."""
    merged = {name: value for name, value in environ.items() if name not in changes}
    return merged | {k: v for k, v in changes.items() if v is not None}

"""What `conda activate` leaves behind, as variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.errors import EnvError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Activation", "activate", "activation_script"]

MARK: Final = "@noxlock-path@"
"""Stands in the script for the PATH of whoever will run it."""
# What a shell sets for itself.
SHELL_OWN: Final = frozenset({"PWD", "OLDPWD", "SHLVL", "_", "BASH_EXECUTION_STRING"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Activation:
    """The difference that an activation makes."""

    variables: Mapping[str, str | None] = field(default_factory=dict)
    """Value by variable, PATH among them; None: it is removed."""
    paths: tuple[str, ...] = ()
    """What comes first on PATH, before the user's own."""


def activation_script(prefix: Path) -> str:
    """Return the shell script that activates the conda environment at *prefix*.

    A function of what lies there: `etc/conda/env_vars.d`, the variables of
    `conda-meta/state`, `etc/conda/activate.d`, in conda's order. It is for bash, and
    for any POSIX shell where the packages' own scripts are.

    Raises:
        EnvError: A file there is malformed.
    """
    from rattler.shell import (  # noqa: PLC0415 - only where conda is used
        ActivationVariables,
        Shell,
        activate,
    )

    shell = Shell.cmd_exe if os.name == "nt" else Shell.bash
    try:
        return activate(prefix, ActivationVariables(None, [MARK]), shell).script
    except Exception as error:
        what = f"{prefix} cannot be activated: {error}"
        hint = "a package brings a malformed etc/conda/env_vars.d, or state, file"
        raise EnvError(what, hint=hint) from error


def activate(prefix: Path, script: str, environ: Mapping[str, str]) -> Activation:
    """Run an activation script and return what it changed.

    Args:
        prefix: The environment.
        script: Of `activation_script`.
        environ: The variables that the script finds: of the user, none of conda's.

    Raises:
        EnvError: It fails, or there is no shell to run it.
    """
    name = str(prefix)
    before = {
        **environ,
        "PATH": environ.get("PATH", os.defpath),
        # conda: an environment that no folder of environments holds has its path for
        # a name.
        "CONDA_DEFAULT_ENV": name,
        "CONDA_PROMPT_MODIFIER": f"({name}) ",
    }
    after = _run(prefix, script, before)
    first, _, rest = after.get("PATH", "").partition(MARK)
    paths = tuple(dict.fromkeys(filter(None, first.split(os.pathsep))))
    after["PATH"] = os.pathsep.join(dict.fromkeys((*paths, *_parts(rest))))
    names = (environ.keys() | after.keys()) - SHELL_OWN
    changes = {n: after.get(n) for n in names if environ.get(n) != after.get(n)}
    return Activation(variables=dict(sorted(changes.items())), paths=paths)


def _parts(path: str) -> list[str]:
    return path.removeprefix(os.pathsep).split(os.pathsep)


def _run(prefix: Path, script: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return all variables after *script*."""
    command, text = _command(script)
    try:
        result = subprocess.run(  # noqa: S603 - the packages' own scripts
            command,
            input=text,
            env=dict(environ),
            cwd=prefix,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        what = f"{prefix} cannot be activated: {command[0]}: {error.strerror}"
        raise EnvError(what) from error
    _, found, printed = result.stdout.rpartition(MARK.encode() + b"\0")
    if result.returncode or not found:
        said = result.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"status {result.returncode}"
        raise EnvError(
            f"{prefix} cannot be activated: {reason}",
            hint="a script in etc/conda/activate.d fails; its package is to blame",
        )
    pairs = (item.partition(b"=") for item in printed.split(b"\0") if item)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def _command(script: str) -> tuple[list[str], bytes]:
    """Return the command that runs *script*, and what it reads."""
    if os.name == "nt":  # pragma: no cover - the tests run elsewhere
        code = (
            f"import os,sys;w=sys.stdout.write;w({MARK!r}+chr(0));"
            "[w(k+'='+v+chr(0)) for k,v in os.environ.items()]"
        )
        lines = ["@echo off", script, f'@"{sys.executable}" -I -c "{code}"', ""]
        return ["cmd.exe", "/d", "/q"], "\r\n".join(lines).encode()
    bash = shutil.which("bash")
    shell = [bash, "--norc", "--noprofile"] if bash else ["/bin/sh"]
    end = f"printf '%s\\0' {MARK}; exec env -0"
    return [*shell, "-c", f"{script}\n{end}"], b""

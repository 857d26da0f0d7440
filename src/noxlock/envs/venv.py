"""Bare virtual environments: an interpreter and nothing else, no pip, no setuptools."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from noxlock.errors import EnvError

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter

__all__ = ["make_venv", "venv_python", "venv_scripts", "venv_site_packages"]

WINDOWS: Final = os.name == "nt"
CONDA_META: Final = "conda-meta"
"""In an environment of conda packages: their records."""

ACTIVATE: Final = """\
# Source this: `. {prefix}/bin/activate`; `deactivate` undoes it.
deactivate() {{
    PATH="$_OLD_VIRTUAL_PATH"; export PATH
    unset VIRTUAL_ENV _OLD_VIRTUAL_PATH PYTHONNOUSERSITE
    unset -f deactivate
    hash -r 2>/dev/null
}}
unset PYTHONHOME PYTHONPATH
PYTHONNOUSERSITE=1; export PYTHONNOUSERSITE
VIRTUAL_ENV={quoted}; export VIRTUAL_ENV
_OLD_VIRTUAL_PATH="$PATH"
PATH="$VIRTUAL_ENV/bin:$PATH"; export PATH
hash -r 2>/dev/null
"""


def venv_scripts(prefix: Path) -> Path:
    """Return the folder of the programs of the environment at *prefix*."""
    return prefix / ("Scripts" if WINDOWS else "bin")


def venv_python(prefix: Path) -> Path:
    """Return the interpreter of the environment at *prefix*."""
    if WINDOWS and (prefix / CONDA_META).is_dir():  # pragma: no cover
        return prefix / "python.exe"
    return venv_scripts(prefix) / ("python.exe" if WINDOWS else "python")


def venv_site_packages(prefix: Path, interpreter: Interpreter) -> Path:
    """Return where modules are installed in the environment at *prefix*."""
    if WINDOWS:
        return prefix / "Lib" / "site-packages"
    minor = interpreter.target.python_minor
    return prefix / "lib" / f"python{minor}" / "site-packages"


def make_venv(
    prefix: Path, interpreter: Interpreter, *, by_hand: bool = not WINDOWS
) -> None:
    """Make a bare virtual environment of *interpreter* at *prefix*, which is absent.

    Args:
        prefix: Absolute path; its parent is made where it is missing.
        interpreter: A base interpreter.
        by_hand: Write its few files directly, which takes a millisecond; else run the
            interpreter's own venv module.

    Raises:
        EnvError: It cannot be written, or the venv module fails.
    """
    try:
        if by_hand:
            _write(prefix, interpreter)
        else:
            _run_venv(prefix, interpreter)
    except OSError as error:
        raise EnvError(f"cannot make an environment at {prefix}: {error}") from error


def _write(prefix: Path, interpreter: Interpreter) -> None:
    prefix.mkdir(parents=True)
    # First of all: what is at the prefix is known as an environment from now on.
    # PEP 405: "home" is the folder of the base interpreter's executable.
    (prefix / "pyvenv.cfg").write_text(
        f"home = {interpreter.executable.parent}\n"
        "include-system-site-packages = false\n"
        f"version = {interpreter.version}\n"
        f"executable = {interpreter.executable}\n",
        encoding="utf-8",
    )
    venv_site_packages(prefix, interpreter).mkdir(parents=True)
    # As the venv module does on 64-bit systems: some distributions install to lib64.
    (prefix / "lib64").symlink_to("lib")
    (prefix / "include").mkdir()
    scripts = venv_scripts(prefix)
    scripts.mkdir()
    (scripts / "python").symlink_to(interpreter.executable)
    for name in ("python3", f"python{interpreter.target.python_minor}"):
        (scripts / name).symlink_to("python")
    quoted = "'" + str(prefix).replace("'", "'\"'\"'") + "'"
    (scripts / "activate").write_text(
        ACTIVATE.format(prefix=prefix, quoted=quoted), encoding="utf-8"
    )


def _run_venv(prefix: Path, interpreter: Interpreter) -> None:
    program = str(interpreter.executable)
    command = [program, "-I", "-m", "venv", "--without-pip", str(prefix)]
    result = subprocess.run(  # noqa: S603 - the interpreter that was found
        command, capture_output=True, check=False, text=True
    )
    if result.returncode:
        raise EnvError(
            f"{interpreter.executable} cannot make an environment at {prefix}:"
            f" {(result.stderr or result.stdout).strip()}"
        )

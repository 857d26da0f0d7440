"""The interpreters of this machine, as values; and bare virtual environments."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from noxlock.model import Interpreter, Subdir, Target

__all__ = ["bare_venv", "installed", "running"]

_QUESTION = """
import importlib.util, platform, sys
print(sys.executable, platform.python_version(), sys.implementation.cache_tag)
print(importlib.util.MAGIC_NUMBER.hex())
"""


@cache
def _ask(executable: str) -> Interpreter:
    result = subprocess.run(
        [executable, "-I", "-c", _QUESTION], capture_output=True, text=True, check=True
    )
    path, version, tag, magic = result.stdout.split()
    return Interpreter(
        executable=Path(path),
        version=version,
        target=Target(subdir=Subdir.LINUX_64, python=version),
        cache_tag=tag,
        magic=magic,
    )


def running() -> Interpreter:
    """Return the base of the interpreter that runs the tests."""
    base = getattr(sys, "_base_executable", sys.executable)
    return _ask(str(base))


def installed(minor: str) -> Interpreter:
    """Return a CPython of version *minor*, `3.8`; skip the test where there is none."""
    found = sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python"))
    if not found:
        pytest.skip(f"no CPython {minor} here")
    return _ask(str(found[-1]))


def bare_venv(prefix: Path, interpreter: Interpreter) -> Path:
    """Make a virtual environment without pip; returns its python."""
    command = [str(interpreter.executable), "-m", "venv", "--without-pip", str(prefix)]
    subprocess.run(command, check=True)
    return prefix / "bin" / "python"

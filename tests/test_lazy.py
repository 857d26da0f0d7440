"""Packages that import their modules late have all that they say they have."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

LAZY = ("definitions", "envs", "model", "plan")


@pytest.mark.parametrize("name", LAZY)
def test_every_name_is_there_and_is_no_module(name: str) -> None:
    package = import_module(f"noxlock.{name}")
    for each in package.__all__:
        assert not isinstance(getattr(package, each), ModuleType), each


@pytest.mark.parametrize("name", LAZY)
def test_what_is_not_there_is_said_as_python_says_it(name: str) -> None:
    package = import_module(f"noxlock.{name}")
    with pytest.raises(AttributeError, match=f"noxlock.{name}' has no attribute 'x'"):
        package.x  # noqa: B018


@pytest.mark.parametrize("name", LAZY)
def test_importing_a_package_imports_none_of_its_modules(name: str) -> None:
    code = (
        f"import sys, noxlock.{name};"
        f"print([each for each in sys.modules if each.startswith('noxlock.{name}.')])"
    )
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, check=True, capture_output=True, text=True)
    assert printed.stdout == "[]\n"

"""Packages whose names are imported from their modules when first asked for.

Three quarters of the start of a warm session was importing modules that it had no use
for (measured: 400 modules, 0.3 s). A package that gathers the names of its modules says
them to type checkers as imports, and here as a table (PEP 562).
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["lazily"]


def lazily(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` of *package*.

    Args:
        package: Its name.
        modules: Names by the module of it that defines them, separated by blanks.
    """
    owners = {name: module for module in modules for name in modules[module].split()}

    def get(name: str) -> object:
        if name not in owners:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{owners[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return get

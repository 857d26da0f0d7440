"""Reproducible ML builds on nox."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noxlock.nox_plugin import Environment, check, environment, load, lock, session

__all__ = ["Environment", "check", "environment", "load", "lock", "session"]


def __getattr__(name: str) -> object:
    """Import the plugin, and nox with it, only where a noxfile asks for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from noxlock import nox_plugin  # noqa: PLC0415 - see above

    return getattr(nox_plugin, name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Sessions and environments on nox; the only importer of nox."""

from __future__ import annotations

from noxlock.nox_plugin.api import (
    Environment,
    check,
    environment,
    load,
    lock,
    profile,
    session,
)
from noxlock.nox_plugin.backend import BACKEND, LockedEnv, register

__all__ = [
    "BACKEND",
    "Environment",
    "LockedEnv",
    "check",
    "environment",
    "load",
    "lock",
    "profile",
    "register",
    "session",
]

register()

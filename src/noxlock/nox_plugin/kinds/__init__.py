"""The kinds of declared sessions, as nox sessions: a module a kind."""

from __future__ import annotations

from noxlock.nox_plugin.kinds.check import register_check
from noxlock.nox_plugin.kinds.lock import register_lock
from noxlock.nox_plugin.kinds.run import register_session

__all__ = ["register_check", "register_lock", "register_session"]

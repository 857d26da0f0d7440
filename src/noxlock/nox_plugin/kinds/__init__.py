"""The kinds of declared sessions, as nox sessions: a module a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noxlock.nox_plugin.kinds.check import register_check, register_repro
from noxlock.nox_plugin.kinds.lock import register_lock
from noxlock.nox_plugin.kinds.run import register_session
from noxlock.nox_plugin.kinds.update import register_update
from noxlock.nox_plugin.kinds.why import register_why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from noxlock.nox_plugin.entries import Entry
    from noxlock.nox_plugin.noxfile import Noxfile

__all__ = ["register"]

_KINDS: Final[Mapping[str, Callable[[Noxfile, Entry], None]]] = {
    "session": register_session,
    "check": register_check,
    "why": register_why,
    "repro": register_repro,
    "lock": register_lock,
    "update": register_update,
}


def register(noxfile: Noxfile, entry: Entry) -> None:
    """Make a declared session known to nox."""
    _KINDS[entry["kind"]](noxfile, entry)

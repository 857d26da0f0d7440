"""What the kinds share: how a declared environment is told to nox."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from noxlock.nox_plugin.backend import BACKEND, LockedEnv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import nox

    from noxlock.nox_plugin.entries import Entry

__all__ = ["Backend", "backend", "install_only", "locked_env", "nox_folder"]


class Backend(TypedDict):
    """The part of `nox.session`'s parameters that says where it runs."""

    python: str | Sequence[str] | None
    venv_backend: str
    venv_params: list[str]


def backend(entry: Entry) -> Backend:
    """Return where the session of *entry* runs."""
    return {
        "python": entry["python"],
        "venv_backend": BACKEND,
        "venv_params": [f"{entry['kind']}:{entry['name']}"],
    }


def locked_env(session: nox.Session) -> LockedEnv | None:
    """Return the session's environment; None where nox was told to use another."""
    env = session.virtualenv
    return env if isinstance(env, LockedEnv) else None


def nox_folder(session: nox.Session) -> Path:
    """Return nox's own folder, `.nox` unless `--envdir` says otherwise."""
    return session.cache_dir.parent.absolute()


def install_only(session: nox.Session) -> bool:
    """Return whether nox was told to make environments and run nothing."""
    return bool(session._runner.global_config.install_only)  # noqa: SLF001 - no public way

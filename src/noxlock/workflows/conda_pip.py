"""The `pip:` sections of a conda lock, pinned by a uv that is itself locked."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from noxlock.index.client import public_default
from noxlock.process import run
from noxlock.solvers import _pip_section
from noxlock.solvers._pip_section import lock_pip_section
from noxlock.solvers._uv import PipSettings
from noxlock.workflows.lock_tool import make_tool

if TYPE_CHECKING:
    from datetime import datetime

    from noxlock.locks.conda_lock_writer import PipRow
    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages
    from noxlock.model import CondaPackage
    from noxlock.workflows.parts import Parts

__all__ = ["UvSection", "uv_settings"]


@dataclass(slots=True)
class UvSection:
    """Pins `pip:` sections; uv's environment is made when first needed.

    Args:
        parts: The builder, the user's variables and settings of indexes.
        lock: The conda lock, for its folder.
        folder: Where the environments of the tools go, as `.nox/noxlock`.
    """

    parts: Parts
    lock: Path
    folder: Path
    _settings: PipSettings | None = None

    def __call__(
        self,
        wanted: Wanted,
        packages: tuple[CondaPackage, ...],
        virtual: VirtualPackages,
        newest: datetime | None,
        /,
    ) -> tuple[PipRow, ...]:
        """Return the pins of one target, or raise `SolveError`."""
        if self._settings is None:
            tool, environ = make_tool(
                _pip_section, self.lock, None, self.parts, self.folder
            )
            self._settings = uv_settings(self.parts, tool, environ)
        settings = replace(self._settings, exclude_newer=newest)
        return lock_pip_section(wanted, packages, virtual, settings, run)


def uv_settings(parts: Parts, command: Path, environ: dict[str, str]) -> PipSettings:
    """Return how *command*, a uv, is to be run for this user.

    Of the user's indexes only the default counts, as with Poetry: what else a lock is
    made from the project names itself, under `pip-repositories`.
    """
    user = parts.settings
    return PipSettings(
        command=command,
        python=Path(getattr(sys, "_base_executable", sys.executable)),
        cache=parts.cache / "tools" / _pip_section.TOOL,
        environ=environ,
        public=public_default(),
        index=user.index.value if user.index else None,
        certificate=user.cert.value if user.cert else None,
        trusted_hosts=user.trusted_hosts,
        proxy=user.proxy,
    )

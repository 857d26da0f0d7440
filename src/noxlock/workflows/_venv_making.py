"""Make a virtual environment out of wheels that the store has."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.envs import make_venv, replacing, take_over, venv_site_packages
from noxlock.envs.receipts import snapshot, watched
from noxlock.report.counts import counted
from noxlock.store import Recycled

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter, Sha256
    from noxlock.report.progress import Progress
    from noxlock.store import StoreProtocol
    from noxlock.workflows.artifacts import Installable
    from noxlock.workflows.requests import BuildRequest

__all__ = ["VenvMaking"]

LONG: Final = 2_000_000
"""Bytes of modules that take about a second to compile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VenvMaking:
    """The last step of a build: what is at the prefix is replaced."""

    store: StoreProtocol
    progress: Progress
    request: BuildRequest

    def make(
        self, interpreter: Interpreter, wheels: tuple[Installable, ...]
    ) -> dict[str, tuple[int, int]]:
        """Return size and mtime of each file that is there then, by path."""
        store, prefix = self.store, self.request.prefix
        later = self._compile([wheel.sha256 for wheel in wheels], interpreter)
        with replacing(prefix) as old:
            make_venv(prefix, interpreter)
            files = snapshot(prefix)
            recycled = _recycled(old, prefix, interpreter) if old and wheels else None
            linked = [wheel.linked for wheel in wheels]
            placed = store.link(linked, prefix, interpreter, recycled=recycled)
            files = watched({**files, **placed}) if placed else snapshot(prefix)
        if later:
            new = counted(len(later), "new package")
            name = self.request.name
            self.progress.say(
                f"{name}: bytecode of {new} is compiled in the background"
            )
            store.compile_later(later, interpreter)
        return files

    def _compile(
        self, wheels: list[Sha256], interpreter: Interpreter
    ) -> tuple[Sha256, ...]:
        """Return the wheels that are left to be compiled later."""
        store, progress = self.store, self.progress
        lacking = store.uncompiled(wheels, interpreter)
        if not lacking:
            return ()
        if not self.request.compile_first and store.sources_size(lacking) > LONG:
            return lacking
        title = f"compile {counted(len(lacking), 'package')}"
        with progress.task(title, total=len(lacking), unit="packages") as step:
            store.compile(lacking, interpreter)
            step.advance(len(lacking))
        return ()


def _recycled(old: Path, prefix: Path, interpreter: Interpreter) -> Recycled | None:
    """Have the modules of the *old* environment in the new one, to be gone through."""
    inside = venv_site_packages(prefix, interpreter).relative_to(prefix)
    if not take_over(old, prefix, inside):
        return None
    mode = stat.S_IMODE(prefix.lstat().st_mode)
    return Recycled(inside=inside.as_posix(), aside=old, mode=mode)

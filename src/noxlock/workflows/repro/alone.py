"""One run of a check at a time: its folder is emptied by the next one."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.envs.locking import locked
from noxlock.errors import EnvError
from noxlock.workflows.outputs import fresh_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Own", "alone"]

_OWNER: Final = "owner"
_held: Final[set[tuple[Path, int]]] = set()
"""The folders that this process holds, and by which thread."""


@contextmanager
def alone(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the *folder* of a check; wait, and *say* so, where another process does.

    Who holds it may do so again.

    Raises:
        EnvError: The lock cannot be written.
    """
    key = folder, threading.get_ident()
    if key in _held:
        yield
        return
    waiting = f"{folder.name}: waiting for another run of this check to end"
    with locked(folder, on_wait=lambda: say(waiting)):
        _held.add(key)
        try:
            yield
        finally:
            _held.discard(key)


@dataclass(frozen=True, slots=True)
class Own:
    """The folder of a check, made fresh for one run.

    Locks do not hold everywhere: not on every network file system, not on other
    machines of some.
    """

    folder: Path
    token: str

    @classmethod
    def make(cls, folder: Path) -> Own:
        """Empty *folder* and make it this run's own.

        Raises:
            EnvError: It cannot be emptied or made.
        """
        fresh_folder(folder)
        own = cls(folder, secrets.token_hex(16))
        try:
            own._file.write_text(f"{own.token}\n", encoding="ascii")
        except OSError as error:
            what = f"cannot write to the check's folder: {error.strerror or error}"
            raise EnvError(what, file=str(own._file)) from error
        return own

    @property
    def _file(self) -> Path:
        return self.folder / _OWNER

    def require(self) -> None:
        """Raise EnvError where another run has made the folder its own since."""
        try:
            found = self._file.read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            found = ""
        if found != self.token:
            raise EnvError(
                "another run of this check has taken the folder, so nothing that lies"
                " there proves anything",
                file=str(self.folder),
                hint="run the check again, when the other one has ended",
            )

"""Where a benchmark works, and with which variables."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROOT", "Bench", "put_aside", "remove"]

ROOT = Path(__file__).resolve().parent.parent
_numbers = count()

_FALSIFYING = ("PYTHON", "NOX", "CONDA", "MAMBA", "TOX", "VIRTUAL_ENV", "__PYVENV")
"""Beginnings of the variables that change what is measured, whoever is measured."""
_TOOLS = ("PIP_", "UV_", "POETRY_")
_PLACES = ("INDEX", "LINKS", "CERT", "HOST", "PROXY", "KEYRING", "CONFIG", "MIRROR")
"""In the name of a tool's variable: where the user's artifacts come from."""
_PLAIN = ("CI", "FORCE_COLOR", "MAKEFLAGS", "COLUMNS")
_OTHERS = ("PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT", "PIP_RETRIES")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What every case is given."""

    folder: Path
    """All that is made lies in it, so that it lies on one file system."""
    runs: int
    only: frozenset[str] = frozenset()
    """The contestants to measure; none: all."""
    python: Path = field(default_factory=lambda: Path(sys.executable))
    """Of the environment that holds nox and noxlock."""

    def wants(self, contestant: str) -> bool:
        """Return whether this contestant is to be measured."""
        return not self.only or contestant in self.only

    def say(self, text: str) -> None:
        """Tell the person who waits, on stderr."""
        print(text, file=sys.stderr, flush=True)

    def program(self, name: str) -> Path:
        """Return a program of noxlock's own environment: nox, noxlock."""
        return self.python.parent / name

    def scratch(self, case: str) -> Path:
        """Return the empty folder of a case."""
        path = self.folder / "work" / case
        remove(path)
        path.mkdir(parents=True)
        return path

    @property
    def caches(self) -> Path:
        """The folder of the caches that outlive a case: wheels, noxlock's store."""
        return self.folder / "caches"

    def own(self, **variables: str | Path) -> dict[str, str]:
        """Return the variables for preparation: the user's indexes, our own caches."""
        kept = {k: v for k, v in os.environ.items() if _is_kept(k)}
        return kept | self._caches(self.caches) | _strings(variables)

    def local(
        self, index: str = "", caches: Path | None = None, **variables: str | Path
    ) -> dict[str, str]:
        """Return the variables of what is timed: no index but the one on loopback.

        Args:
            index: Its simple page; "": none is there.
            caches: Another folder of caches than the usual.
            variables: More of them.
        """
        kept = {
            k: v
            for k, v in os.environ.items()
            if _is_kept(k) and not k.upper().startswith(_TOOLS)
        }
        nowhere = index or "http://127.0.0.1:9/simple/"  # the port that discards
        settings = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": nowhere,
            "UV_NO_CONFIG": "1",
            "UV_DEFAULT_INDEX": nowhere,
            "POETRY_PYPI_MIRROR_URL": nowhere,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        found = self._caches(caches or self.caches)
        return kept | settings | found | _strings(variables)

    def _caches(self, caches: Path) -> dict[str, str]:
        return {
            "NOXLOCK_CACHE_DIR": str(caches / "noxlock"),
            "UV_CACHE_DIR": str(caches / "uv"),
            "PIP_CACHE_DIR": str(caches / "pip"),
            "POETRY_CACHE_DIR": str(caches / "poetry"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "NO_COLOR": "1",
        }


def put_aside(path: Path, root: Path) -> None:
    """Have nothing at *path*, and delete nothing before all is measured.

    ext4 passes by inodes that were deleted in the last minutes, one by one: a folder
    takes it 20 us, or 700 then. Where an environment is the first, nothing was deleted.

    Args:
        path: A folder, or nothing.
        root: The folder of the case, which goes with it.
    """
    aside = root / "aside"
    aside.mkdir(exist_ok=True)
    while path.exists():  # what goes on in the background may write there meanwhile
        path.rename(aside / str(next(_numbers)))


def remove(path: Path) -> None:
    """Take away what is at *path*, a folder or nothing; read-only folders too."""

    def unlock(function: object, name: str, error: object) -> None:
        del function, error
        parent = Path(name).parent
        parent.chmod(0o755)
        target = Path(name)
        if target.is_dir() and not target.is_symlink():
            target.chmod(0o755)
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    if path.exists():
        shutil.rmtree(path, onerror=unlock)


def _is_kept(name: str) -> bool:
    upper = name.upper()
    if upper.startswith(_FALSIFYING) or upper in _PLAIN:
        return False
    if upper.startswith(_TOOLS):
        return upper in _OTHERS or any(place in upper for place in _PLACES)
    return True


def _strings(variables: Mapping[str, str | Path]) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items()}

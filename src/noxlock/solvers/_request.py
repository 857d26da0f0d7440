"""What a lock tool is given, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Finished", "Run", "SolveRequest"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveRequest:
    """One lock to regenerate."""

    folder: Path
    """Where the lock and the file that it is made from lie."""
    command: Path
    """The tool's executable, in the tool's own environment."""
    python: str
    """Version of the Python that the tool runs on."""
    cache: Path
    """Folder for what the tool keeps from run to run; made where it is absent."""
    environ: Mapping[str, str]
    """Variables to run with; those of the user's own that begin as `VARIABLES` too."""
    mirror: str | None = None
    """Simple page of the index in force; None: the tool's own default."""
    certificate: str | None = None
    """File of trusted certificates; None: the tool's own."""
    unverified: bool = False
    """Whether the index's own certificate is not to be checked."""
    proxy: str | None = None
    """None: as the variables say."""
    update: tuple[str, ...] = ()
    """Packages to take newer versions of; the others keep their pins."""
    upgrade: bool = False
    """Forget every pin."""
    hold: tuple[str, ...] = ()
    """Requirements, `scipy<1.15.0`, that the lock has to satisfy besides."""


class Finished(Protocol):
    """A command that ended."""

    @property
    def returncode(self) -> int:
        """Its exit status; negative: the signal that ended it."""

    @property
    def stdout(self) -> str:
        """What it printed, stderr mixed in."""


class Run(Protocol):
    """Runs a command to its end; the process layer's, or a test's."""

    def __call__(
        self, command: Sequence[str], /, *, cwd: Path, env: Mapping[str, str]
    ) -> Finished:
        """Return how it ended, whatever its exit status."""

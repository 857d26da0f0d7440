"""What the builder of environments is asked for, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.envs.activation import Activation

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import (
        CondaLock,
        Environment,
        Interpreter,
        Lock,
        PackageRecord,
        Plan,
        ProjectInstall,
    )
    from noxlock.workflows.lock_files import LockFile

__all__ = ["BuildRequest", "BuiltEnvironment"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """One environment to make."""

    root: Path
    """Folder of the project."""
    name: str
    """For messages."""
    environment: Environment
    python: str
    """One interpreter: version, exact version or path."""
    prefix: Path
    """Where it goes; nothing else may be there."""
    project: ProjectInstall
    lock: Lock | LockFile[Lock] | None = None
    """Of the wheels, read or not yet; None where conda packages are all."""
    lock_file: str | Path = ""
    """Relative to `root`, or absolute; its folder is the base of relative paths."""
    reuse: bool = False
    """Keep what is there, if it is what would be made and was not altered."""
    compile_first: bool = True
    """Wait for all bytecode; else, where that takes long, the next environment of these
    wheels is the first one to have it."""
    conda: CondaLock | LockFile[CondaLock] | None = None
    """Of the conda packages, which come first and bring the python."""
    plan: Plan | None = None
    """What it is to hold, instead of what the locks give: a mix of two of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltEnvironment:
    """An environment that is ready."""

    prefix: Path
    bin: Path
    """Folder of its programs."""
    interpreter: Interpreter
    """Without python among the conda packages: of no version, and not there."""
    plan: Plan
    packages: tuple[PackageRecord, ...]
    """What was installed, by name; without the project itself."""
    reused: bool
    reason: str
    """Why it was made: `new`, `plan changed: numpy 2.1.0 -> 2.1.1`; or kept."""
    activation: Activation = field(default_factory=Activation)
    """What its commands find besides the hermetic variables; of a venv nothing."""

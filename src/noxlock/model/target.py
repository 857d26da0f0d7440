"""Where an environment must run, and the interpreter that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Interpreter", "Subdir", "Target"]


class Subdir(StrEnum):
    """A platform, in the words of conda's `subdir`."""

    LINUX_64 = "linux-64"
    LINUX_AARCH64 = "linux-aarch64"
    LINUX_PPC64LE = "linux-ppc64le"
    OSX_64 = "osx-64"
    OSX_ARM64 = "osx-arm64"
    WIN_64 = "win-64"


class Target(Struct, frozen=True, kw_only=True):
    """Conda subdir, variant and python: `linux-64`, `linux-64-cuda`, `osx-arm64`.

    The floors are facts of the machine, so parameters: the live machine's own when an
    environment is built, else these, of Ubuntu 24.04 and macOS 14.
    """

    subdir: Subdir
    python: str
    """Full version, `3.11.7`; what markers and tags are evaluated for.

    Empty where the environment, of conda packages alone, has no python.
    """
    variant: str | None = None
    glibc: tuple[int, int] = (2, 39)
    """Newest manylinux policy that fits; for linux subdirs."""
    macos: tuple[int, int] = (14, 0)
    """Newest macOS deployment target that fits; for osx subdirs."""

    @property
    def name(self) -> str:
        """The subdir and its variant: `linux-64-cuda`."""
        return f"{self.subdir}-{self.variant}" if self.variant else str(self.subdir)

    @property
    def python_minor(self) -> str:
        """The python's major and minor: `3.11`."""
        return ".".join(self.python.split(".")[:2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A CPython on this machine."""

    executable: Path
    """Absolute path of the base interpreter, never one inside a virtual environment."""
    version: str
    """Full version, `3.11.7`."""
    target: Target
    """What it can run: its subdir, version, and this machine's glibc or macOS."""
    cache_tag: str
    """`sys.implementation.cache_tag`: `cpython-311`."""
    magic: str
    """Hex of `importlib.util.MAGIC_NUMBER`: two builds of one tag can differ in it."""

"""What the user declares of an environment, and the base of all that is declared."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["Definition", "Environment", "ProjectInstall"]


class ProjectInstall(StrEnum):
    """How the project itself comes into an environment."""

    EDITABLE = "editable"
    WHEEL = "wheel"
    NONE = "none"


class Definition(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """Base of every table of the definitions."""


class Environment(Definition, frozen=True, kw_only=True):
    """An environment made from lock files: of wheels, of conda packages, or both."""

    conda: Annotated[
        str | None,
        Meta(
            description=(
                "Lock of the conda packages: conda-lock.yml, a file with @EXPLICIT, or"
                " pixi.lock. They come first, wheels go on top."
            )
        ),
    ] = None
    pypi: Annotated[
        str | None,
        Meta(
            description=(
                "Lock of the Python packages: poetry.lock, pylock.toml. With `conda`:"
                " of those that conda does not bring."
            )
        ),
    ] = None
    python: Annotated[
        str | tuple[str, ...],
        Meta(
            description=(
                "Version (`3.11`), exact version or path; several: a matrix. With"
                " `conda`: left out, or the version that the lock brings."
            )
        ),
    ] = "3"
    groups: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Dependency groups, and categories of a conda lock; `main` is the"
                " project's runtime."
            )
        ),
    ] = ("main",)
    extras: Annotated[tuple[str, ...], Meta(description="Extras of the project.")] = ()
    target: Annotated[
        str,
        Meta(
            description=(
                "As `linux-64`, `osx-arm64`, `linux-64-cuda`. `auto`: this machine, in"
                " its CUDA variant where the lock has one and the driver is there."
            )
        ),
    ] = "auto"
    project: Annotated[
        ProjectInstall | None,
        Meta(
            description=(
                "How the project itself comes in. Left out: editable for sessions,"
                " wheel for checks, none where `main` is not among the groups."
            )
        ),
    ] = None
    only_binary: Annotated[
        bool, Meta(description="Refuse what would have to be built from source.")
    ] = False
    allow_md5: Annotated[
        bool,
        Meta(description="Take conda packages of which the lock has an MD5 only."),
    ] = False
    link_scripts: Annotated[
        bool, Meta(description="Run the scripts that conda packages bring.")
    ] = False

    @property
    def locks(self) -> tuple[str, ...]:
        """The locks it is made from, the lowest layer first."""
        return tuple(lock for lock in (self.conda, self.pypi) if lock)

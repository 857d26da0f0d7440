"""What a run is held still by, and what is varied about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from noxlock.model.environment import Definition

__all__ = ["FileOrder", "ProfileDefinition", "Vary"]


class ProfileDefinition(Definition, frozen=True, kw_only=True):
    """What is held still before the interpreter starts."""

    base: Annotated[
        str,
        Meta(
            description=(
                "The profile that this one changes: `default`, `portable`, `gpu` or one"
                " of the project's own."
            )
        ),
    ] = "default"
    hash_seed: Annotated[
        Annotated[int, Meta(ge=0, le=4294967295)] | None,
        Meta(description="PYTHONHASHSEED; left out: the base's, 0."),
    ] = None
    threads: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description=(
                "Of OpenMP, OpenBLAS, MKL, numexpr, vecLib; left out: the base's, 1."
            )
        ),
    ] = None
    env: Annotated[
        dict[str, str],
        Meta(description="More variables, over those of the base; empty: not set."),
    ] = field(default_factory=dict)


class FileOrder(StrEnum):
    """The order in which Python lists a folder."""

    SORTED = "sorted"
    REVERSED = "reversed"
    SHUFFLED = "shuffled"


class Vary(Definition, frozen=True, kw_only=True):
    """Surroundings that must not matter: one rerun for each, all else the same."""

    threads: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...], Meta(description="Numbers of threads.")
    ] = ()
    hash_seed: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=4294967295)], ...],
        Meta(description="Values of PYTHONHASHSEED."),
    ] = ()
    cwd: Annotated[
        str | tuple[str, ...],
        Meta(
            description=(
                "`random`: a copy of the project's tracked files in a folder of another"
                " name and depth."
            )
        ),
    ] = ()
    home: Annotated[
        str | tuple[str, ...], Meta(description="`random`: an empty home of its own.")
    ] = ()
    tz: Annotated[
        tuple[str, ...], Meta(description="Time zones: `Asia/Kathmandu`.")
    ] = ()
    locale: Annotated[
        tuple[str, ...], Meta(description="Locales: `de_DE.UTF-8`, `tr_TR.UTF-8`.")
    ] = ()
    file_order: Annotated[
        tuple[FileOrder, ...], Meta(description="In which Python lists folders.")
    ] = ()
    cpu_level: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Highest processor features that NumPy, oneDNN and PyTorch may use:"
                " `x86-64-v2`, `x86-64-v3`."
            )
        ),
    ] = ()
    blas_core: Annotated[
        tuple[str, ...],
        Meta(description="OpenBLAS kernels: `Haswell`, `Sandybridge`, `Prescott`."),
    ] = ()

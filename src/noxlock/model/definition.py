"""What the user declares: locks, environments, sessions, checks.

These are the objects that `sessions/*.yml` decode to and that the Python API takes: one
schema, one validator. Their `Meta` descriptions are the JSON Schema's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, field

from noxlock.model.environment import Definition, Environment
from noxlock.model.profile import ProfileDefinition, Vary
from noxlock.model.tolerance import DefaultTolerance, Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BaselineStore",
    "Check",
    "Definitions",
    "Gpu",
    "LockDefinition",
    "Session",
]


class Gpu(StrEnum):
    """What becomes of a session where no GPU can be used."""

    SKIP = "skip"
    REQUIRE = "require"
    REQUIRE_IN_CI = "require-in-ci"


# What sessions and checks both say.
_Used = Annotated[
    str | Environment, Meta(description="Name of an environment, or one in place.")
]
_Description = Annotated[str, Meta(description="The line that `nox -l` shows.")]
_Variables = Annotated[
    dict[str, str], Meta(description="Environment variables to set.")
]
_GpuNeed = Annotated[
    Gpu | None,
    Meta(
        description=(
            "Where no GPU can be used: `skip` it, or fail, `require`;"
            " `require-in-ci` fails where CI is set and skips elsewhere. Left out:"
            " none is needed."
        )
    ),
]
_Tags = Annotated[tuple[str, ...], Meta(description="For `nox -t`.")]


class LockDefinition(Definition, frozen=True, kw_only=True):
    """A lock that `nox -s lock` regenerates."""

    source: Annotated[
        str | tuple[str, ...],
        Meta(
            description=(
                "The file that the lock is made from; of a conda lock: environment.yml,"
                " or several such files, merged."
            )
        ),
    ] = field(name="from", default="pyproject.toml")
    targets: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Of a conda lock: what it is solved for, as `linux-64`, `osx-arm64`,"
                " `linux-64-cuda`. Left out: the platforms that its sources list."
            )
        ),
    ] = ()
    virtual_packages: Annotated[
        str | dict[str, str] | None,
        Meta(
            description=(
                "Of a conda lock: what its machines have: `{__cuda: '12.4'}`, or a file"
                " in conda-lock's format, virtual-packages.yml."
            )
        ),
    ] = None
    explicit: Annotated[
        bool,
        Meta(
            description=(
                "Of a conda lock: write `conda-TARGET.lock` files beside it, as conda,"
                " mamba and micromamba take them."
            )
        ),
    ] = False
    exclude_newer: Annotated[
        str | None,
        Meta(
            description=(
                "Of a conda lock: take nothing that was uploaded after this date,"
                " `2026-01-31` or `2026-01-31T12:00:00Z`."
            )
        ),
    ] = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Every file that the lock is made from."""
        return (self.source,) if isinstance(self.source, str) else self.source


class Session(Definition, frozen=True, kw_only=True):
    """Commands to run in an environment: tests, lints."""

    environment: _Used
    run: Annotated[
        str | tuple[str, ...],
        Meta(
            description=(
                "Command, or several; `{posargs}` and `{posargs:DEFAULT}` stand for"
                " what follows `--`."
            )
        ),
    ]
    description: _Description = ""
    directory: Annotated[
        str, Meta(description="Where to run, relative to the noxfile's folder.")
    ] = "."
    env: _Variables = field(default_factory=dict)
    gpu: _GpuNeed = None
    tags: _Tags = ()
    requires: Annotated[
        tuple[str, ...], Meta(description="Sessions that must succeed before.")
    ] = ()
    default: Annotated[bool, Meta(description="Whether a bare `nox` runs it.")] = True
    allow_parallel: Annotated[
        bool, Meta(description="Whether `nox -j` may run it beside others.")
    ] = True


class BaselineStore(Definition, frozen=True, kw_only=True):
    """Where large outputs of baselines are kept, outside git."""

    url: Annotated[
        str,
        Meta(
            description=(
                "A folder, or any file system that fsspec knows:"
                " `s3://bucket/baselines`."
            )
        ),
    ]
    above: Annotated[
        str | int,
        Meta(description="Outputs larger than this go there: bytes, or `10 MiB`."),
    ] = "10 MiB"


class Check(Definition, frozen=True, kw_only=True):
    """A reference command, the outputs it writes, and the tolerance of each."""

    environment: _Used
    run: Annotated[
        str | tuple[str, ...],
        Meta(description="Command, or several; `{outputs}` is the folder to write to."),
    ]
    outputs: Annotated[
        dict[str, Tolerance],
        Meta(
            min_length=1,
            description="Every file and folder it writes, with its tolerance.",
        ),
    ]
    tolerance: Annotated[
        DefaultTolerance,
        Meta(description="What holds where no output and no key says otherwise."),
    ] = field(default_factory=DefaultTolerance)
    inputs: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Data files that it reads, `*` and `**` allowed: their digests are"
                " recorded, and a changed one is reported."
            )
        ),
    ] = ()
    description: _Description = ""
    baseline: Annotated[
        str | None, Meta(description="Folder of the baseline; left out: repro/NAME.")
    ] = None
    baseline_store: Annotated[
        str | BaselineStore | None,
        Meta(description="Where its large outputs go; left out: into git."),
    ] = None
    env: _Variables = field(default_factory=dict)
    profile: Annotated[
        str | ProfileDefinition,
        Meta(
            description=(
                "What is held still: `default`, `portable`, `gpu`, one of the project's"
                " own, or one in place."
            )
        ),
    ] = "default"
    vary: Annotated[
        Vary, Meta(description="Surroundings that must not change the result.")
    ] = field(default_factory=Vary)
    repeat: Annotated[
        int,
        Meta(
            ge=1,
            description=(
                "How often it runs in the same surroundings: the noise between these"
                " runs tells flaky from changed."
            ),
        ),
    ] = 1
    jobs: Annotated[
        int, Meta(ge=1, description="How many of its runs go side by side.")
    ] = 1
    timeout: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Seconds that one run may take."),
    ] = None
    retries: Annotated[
        int, Meta(ge=0, description="How often a run that failed is tried again.")
    ] = 0
    gpu: _GpuNeed = None
    tags: _Tags = ()
    default: Annotated[bool, Meta(description="Whether a bare `nox` runs it.")] = False


class Definitions(Definition, frozen=True, kw_only=True):
    """All that a project declares."""

    profiles: dict[str, ProfileDefinition] = field(default_factory=dict)
    locks: dict[str, LockDefinition] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)

    def used(self) -> Iterator[tuple[str, str | Environment]]:
        """Yield the key path and the environment of every session and check."""
        for name, session in self.sessions.items():
            yield f"sessions.{name}.environment", session.environment
        for name, check in self.checks.items():
            yield f"checks.{name}.environment", check.environment

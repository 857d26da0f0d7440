"""What one conda lock is made from: its sources read, for each of its targets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from os.path import relpath
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError, SolveError, nearest
from noxlock.locks.conda_lock_writer import content_hash
from noxlock.locks.environment_yml import listed_platforms, read_environments
from noxlock.locks.virtual_packages import parse_virtual_packages, virtual_packages
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages

__all__ = ["CondaLockRequest", "CondaSources", "CondaTarget", "read_sources"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaLockRequest:
    """One declared conda lock, in plain values."""

    root: Path
    """Folder of the project; every path is relative to it."""
    lock: str
    """As `conda-lock.yml`."""
    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    """Empty: the platforms that the sources list."""
    virtual_packages: str | Mapping[str, str] | None = None
    """A file in conda-lock's format, or single ones; None: conda-lock's defaults."""
    explicit: bool = False
    exclude_newer: str | None = None
    """`2026-01-31`, that day included, or `2026-01-31T12:00:00Z`."""

    @property
    def path(self) -> Path:
        """Where the lock lies."""
        return self.root / self.lock


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaTarget:
    """One target, and what is asked for on it."""

    name: str
    """`linux-64-cuda`."""
    subdir: Subdir
    wanted: Wanted
    virtual: VirtualPackages
    hash: str
    """As conda-lock computes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaSources:
    """All that a lock is made from."""

    targets: tuple[CondaTarget, ...]
    files: tuple[str, ...]
    """The sources, relative to the lock."""
    channels: tuple[str, ...]
    exclude_newer: datetime | None


def read_sources(request: CondaLockRequest) -> CondaSources:
    """Read what the lock is made from.

    Raises:
        DefinitionError: The definition is not valid: its targets, its date.
        SolveError: A source is missing or malformed; with its line.
    """
    data = [(name, _bytes(request.root / name, name)) for name in request.sources]
    names = request.targets or tuple(map(str, listed_platforms(data)))
    if not names:
        raise DefinitionError(
            "no target is declared, and its sources list no `platforms`",
            key=f"locks.{request.lock}.targets",
            hint="declare them: `targets: [linux-64, osx-arm64]`",
        )
    subdirs = _subdirs(request, names)
    listed, single = _virtual(request)
    targets = []
    for name, subdir in subdirs.items():
        wanted = read_environments(data, subdir)
        virtual = virtual_packages(subdir, listed=listed, single=single)
        if name.partition(f"{subdir}-")[2].startswith("cuda"):
            _require_cuda(request, name, virtual)
        digest = content_hash(wanted, virtual)
        targets.append(
            CondaTarget(
                name=name, subdir=subdir, wanted=wanted, virtual=virtual, hash=digest
            )
        )
    beside = request.path.parent
    return CondaSources(
        targets=tuple(targets),
        files=tuple(
            PurePath(relpath(request.root / name, beside)).as_posix()
            for name in request.sources
        ),
        channels=targets[0].wanted.channels,
        exclude_newer=_newest(request),
    )


def _subdirs(request: CondaLockRequest, names: tuple[str, ...]) -> dict[str, Subdir]:
    key = f"locks.{request.lock}.targets"
    found: dict[str, Subdir] = {}
    for name in names:
        fits = [one for one in Subdir if name == one or name.startswith(f"{one}-")]
        if not fits:
            raise DefinitionError(
                f"unknown target `{name}`", key=key, hint=nearest(name, Subdir)
            )
        subdir = max(fits, key=len)
        for other, taken in found.items():
            if taken == subdir and other != name:
                raise DefinitionError(
                    f"{other} and {name} cannot be in one lock: its format tells"
                    " platforms apart, not their variants",
                    key=key,
                    hint="declare a lock for each, as conda-lock.cuda.yml",
                )
        found[name] = subdir
    return found


def _virtual(
    request: CondaLockRequest,
) -> tuple[Mapping[str, Mapping[str, str]] | None, Mapping[str, str] | None]:
    given = request.virtual_packages
    if isinstance(given, str):
        return parse_virtual_packages(given, _bytes(request.root / given, given)), None
    return None, given


def _require_cuda(
    request: CondaLockRequest, name: str, virtual: VirtualPackages
) -> None:
    if "__cuda" not in virtual.packages:
        raise DefinitionError(
            f"the target {name} has no virtual package __cuda, so that its packages"
            " would be those for the CPU",
            key=f"locks.{request.lock}.virtual-packages",
            hint='declare it: `virtual-packages: {__cuda: "12.4"}`',
        )


def _newest(request: CondaLockRequest) -> datetime | None:
    text = request.exclude_newer
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            # The whole of that day counts.
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DefinitionError(
            f"`{text}` is no date",
            key=f"locks.{request.lock}.exclude-newer",
            hint="as `2026-01-31` or `2026-01-31T12:00:00Z`",
        ) from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        what = "there is no such file" if missing else f"cannot be read: {error}"
        raise SolveError(what, file=name) from None

"""What is known against the versions that are kept back: advisories, yanks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from noxlock.errors import NoxlockError
from noxlock.index import FetchRequest
from noxlock.model import IndexSource, Kind, Layer, PlannedPackage, Target
from noxlock.model.update import Advisory, Yanked
from noxlock.plan.wheels import is_wheel
from noxlock.workflows.targets import machine_subdir
from noxlock.workflows.update.advisories import affects, fixed_in, read_advisories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from noxlock.model import LockChange
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.update.advisories import Osv
    from noxlock.workflows.update.holding import Key

__all__ = ["Neglect", "neglect_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Neglect:
    """What is known against versions that were kept."""

    advisories: tuple[Advisory, ...] | None = None
    """None: nobody said where to look."""
    advised: str = ""
    yanked: tuple[Yanked, ...] = ()
    unlisted: tuple[str, ...] = ()
    """Names of which the index did not say."""


def neglect_of(
    back: Mapping[Key, LockChange], known: tuple[Osv, ...] | None, parts: Parts
) -> Neglect:
    """Return what is known against what was kept back.

    Args:
        back: From the locks that were left to the newest ones.
        known: The advisories; None: nobody said where to look.
        parts: The index, which says what is yanked.
    """
    kept = [
        (change.name, version, change.new.versions if change.new else ())
        for change in back.values()
        if change.old is not None and change.layer is Layer.PYPI
        for version in change.old.versions
    ]
    told = None if known is None else tuple(_told(kept, known))
    yanked, unlisted = [], []
    for name, version, _ in kept:
        found = _is_yanked(name, version, back[Layer.PYPI, name], parts)
        if found is None:
            unlisted.append(name)
        elif found:
            yanked.append(Yanked(name=name, version=version))
    return Neglect(advisories=told, yanked=tuple(yanked), unlisted=tuple(unlisted))


def _told(
    kept: Iterable[tuple[str, str, tuple[str, ...]]], known: Iterable[Osv]
) -> Iterator[Advisory]:
    listed = list(known)
    for name, version, wanted in kept:
        for each in listed:
            if affects(each, name, version):
                yield Advisory(
                    id=each.id,
                    aliases=each.aliases,
                    name=name,
                    version=version,
                    summary=each.summary or each.details.partition("\n")[0],
                    fixed=fixed_in(each, name, version),
                    cured=not any(affects(each, name, one) for one in wanted),
                )


def _is_yanked(
    name: str, version: str, change: LockChange, parts: Parts
) -> bool | None:
    """Return whether all files of a version are yanked; None where that is not said."""
    sources = change.old.sources if change.old else ()
    index = next((each for each in sources if "://" in each), None)
    package = PlannedPackage(
        name=canonicalize_name(name),
        version=version,
        kind=Kind.WHEEL,
        artifact="",
        url=None,
        sha256=None,
        groups=(),
        source=IndexSource(index=index),
    )
    try:
        request = FetchRequest(
            packages=(package,),
            target=Target(subdir=machine_subdir(), python="3.11.0"),
            base=parts.root,
        )
        listed = parts.builder.supplies.index.listing(request)
    except NoxlockError:
        return None
    mine = [file.yanked for file in listed if _is_of(file.filename, version)]
    return all(mine) if mine else None


def _is_of(filename: str, version: str) -> bool:
    parse = parse_wheel_filename if is_wheel(filename) else parse_sdist_filename
    try:
        return parse(filename)[1] == Version(version)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return False


def advisories_of(paths: tuple[Path, ...]) -> tuple[Osv, ...] | None:
    """Return the advisories in *paths*; None where there are no paths."""
    return read_advisories(paths) if paths else None

"""Choose the one file of a package that an environment takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from noxlock.model import Kind
from noxlock.plan.targets import tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag

    from noxlock.model import LockedFile, Target

__all__ = ["choose", "fits", "is_sdist", "is_wheel"]

# PEP 625 knows `.tar.gz` alone; indexes still have the others.
_SDISTS: Final = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz")
_Rank = tuple[int, tuple[int, str], str]


@dataclass(frozen=True, slots=True)
class _Ranked:
    rank: _Rank
    file: LockedFile


def is_wheel(filename: str) -> bool:
    """Return whether a file of this name is a wheel."""
    return filename.endswith(".whl")


def is_sdist(filename: str) -> bool:
    """Return whether a file of this name is a source distribution."""
    return filename.endswith(_SDISTS)


def fits(filename: str, target: Target) -> bool:
    """Return whether the wheel *filename* runs on *target*."""
    return _rank(filename, target) is not None


def choose(
    files: Iterable[LockedFile], target: Target, *, only_binary: bool
) -> tuple[LockedFile, Kind] | None:
    """Return the best of *files* for *target* and its kind, None where none fits.

    The wheel with the best tag, of several the one with the highest build number; the
    sdist where no wheel fits, if it may be built.
    """
    files = list(files)
    wheels = [
        _Ranked(rank, file)
        for file in files
        if (rank := _rank(file.filename, target)) is not None
    ]
    if wheels:
        return min(wheels, key=lambda ranked: ranked.rank).file, Kind.WHEEL
    sdists = [file for file in files if is_sdist(file.filename)]
    if sdists and not only_binary:
        return min(sdists, key=_sdist_rank), Kind.SDIST
    return None


def _rank(filename: str, target: Target) -> _Rank | None:
    if not is_wheel(filename):
        return None
    try:
        _, _, build, wheel_tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    order = _order(target)
    places = [order[tag] for tag in wheel_tags if tag in order]
    if not places:
        return None
    number, suffix = build or (-1, "")
    return min(places), (-number, suffix), filename


def _sdist_rank(file: LockedFile) -> tuple[int, str]:
    kinds = [i for i, kind in enumerate(_SDISTS) if file.filename.endswith(kind)]
    return kinds[0], file.filename


@lru_cache(maxsize=64)
def _order(target: Target) -> Mapping[Tag, int]:
    return {tag: place for place, tag in reversed(list(enumerate(tags(target))))}

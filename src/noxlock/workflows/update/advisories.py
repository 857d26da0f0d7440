"""Advisories in the OSV format: which of them a version has.

https://ossf.github.io/osv-schema, "Evaluation". Ranges of git commits are not judged.
"""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from msgspec import DecodeError, Struct, ValidationError, field, json
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = [
    "Affected",
    "Osv",
    "affects",
    "fixed_in",
    "parse_advisory",
    "read_advisories",
]

ECOSYSTEM: Final = "PyPI"


class Package(Struct, frozen=True, kw_only=True):
    """Which package it is about."""

    name: str
    ecosystem: str


class Event(Struct, frozen=True, kw_only=True):
    """A version from which on it is there, or is there no more; one of them is set."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Struct, frozen=True, kw_only=True):
    """The versions in which it is."""

    type: str
    events: tuple[Event, ...] = ()


class Affected(Struct, frozen=True, kw_only=True):
    """One package that has it, and in which versions."""

    package: Package | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()


class Osv(Struct, frozen=True, kw_only=True):
    """One advisory; what is of no use here is left out."""

    id: str
    modified: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    withdrawn: str | None = None
    affected: tuple[Affected, ...] = field(default_factory=tuple)


def read_advisories(paths: Iterable[Path]) -> tuple[Osv, ...]:
    """Return the advisories that *paths* hold: files, folders, or zip files of them.

    Raises:
        DefinitionError: There is none, or a file is no advisory.
    """
    found = [
        parse_advisory(data, name) for path in paths for name, data in _files(path)
    ]
    return tuple({each.id: each for each in found}.values())


def parse_advisory(data: bytes, name: str) -> Osv:
    """Return the advisory that *data*, the file *name*, holds.

    Raises:
        DefinitionError: It is none.
    """
    try:
        return json.decode(data, type=Osv)
    except (DecodeError, ValidationError) as error:
        raise DefinitionError(
            f"not an advisory in the OSV format: {error}",
            file=name,
            hint="one JSON object a file, with an `id` and what is `affected`",
        ) from None


def affects(advisory: Osv, name: str, version: str) -> bool:
    """Return whether a version of a package of PyPI has what *advisory* tells of."""
    if advisory.withdrawn is not None:
        return False
    return any(_has(each, version) for each in _of(advisory, name))


def fixed_in(advisory: Osv, name: str, version: str) -> tuple[str, ...]:
    """Return the versions after *version* in which it was fixed."""
    events = (
        event
        for each in _of(advisory, name)
        for one in each.ranges
        if one.type == "ECOSYSTEM"
        for event in one.events
    )
    fixed = {e.fixed for e in events if e.fixed and _key(e.fixed) > _key(version)}
    return tuple(sorted(fixed, key=_key))


def _of(advisory: Osv, name: str) -> Iterator[Affected]:
    wanted = canonicalize_name(name)
    for each in advisory.affected:
        package = each.package
        # "Ecosystem:suffix" is another one; PyPI has none.
        if package is None or package.ecosystem != ECOSYSTEM:
            continue
        if canonicalize_name(package.name) == wanted:
            yield each


def _has(affected: Affected, version: str) -> bool:
    key = _key(version)
    if any(_key(each) == key for each in affected.versions):
        return True
    return any(
        _within(one.events, key) for one in affected.ranges if one.type == "ECOSYSTEM"
    )


def _within(events: Sequence[Event], version: Version) -> bool:
    """Return whether *version* lies where it was introduced and not yet fixed."""
    limits = [_key(event.limit) for event in events if event.limit not in {None, "*"}]
    if limits and not any(version < limit for limit in limits):
        return False
    there = False
    for event in sorted(events, key=_place):
        if event.introduced is not None and version >= _key(event.introduced):
            there = True
        elif _ends(event, version):
            there = False
    return there


def _ends(event: Event, version: Version) -> bool:
    """Return whether *version* comes after what the event tells of."""
    if event.fixed is not None:
        return version >= _key(event.fixed)
    return event.last_affected is not None and version > _key(event.last_affected)


def _place(event: Event) -> Version:
    return _key(event.introduced or event.fixed or event.last_affected or "0")


def _key(version: str | None) -> Version:
    # "0" stands for a version before all others, and so does what cannot be read.
    with suppress(InvalidVersion):
        if version and version != "0":
            return Version(version)
    return Version("0.dev0")


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if path.is_dir():
            paths = sorted(path.rglob("*.json"))
            yield from ((str(each), each.read_bytes()) for each in paths)
            if not paths:
                raise DefinitionError("there is no JSON file in it", file=str(path))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".json"):
                        yield f"{path}/{name}", archive.read(name)
        else:
            yield str(path), path.read_bytes()
    except (OSError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        what = f"the advisories cannot be read: {why}"
        raise DefinitionError(what, file=str(path), key="--advisories") from None

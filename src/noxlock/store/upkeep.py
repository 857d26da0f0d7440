"""What the store holds, what of it nobody needs, and whether it is still sound."""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from noxlock.errors import NoxlockError, StoreError
from noxlock.store import _lock
from noxlock.store._groups import damaged_files
from noxlock.store._manifest import BuiltEntry, Checking, Entry, read_entry
from noxlock.store._places import ENTRY, FILES, Bucket, disk_errors
from noxlock.store.memo import MEMO
from noxlock.store.reports import (
    BucketInfo,
    Damage,
    GcReport,
    StoreInfo,
    VerifyReport,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from noxlock.store._places import Places

__all__ = ["collect_garbage", "store_info", "verify_store"]

_DAY = 24 * 60 * 60
_PATIENCE = 10.0
"""Seconds that cleaning waits for other runs."""
_COMPILED = (Bucket.WHEELS, Bucket.CONDA)
"""What has bytecode; no digest is in both."""
_VERSIONED = re.compile(r"(?P<kind>[a-z]+)-v(?P<version>\d+)")


def store_info(places: Places) -> StoreInfo:
    """Return what the store holds."""
    buckets = []
    for bucket in Bucket:
        entries = sum(1 for _ in _entries(places, bucket))
        buckets.append(_measure(places.root / bucket, bucket, entries))
    for folder in (places.baselines, places.downloads, places.temporary):
        entries = sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
        buckets.append(_measure(folder, folder.name, entries))
    return StoreInfo(root=places.root, buckets=tuple(buckets))


def collect_garbage(
    places: Places,
    *,
    days: float = 30,
    everything: bool = False,
    dry_run: bool = False,
) -> GcReport:
    """Remove what no run used for *days*, and what killed runs left.

    Bytecode goes with what it was compiled from. Environments keep their files: a hard
    link or a copy does not need the store. With *dry_run* nothing is removed, only
    counted.

    Raises:
        StoreError: Another run uses the store, or it cannot be written.
    """
    if not places.root.is_dir():
        return GcReport(entries=0, leftovers=0, freed=0)
    with (
        disk_errors("clean the store"),
        _lock.exclusive(places.lock, patience=_PATIENCE),
    ):
        limit = time.time() - days * _DAY
        unused = [
            folder
            for bucket in Bucket
            for folder in _entries(places, bucket)
            if everything or _last_use(folder) < limit
        ]
        bases = {places.root / bucket for bucket in _COMPILED}
        gone = frozenset(folder.name for folder in unused if folder.parent in bases)
        orphans = (f for bucket in Bucket for f in _orphans(places, bucket, gone))
        entries = list(dict.fromkeys([*unused, *orphans]))
        leftovers = [
            *_leftovers(places, everything=everything),
            *_baselines(places, time.time() if everything else limit),
            *_remembered(places, time.time() if everything else limit),
        ]
        freed = sum(map(_held_here, [*entries, *leftovers]))
        if not dry_run:
            for folder in entries:
                places.remove(folder)
            for path in leftovers:
                _discard(path)
        return GcReport(entries=len(entries), leftovers=len(leftovers), freed=freed)


def verify_store(places: Places, *, repair: bool = False) -> VerifyReport:
    """Hash every file of every entry again.

    It does not find a forger, who writes the files, their digests and the entry's own
    digest: what a wheel was is known by the digest of its archive, which is not kept.

    Args:
        places: The store.
        repair: Whether damaged entries are removed; the next run fetches them anew.

    Raises:
        StoreError: On repair, another run uses the store, or it cannot be written.
    """
    if not places.root.is_dir():
        return VerifyReport(entries=0, files=0, damaged=(), repaired=False)
    entries = files = 0
    damaged = []
    with disk_errors("verify the store"), _lock.shared(places.lock):
        for bucket in Bucket:
            for folder in _entries(places, bucket):
                count, damage = _verify(places, bucket, folder)
                entries, files = entries + 1, files + count
                damaged += damage
    if repair and damaged:
        _repair(places, damaged)
    return VerifyReport(
        entries=entries,
        files=files,
        damaged=tuple(damaged),
        repaired=repair and bool(damaged),
    )


def _repair(places: Places, damaged: list[Damage]) -> None:
    with (
        disk_errors("repair the store"),
        _lock.exclusive(places.lock, patience=_PATIENCE),
    ):
        for item in damaged:
            folder = places.root / item.entry
            # Others may have removed it since, and put it there anew.
            if folder.exists() and _verify(places, Bucket(item.bucket), folder)[1]:
                places.remove(folder)
        for folder in [f for bucket in Bucket for f in _orphans(places, bucket)]:
            places.remove(folder)


def _entries(places: Places, bucket: Bucket) -> Iterator[Path]:
    """Yield the folder of each entry, sorted."""
    base = places.root / bucket
    if not base.is_dir():
        return
    deep = bucket is Bucket.BYTECODE
    for folder in sorted(base.glob("*/*" if deep else "*")):
        if folder.is_dir():
            yield folder


def _orphans(
    places: Places, bucket: Bucket, gone: frozenset[str] = frozenset()
) -> Iterator[Path]:
    """Yield the entries that are of no use without one that is gone, or in *gone*."""
    for folder in _entries(places, bucket):
        match bucket:
            case Bucket.WHEELS | Bucket.ARCHIVES | Bucket.CONDA:
                return
            case Bucket.BYTECODE:
                wheel = folder.name
            case Bucket.BUILT:
                try:
                    entry = read_entry(folder, BuiltEntry)
                except StoreError:
                    entry = None
                wheel = entry.sha256 if entry else ""
            case _:
                assert_never(bucket)
        there = any((places.root / b / wheel / ENTRY).exists() for b in _COMPILED)
        if not wheel or wheel in gone or not there:
            yield folder


def _verify(places: Places, bucket: Bucket, folder: Path) -> tuple[int, list[Damage]]:
    """Return how many files the entry has, and its damage, if any."""
    filename, count = "", 0
    try:
        entry = read_entry(folder, Entry)
        if entry is None:
            reasons = [f"no `{ENTRY}`"]
        else:
            filename, count = entry.filename, len(entry.files)
            reasons = damaged_files(folder, entry.files, Checking.FULL)
            reasons += _strangers(folder, {file.path for file in entry.files})
    except NoxlockError as error:
        reasons = [error.what]
    if not reasons:
        return count, []
    place = folder.relative_to(places.root).as_posix()
    return count, [
        Damage(bucket=bucket, entry=place, filename=filename, reasons=tuple(reasons))
    ]


def _strangers(folder: Path, known: set[str]) -> list[str]:
    base = folder / FILES
    found = (path for path in sorted(base.rglob("*")) if not path.is_dir())
    paths = (path.relative_to(base).as_posix() for path in found)
    return [f"{path}: not part of the entry" for path in paths if path not in known]


def _last_use(folder: Path) -> float:
    try:
        return (folder / ENTRY).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _leftovers(places: Places, *, everything: bool) -> Iterator[Path]:
    """Yield what no entry is; with the lock held, nobody works in `tmp`."""
    if places.temporary.is_dir():
        yield from sorted(places.temporary.iterdir())
    if places.downloads.is_dir():
        yesterday = time.time() - _DAY
        for path in sorted(places.downloads.iterdir()):
            if everything or path.stat().st_mtime < yesterday:
                yield path
    current = {
        found["kind"]: int(found["version"])
        for found in map(_VERSIONED.fullmatch, Bucket)
        if found
    }
    for path in sorted(places.root.iterdir()):
        found = _VERSIONED.fullmatch(path.name)
        if found and int(found["version"]) < current.get(found["kind"], 0):
            yield path


def _baselines(places: Places, limit: float) -> Iterator[Path]:
    """Yield downloaded outputs, and views of them, that no run used since *limit*."""
    for pattern in ("sha256/*/*", "views/*/*"):
        for path in sorted(places.baselines.glob(pattern)):
            found = path.stat()
            # Whoever lists a folder changes its atime.
            read = 0.0 if path.is_dir() else found.st_atime
            if max(read, found.st_mtime) < limit:
                yield path


def _remembered(places: Places, limit: float) -> Iterator[Path]:
    """Yield results that no run asked for since *limit*."""
    folder = places.root / MEMO
    if folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.stat().st_mtime < limit:
                    yield folder / entry.name


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _held_here(path: Path) -> int:
    """Return the bytes that vanish with *path*."""
    return sum(status.st_size for status in _files(path) if status.st_nlink == 1)


def _measure(folder: Path, name: str, entries: int) -> BucketInfo:
    found = {(status.st_dev, status.st_ino): status for status in _files(folder)}
    return BucketInfo(
        name=name,
        entries=entries,
        files=len(found),
        size=sum(status.st_size for status in found.values()),
        linked=sum(s.st_size for s in found.values() if s.st_nlink > 1),
    )


def _files(path: Path) -> Iterator[os.stat_result]:
    """Yield the status of each file at or under *path*.

    What another run moves away meanwhile is left out.
    """
    if path.is_file():
        yield path.stat()
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                status = os.lstat(os.path.join(folder, name))  # noqa: PTH118
                if stat.S_ISREG(status.st_mode):
                    yield status

"""A conda lock as it is, and what a new one keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import structs
from packaging.utils import canonicalize_name

from noxlock.errors import LockError, SolveError
from noxlock.locks import parse_conda_lock
from noxlock.workflows.lock_files import bytes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from noxlock.model import CondaLock
    from noxlock.report.progress import Progress
    from noxlock.workflows._conda_sources import CondaSources

    Rows = list[dict[str, Any]]

__all__ = ["OldLock", "parse_old", "read_old", "told_of", "with_old_urls"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OldLock:
    """The lock as it is: rows and hash of each platform."""

    hashes: Mapping[str, str]
    rows: Rows

    def of(self, platform: str) -> Rows:
        """Return the rows of *platform*."""
        return [row for row in self.rows if row.get("platform") == platform]

    def pins(self, platform: str, update: Collection[str]) -> dict[str, str]:
        """Return the sha256 of each conda package there but those of *update*."""
        return {
            str(row["name"]): str((row.get("hash") or {}).get("sha256"))
            for row in self.of(platform)
            if row.get("manager") == "conda"
            and canonicalize_name(str(row["name"])) not in update
        }


def read_old(path: Path, name: str, progress: Progress) -> OldLock:
    """Return the lock at *path*; a damaged one is one more reason to make it anew."""
    data = bytes_of(path)
    if data is None:
        return OldLock(hashes={}, rows=[])
    try:
        return parse_old(data)
    except SolveError as error:
        progress.warn(f"{name}: {error.what}; it is made anew")
        return OldLock(hashes={}, rows=[])


def parse_old(data: bytes) -> OldLock:
    """Return the rows of a lock as they are: one that is kept is written again."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(data, Loader=loader)  # noqa: S506 - a safe one
        hashes = dict(document["metadata"]["content_hash"])
        rows = [dict(row) for row in document["package"]]
    except (yaml.YAMLError, TypeError, KeyError, ValueError, RecursionError) as error:
        raise SolveError("not a conda-lock.yml", hint="lock again") from error
    return OldLock(hashes=hashes, rows=rows)


def with_old_urls(rows: Rows, before: Rows) -> Rows:
    """Return *rows*; a file of the `pip:` section that was locked keeps its address.

    Else the lock would change with the index that whoever locks has in force.
    """

    def key(row: dict[str, Any]) -> tuple[object, ...]:
        return (
            row.get("manager"),
            row.get("name"),
            (row.get("hash") or {}).get("sha256"),
        )

    urls = {key(row): row["url"] for row in before if "url" in row}
    return [
        {**row, "url": urls.get(key(row), row["url"])}
        if row["manager"] == "pip" and "source" not in row
        else row
        for row in rows
    ]


def told_of(file: str, data: bytes | None, sources: CondaSources) -> CondaLock | None:
    """Return what a lock says, its targets and roots as *sources* have them.

    None where there is none, or it cannot be read: all of the new one is new then.
    """
    if data is None:
        return None
    try:
        lock = parse_conda_lock(file, data)
    except LockError:
        return None
    platforms = {platform.subdir: platform for platform in lock.platforms}
    for target in sources.targets:
        if platform := platforms.get(target.subdir):
            roots = tuple(spec.name for spec in target.wanted.conda)
            named = structs.replace(platform, name=target.name, roots=roots)
            platforms[target.subdir] = named
    return structs.replace(lock, platforms=tuple(platforms.values()))

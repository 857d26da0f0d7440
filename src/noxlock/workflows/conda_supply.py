"""Get conda packages into the store: from their channels, mirrors, or this disk."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName

from noxlock.envs.conda import extract
from noxlock.errors import FetchError, StoreError
from noxlock.model import ArchiveSource, Kind, PackageRecord, PlannedPackage
from noxlock.report.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from noxlock.index import Fetched, FetchRequest
    from noxlock.model import CondaPackage, Target
    from noxlock.store.conda import CondaStore
    from noxlock.workflows.supply import Supplies

__all__ = ["CondaSupply"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaSupply:
    """Brings conda packages into the store."""

    supplies: Supplies
    store: CondaStore

    def gather(
        self, packages: Sequence[CondaPackage], target: Target, base: Path
    ) -> int:
        """Fetch and unpack what the store lacks.

        Args:
            packages: As they are locked.
            target: What they are for.
            base: Folder of the lock.

        Returns:
            How many it lacked.

        Raises:
            FetchError: A package cannot be had, or noxlock is offline.
            HashMismatchError: A package is not what was locked.
            StoreError: The store cannot be written.
        """
        lacking = [package for package in packages if not self.store.has(package)]
        if not lacking:
            return 0
        if self.supplies.offline:
            raise _offline(lacking)
        from noxlock.index import FetchRequest  # noqa: PLC0415 - not for warm runs

        request = FetchRequest(
            packages=tuple(_planned(package) for package in lacking),
            target=target,
            base=base,
            mirrors=self._mirrors(lacking),
            md5={
                NormalizedName(p.name): p.md5 for p in lacking if p.md5 and not p.sha256
            },
        )
        self._fetch(request, {package.name: package for package in lacking})
        return len(lacking)

    def records(self, packages: Sequence[CondaPackage]) -> tuple[PackageRecord, ...]:
        """Return what a record says of *packages*, which are stored."""
        return tuple(
            PackageRecord(
                name=package.name,
                version=package.version,
                kind=Kind.CONDA,
                artifact=package.filename,
                sha256=package.sha256 or self.store.sha256(package),
                note=""
                if package.sha256
                else f"pinned by MD5 only ({package.md5}), as allow-md5 lets it",
            )
            for package in packages
        )

    def _mirrors(self, packages: Sequence[CondaPackage]) -> dict[str, tuple[str, ...]]:
        from noxlock.solvers.conda_settings import (  # noqa: PLC0415 - as above
            load_config,
            mirrored,
        )

        mirrors = load_config(self.supplies.environ).mirrors
        found = {package.url: mirrored(package.url, mirrors) for package in packages}
        return {url: places for url, places in found.items() if places != (url,)}

    def _fetch(self, request: FetchRequest, packages: dict[str, CondaPackage]) -> None:
        progress = self.supplies.progress
        downloads = self.supplies.store.downloads()
        # Unpacking goes on beside the downloads.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            stored: list[Future[None]] = []

            def on_file(fetched: Fetched) -> None:
                package = packages[fetched.package.name]
                stored.append(pool.submit(self._put, package, fetched.path, downloads))

            self.supplies.index.fetch(request, into=downloads, on_file=on_file)
            title = f"unpack {counted(len(stored), 'conda package')}"
            with progress.task(title, total=len(stored), unit="packages") as step:
                for future in stored:
                    future.result()
                    step.advance()

    def _put(self, package: CondaPackage, path: Path, downloads: Path) -> None:
        try:
            self.store.add(package, path, extract)
        except StoreError:
            # Another run that fetched the same file stored it, and took it away.
            if not self.store.has(package):
                raise
        if path.is_relative_to(downloads):
            path.unlink(missing_ok=True)


def _planned(package: CondaPackage) -> PlannedPackage:
    return PlannedPackage(
        name=NormalizedName(package.name),
        version=package.version,
        kind=Kind.CONDA,
        artifact=package.filename,
        url=package.url,
        sha256=package.sha256,
        groups=package.categories,
        source=ArchiveSource(url=package.url, sha256=package.sha256),
    )


def _offline(packages: Sequence[CondaPackage]) -> FetchError:
    names = ", ".join(package.filename for package in packages)
    return FetchError(
        f"the store lacks {counted(len(packages), 'conda package')}, and noxlock is"
        f" offline: {names}",
        hint="run once without --offline",
    )

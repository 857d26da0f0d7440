"""Get artifacts into the store: what is there, what has to be fetched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.errors import FetchError, StoreError
from noxlock.model import Kind, Sha256
from noxlock.report.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from noxlock.index import Fetched, FetchRequest, Index
    from noxlock.model import Plan, PlannedPackage
    from noxlock.report.progress import Progress
    from noxlock.store import StoreProtocol

__all__ = ["Supplies", "is_wheel"]

CHOICES: Final = "choices-v1"
SOURCES: Final = frozenset({Kind.GIT, Kind.DIRECTORY})


def is_wheel(package: PlannedPackage) -> bool:
    """Return whether the artifact of *package* is a wheel."""
    return (package.artifact or "").endswith(".whl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplies:
    """Where artifacts come from and where they are kept."""

    store: StoreProtocol
    index: Index
    progress: Progress
    offline: bool
    environ: Mapping[str, str]
    """The user's variables."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a new folder on the store's file system, removed at the end."""
        parent = self.store.root / "tmp"
        try:
            parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        except OSError as error:
            raise FetchError(f"cannot write to {parent}: {error.strerror}") from error
        try:
            # Compilers and backends write paths: one without links says one thing.
            yield folder.resolve()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def is_stored(self, package: PlannedPackage) -> bool:
        """Return whether the artifact is in the store; sources are fetched by git."""
        if package.kind in SOURCES:
            return True
        if package.sha256 is None:
            return False
        if is_wheel(package):
            return self.store.has_wheel(package.sha256)
        return self.store.archive(package.sha256) is not None

    def decided(self, package: PlannedPackage, plan: Plan) -> PlannedPackage:
        """Return *package* with the file that the index once chose for this target.

        A lock of hashes only leaves the choice to the index; asked again it could
        choose as before, but a warm run asks nobody.
        """
        if package.kind is not None:
            return package
        try:
            chosen = json.loads(self._choice(package, plan).read_bytes())
            return _decide(package, chosen["filename"], chosen["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return package

    def fetch(
        self, plan: Plan, packages: Sequence[PlannedPackage], base: Path
    ) -> dict[str, PlannedPackage]:
        """Fetch *packages* into the store.

        Args:
            plan: Says for which target, and which indexes the lock names.
            packages: Those of it that the store lacks.
            base: Folder of the lock.

        Returns:
            Each by name, the file of those that had hashes only decided.

        Raises:
            FetchError: Something cannot be had, or noxlock is offline.
            HashMismatchError: Something is not what was locked.
        """
        if not packages:
            return {}
        if self.offline:
            raise _offline(packages)
        request = self._request(plan, packages, base)
        from concurrent.futures import (  # noqa: PLC0415 - not for warm runs
            ThreadPoolExecutor,
        )

        downloads = self.store.downloads()
        found: dict[str, PlannedPackage] = {}
        # Unpacking goes on beside the downloads.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            stored: list[Future[None]] = []

            def on_file(fetched: Fetched) -> None:
                package = fetched.package
                decided = _decide(package, fetched.path.name, fetched.sha256)
                if package.kind is None:
                    self._remember(package, plan, decided)
                found[package.name] = decided
                stored.append(pool.submit(self._put, fetched, downloads))

            self.index.fetch(request, into=downloads, on_file=on_file)
            self._await(stored)
        return found

    def _request(
        self, plan: Plan, packages: Sequence[PlannedPackage], base: Path
    ) -> FetchRequest:
        from noxlock.index import FetchRequest  # noqa: PLC0415 - not for warm runs

        return FetchRequest(
            packages=tuple(packages),
            target=plan.target,
            base=base,
            indexes=plan.indexes,
            extra_indexes=plan.extra_indexes,
            find_links=plan.find_links,
            has=self._has,
        )

    def _await(self, stored: Sequence[Future[None]]) -> None:
        title = f"unpack {counted(len(stored), 'file')}"
        with self.progress.task(title, total=len(stored), unit="files") as step:
            for future in stored:
                future.result()
                step.advance()

    def _has(self, sha256: Sha256) -> bool:
        stored = self.store.has_wheel(sha256)
        return stored or self.store.archive(sha256) is not None

    def _put(self, fetched: Fetched, downloads: Path) -> None:
        store, sha256 = self.store, fetched.sha256
        wheel = fetched.path.name.endswith(".whl")
        try:
            if wheel:
                store.add_wheel(fetched.path, sha256)
            else:
                store.add_archive(fetched.path, sha256)
        except StoreError:
            # It was there before, or another run stored the same, and took it away.
            if not (store.has_wheel(sha256) if wheel else store.archive(sha256)):
                raise
        if fetched.path.is_relative_to(downloads):
            fetched.path.unlink(missing_ok=True)

    def _choice(self, package: PlannedPackage, plan: Plan) -> Path:
        target = plan.target
        facts = [package.name, package.version or "", *sorted(package.hashes)]
        facts += [target.name, target.python]
        facts += [str(target.glibc), str(target.macos)]
        digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()
        return self.store.root / CHOICES / f"{digest}.json"

    def _remember(
        self, package: PlannedPackage, plan: Plan, decided: PlannedPackage
    ) -> None:
        file = self._choice(package, plan)
        unfinished = file.with_suffix(f".{os.getpid()}.part")
        file.parent.mkdir(parents=True, exist_ok=True)
        chosen = {"filename": decided.artifact, "sha256": decided.sha256}
        unfinished.write_text(json.dumps(chosen), encoding="utf-8")
        unfinished.replace(file)


def _decide(package: PlannedPackage, filename: str, sha256: str) -> PlannedPackage:
    if package.kind is not None:
        return package
    if sha256 not in package.hashes:
        raise ValueError(sha256)
    kind = Kind.WHEEL if filename.endswith(".whl") else Kind.SDIST
    return replace(package, kind=kind, artifact=filename, sha256=Sha256(sha256))


def _offline(packages: Sequence[PlannedPackage]) -> FetchError:
    lacking = ", ".join(
        p.artifact or f"{p.name} {p.version or ''}".rstrip() for p in packages
    )
    return FetchError(
        f"the store lacks {counted(len(packages), 'artifact')},"
        f" and noxlock is offline: {lacking}",
        hint="run once without --offline",
    )

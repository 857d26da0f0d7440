"""Get all that a plan names into the store, as wheels that can be linked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from noxlock.errors import PlanError
from noxlock.model import (
    DirectorySource,
    Kind,
    PackageRecord,
    ProjectInstall,
    VcsSource,
)
from noxlock.report.counts import counted
from noxlock.store import LinkedWheel
from noxlock.workflows.direct_urls import direct_url, project_url
from noxlock.workflows.supply import is_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter, Lock, Plan, PlannedPackage, Sha256
    from noxlock.store import BuiltWheel
    from noxlock.workflows.lock_files import LockFile
    from noxlock.workflows.origins import Origins
    from noxlock.workflows.sources import Source, SourceBuilder
    from noxlock.workflows.supply import Supplies

__all__ = ["Gathering", "Installable", "Wanted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Installable:
    """A wheel in the store, and how it is installed."""

    sha256: Sha256
    direct_url: dict[str, Any] | None
    record: PackageRecord | None
    """None for the project itself."""

    @property
    def linked(self) -> LinkedWheel:
        """It, as the store links it."""
        return LinkedWheel(sha256=self.sha256, direct_url=self.direct_url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What an environment is to hold."""

    name: str
    """Of the environment, for messages."""
    plan: Plan
    lock: Lock | LockFile[Lock]
    base: Path
    """Folder of the lock."""
    root: Path
    """Folder of the project."""
    project: ProjectInstall
    only_binary: bool
    interpreter: Interpreter


class Gathering:
    """Brings what is wanted into the store: stored, fetched or built."""

    def __init__(self, wanted: Wanted, supplies: Supplies) -> None:
        self._wanted = wanted
        self._supplies = supplies

    @cached_property
    def _origins(self) -> Origins:
        from noxlock.workflows.origins import Origins  # noqa: PLC0415 - to build with

        wanted, supplies = self._wanted, self._supplies
        return Origins(base=wanted.base, store=supplies.store, environ=supplies.environ)

    @cached_property
    def _builder(self) -> SourceBuilder:
        from noxlock.workflows.build_requirements import (  # noqa: PLC0415 - likewise
            BuildRequirements,
        )
        from noxlock.workflows.sources import SourceBuilder  # noqa: PLC0415 - likewise

        wanted, supplies = self._wanted, self._supplies
        requirements = BuildRequirements(
            supplies=supplies,
            interpreter=wanted.interpreter,
            given=wanted.lock,
            base=wanted.base,
        )
        return SourceBuilder(
            supplies=supplies,
            interpreter=wanted.interpreter,
            requirements=requirements,
        )

    @cached_property
    def _project(self) -> Source | None:
        if self._wanted.project is ProjectInstall.NONE:
            return None
        return self._origins.project(self._wanted.root, self._wanted.project)

    @cached_property
    def _packages(self) -> tuple[PlannedPackage, ...]:
        # uv and others lock the project itself too; how it comes in, if at all, is the
        # environment's to say.
        return tuple(p for p in self._wanted.plan.packages if not self._is_project(p))

    def _is_project(self, package: PlannedPackage) -> bool:
        source, wanted = package.source, self._wanted
        if not isinstance(source, DirectorySource):
            return False
        folder = wanted.base / source.path / (source.subdirectory or "")
        return folder.resolve() == wanted.root.resolve()

    @cached_property
    def _folders(self) -> dict[str, Source]:
        return {
            package.name: self._origins.source(package)
            for package in self._packages
            if isinstance(package.source, DirectorySource)
        }

    @cached_property
    def digest(self) -> str:
        """Digest of the working trees that are installed: the plan has none of them.

        Raises:
            BuildError: There is no project, or folder, that could be installed.
        """
        trees = list(self._folders.values())
        if self._project is not None:
            trees.append(self._project)
        identities = "\0".join(part for tree in trees for part in tree.identity)
        return hashlib.sha256(identities.encode()).hexdigest() if trees else ""

    def gather(self) -> tuple[Installable, ...]:
        """Return each package of the plan, then the project, as wheels in the store.

        Raises:
            NoxlockError: An artifact cannot be had, is not what was locked, or does
                not build.
        """
        plan = self._wanted.plan
        packages: dict[str, PlannedPackage] = {
            p.name: self._supplies.decided(p, plan) for p in self._packages
        }
        built = {
            name: self._builder.find(self._source(package))
            for name, package in packages.items()
            if _needs_building(package)
        }
        lacking = [p for p in packages.values() if self._lacks(p, built.get(p.name))]
        self._say(len(packages), len(lacking))
        packages |= self._supplies.fetch(plan, lacking, self._wanted.base)
        found = []
        for package in packages.values():
            if self._wanted.only_binary and _needs_building(package):
                raise PlanError(
                    f"{package.name} has no wheel for this target, and only-binary"
                    f" refuses to build {package.artifact or 'it'}",
                    file=self._wanted.lock.file,
                )
            found.append(self._installable(package, built.get(package.name)))
        return (*found, *self._installable_project())

    def _source(self, package: PlannedPackage) -> Source:
        return self._folders.get(package.name) or self._origins.source(package)

    def _lacks(self, package: PlannedPackage, built: BuiltWheel | None) -> bool:
        if built is not None:
            return False
        if isinstance(package.source, VcsSource):
            return self._supplies.offline
        return not self._supplies.is_stored(package)

    def _say(self, all_of_them: int, lacking: int) -> None:
        if lacking:
            self._supplies.progress.say(
                f"{self._wanted.name}: {counted(all_of_them, 'package')}:"
                f" {all_of_them - lacking} stored, {lacking} to fetch"
            )

    def _installable(
        self, package: PlannedPackage, built: BuiltWheel | None
    ) -> Installable:
        note, sha256 = "", package.sha256
        needs_building = _needs_building(package)
        if needs_building:
            built = built or self._build(self._source(package))
            from noxlock.workflows.sources import build_note  # noqa: PLC0415 - as above

            note, sha256 = build_note(built), built.sha256
        if sha256 is None:  # pragma: no cover - the plan and the index see to it
            raise PlanError(f"{package.name} has no sha256")
        return Installable(
            sha256=sha256,
            direct_url=direct_url(package, self._wanted.base),
            record=PackageRecord(
                name=package.name,
                version=package.version,
                kind=package.kind or Kind.WHEEL,
                artifact=package.artifact,
                sha256=package.sha256,
                built=needs_building,
                note=note,
            ),
        )

    def _build(self, source: Source) -> BuiltWheel:
        from noxlock.workflows.sources import build_note  # noqa: PLC0415 - as above

        built = self._builder.build(source)
        if built.notes["mode"] == "index":
            self._supplies.progress.warn(f"{source.title}: {build_note(built)}")
        return built

    def _installable_project(self) -> tuple[Installable, ...]:
        if self._project is None:
            return ()
        built = self._builder.find(self._project) or self._build(self._project)
        editable = self._wanted.project is ProjectInstall.EDITABLE
        url = project_url(self._wanted.root, editable=editable)
        return (Installable(sha256=built.sha256, direct_url=url, record=None),)


def _needs_building(package: PlannedPackage) -> bool:
    return package.kind is not None and not is_wheel(package)

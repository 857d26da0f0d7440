"""Where a planned package, or the project itself, is built or installed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noxlock.envs.building import Backend
from noxlock.envs.digests import (
    copy_files,
    editable_digest,
    project_files,
    tree_digest,
)
from noxlock.envs.git import (
    checkout,
    describe,
    fetch_history,
    repository_of,
)
from noxlock.envs.unpacking import unpack_sdist
from noxlock.errors import BuildError
from noxlock.model import (
    DirectorySource,
    ProjectInstall,
    VcsSource,
)
from noxlock.workflows.sources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import PlannedPackage
    from noxlock.store import StoreProtocol

__all__ = ["Origins"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """Turns what a plan names into sources that can be built."""

    base: Path
    """Folder of the lock."""
    store: StoreProtocol
    environ: Mapping[str, str]

    def source(self, package: PlannedPackage) -> Source:
        """Return how *package*, which has no wheel, is built.

        Raises:
            BuildError: There is nothing to build it from.
        """
        match package.source:
            case VcsSource() as vcs:
                return self._git(package, vcs)
            case DirectorySource() as directory:
                folder = self.base / directory.path / (directory.subdirectory or "")
                install = (
                    ProjectInstall.EDITABLE
                    if directory.editable
                    else ProjectInstall.WHEEL
                )
                return self.project(folder.resolve(), install, package)
            case _:
                return self._sdist(package)

    def _sdist(self, package: PlannedPackage) -> Source:
        subdirectory = getattr(package.source, "subdirectory", None) or ""
        sha256 = package.sha256

        def unpack(into: Path) -> Path:
            archive = self.store.archive(sha256) if sha256 else None
            if archive is None:
                raise BuildError(f"the store lacks {package.artifact}")
            return _inside(unpack_sdist(archive, into), subdirectory)

        return Source(
            title=_title(package),
            identity=("sdist", str(sha256), subdirectory),
            unpack=unpack,
            name=package.name,
            version=package.version,
        )

    def _git(self, package: PlannedPackage, vcs: VcsSource) -> Source:
        if vcs.vcs != "git":
            raise BuildError(f"{_title(package)}: {vcs.vcs} is not supported, git is")
        subdirectory = vcs.subdirectory or ""

        def unpack(into: Path) -> Path:
            checkout(vcs.url, vcs.commit, into, self.environ)
            folder = _inside(into, subdirectory)
            if Backend.of(folder).wants_history:
                fetch_history(vcs.url, into, self.environ)
            return folder

        return Source(
            title=_title(package),
            identity=("git", vcs.commit, subdirectory),
            unpack=unpack,
            name=package.name,
            version=package.version,
        )

    def project(
        self,
        folder: Path,
        install: ProjectInstall,
        package: PlannedPackage | None = None,
    ) -> Source:
        """Return how the project in *folder* is built: editable, or a wheel of a copy.

        Raises:
            BuildError: There is no project that could be installed.
        """
        title = f"{package.name}" if package else f"the project ({install})"
        name, version = (package.name, package.version) if package else (None, None)
        backend = _installable(folder, title)
        files = project_files(folder, self.environ)
        if install is ProjectInstall.EDITABLE:
            digest = editable_digest(backend, files, self.environ)
            return Source(
                title=title,
                identity=("editable", str(folder), digest),
                unpack=lambda _: folder,
                kind="editable",
                name=name,
                version=version,
            )
        history = describe(folder, self.environ) if backend.wants_history else ""

        def unpack(into: Path) -> Path:
            copy_files(folder, files, into)
            if backend.wants_history and (git := repository_of(folder, self.environ)):
                (into / ".git").write_text(f"gitdir: {git}\n", encoding="utf-8")
            return into

        return Source(
            title=title,
            identity=("tree", tree_digest(folder, files), history),
            unpack=unpack,
            name=name,
            version=version,
        )


def _title(package: PlannedPackage) -> str:
    return f"{package.name} {package.version or ''}".rstrip()


def _inside(folder: Path, subdirectory: str) -> Path:
    inside = (folder / subdirectory).resolve()
    if not inside.is_relative_to(folder.resolve()) or not inside.is_dir():
        raise BuildError(f"there is no folder `{subdirectory}` in it")
    return inside


def _installable(folder: Path, title: str) -> Backend:
    if not folder.is_dir():
        raise BuildError(f"{title}: there is no folder {folder}")
    try:
        backend = Backend.of(folder)
    except BuildError as error:
        raise error.inside(key=title) from error
    declared = backend.table.keys() & {"build-system", "project"}
    if not declared and not (folder / "setup.py").is_file():
        raise BuildError(
            f"{folder} holds no project that can be installed: its pyproject.toml has"
            " neither [build-system] nor [project]",
            hint="use `project: none` for this environment",
        )
    return backend

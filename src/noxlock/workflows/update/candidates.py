"""The locks as they are, and as they would be with packages held back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import structs
from packaging.utils import canonicalize_name

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.errors import DefinitionError, SolveError, StaleLockError
from noxlock.locks import parse_conda_lock
from noxlock.locks.difference import difference, differs_in_words_only
from noxlock.model import CondaLock, Layer
from noxlock.workflows.lock_files import bytes_of
from noxlock.workflows.lock_options import LockOptions
from noxlock.workflows.locking import shares
from noxlock.workflows.staleness import conda_request
from noxlock.workflows.tool_lock import ToolTask, replace_lock, solve_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import Lock, LockDefinition, LockDifference
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project
    from noxlock.workflows.update.holding import Hold

__all__ = ["Candidates", "Files"]

Files = dict[str, bytes]
"""The locks, and the explicit files beside them, by path."""
_EXPLICIT: Final = "conda-*.lock"


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Makes locks; those of the project stay as they are."""

    project: Project
    parts: Parts
    folder: Path
    """Where the environments of the tools go."""
    work: Path
    """For this update only."""
    names: tuple[str, ...] = ()
    """Packages to take newer versions of; empty: all."""

    @cached_property
    def old(self) -> Files:
        """The project's own, as they were when first asked for.

        Raises:
            DefinitionError: No lock is declared.
            StaleLockError: One is stale.
        """
        locks = self.project.definitions.locks
        if not locks:
            raise DefinitionError(
                "no lock is declared",
                key="locks",
                hint="declare `poetry.lock: {from: pyproject.toml}` under `locks`",
            )
        for name in locks:
            if why := self.project.staleness(name):
                hint = "an update starts from locks that are fresh: `nox -s lock` first"
                raise StaleLockError(why, file=name, hint=hint)
        return {name: self.project.lock_bytes(name) for name in self._files()}

    def _files(self) -> list[str]:
        """Return the locks, and the explicit files beside them."""
        found = []
        for name, definition in self.project.definitions.locks.items():
            found.append(name)
            if definition.explicit:
                folder = (self.project.root / name).parent
                paths = sorted(folder.glob(_EXPLICIT))
                found += [str(path.relative_to(self.project.root)) for path in paths]
        return found

    def locks(self, files: Files) -> Files:
        """Return those of *files* that are declared locks."""
        return {name: files[name] for name in self.project.definitions.locks}

    def make(self, holds: Sequence[Hold]) -> Files:
        """Return the newest locks that satisfy *holds*.

        Raises:
            SolveError: There is none, or a tool failed.
            DefinitionError: No lock holds a package that is to be updated.
        """
        names = [*self.project.definitions.locks]
        conda = [name for name in names if kind_of_lock(name) is LockKind.CONDA]
        tools = [name for name in names if name not in conda]
        wanted = LockOptions(upgrade=not self.names, update=self.names)
        found: Files = {}
        for name, options in shares(self.project, wanted, conda, tools).items():
            if options is None:
                found[name] = self.old[name]
            elif name in conda:
                found |= self._conda(name, options, holds)
            else:
                found[name] = self._tool(name, options, holds)
        return found

    def _tool(self, name: str, options: LockOptions, holds: Sequence[Hold]) -> bytes:
        definition = self.project.definitions.locks[name]
        task = ToolTask.of(self.project.root, name, definition)
        mine = self._within(name, holds, Layer.PYPI)
        after = solve_lock(task, options, self.parts, self.folder, mine)
        old = self.old[name]
        return old if differs_in_words_only(old, after) else after

    def _conda(self, name: str, options: LockOptions, holds: Sequence[Hold]) -> Files:
        from noxlock.solvers.rattler import (  # noqa: PLC0415 - only for conda
            CondaSettings,
        )
        from noxlock.workflows.conda_lock import lock_conda  # noqa: PLC0415
        from noxlock.workflows.conda_pip import UvSection  # noqa: PLC0415

        definition = self.project.definitions.locks[name]
        root = self._scratch(name, definition)
        request = conda_request(root, name, definition)
        pip = UvSection(self.parts, request.path, self.folder)
        update = frozenset(map(canonicalize_name, options.update))
        outcome = lock_conda(
            request,
            CondaSettings(cache=self.parts.cache, environ=self.parts.environ),
            self.parts.builder.progress,
            lock_pip=pip,
            update=None if options.upgrade else update,
            hold=self._within(name, holds, Layer.CONDA),
        )
        for error in outcome.failures.values():
            raise error
        folder = PurePosixPath(name).parent
        beside = [folder / each.name for each in request.path.parent.glob(_EXPLICIT)]
        files = [name, *(map(str, beside) if definition.explicit else ())]
        return {file: (root / file).read_bytes() for file in files}

    def _scratch(self, name: str, definition: LockDefinition) -> Path:
        """Return a folder with the lock and all that it is made from."""
        root = self.work / "solving" / name.replace("/", "-")
        shutil.rmtree(root, ignore_errors=True)
        files = [name, *definition.sources]
        if isinstance(definition.virtual_packages, str):
            files.append(definition.virtual_packages)
        for file in files:
            target = root / file
            if not target.resolve().is_relative_to(root.resolve()):
                raise SolveError(
                    "it lies outside the project, and is not copied to be solved apart",
                    file=file,
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.project.root / file, target)
        if definition.explicit:
            for path in (self.project.root / name).parent.glob(_EXPLICIT):
                shutil.copy2(path, (root / name).parent / path.name)
        return root

    def _within(
        self, name: str, holds: Iterable[Hold], layer: Layer
    ) -> tuple[str, ...]:
        """Return the requirements of those *holds* whose package the lock has."""
        held = _names(self.parsed(name, self.old[name]), layer)
        gap = " " if layer is Layer.CONDA else ""
        return tuple(
            f"{hold.name}{gap}{hold.bounds}"
            for hold in holds
            if hold.layer is layer and canonicalize_name(hold.name) in held
        )

    def parsed(self, name: str, data: bytes) -> Lock | CondaLock:
        """Return what the lock *name* says where it holds *data*."""
        if kind_of_lock(name) is LockKind.CONDA:
            return parse_conda_lock(name, data)
        return self.project.with_locks({name: data}).read_lock(name)

    def differences(self, old: Files, new: Files) -> tuple[LockDifference, ...]:
        """Return what changed in each lock from *old* to *new*, where something did."""
        found = []
        for name in self.project.definitions.locks:
            if old[name] == new[name]:
                continue
            each = difference(
                self.parsed(name, old[name]), self.parsed(name, new[name])
            )
            found.append(structs.replace(each, lock=name))
        return tuple(found)

    def write(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """Replace the project's locks by *files*; return those that changed.

        Raises:
            StaleLockError: One is not what it was when the update began.
            SolveError: One cannot be written.
        """
        root = self.project.root
        for name, data in self.old.items():
            if bytes_of(root / name) != data:
                what = "it was changed while the update ran, and is left as it is now"
                raise StaleLockError(what, file=name, hint="run the update again")
        changed = [n for n, data in files.items() if bytes_of(root / n) != data]
        for name in changed:
            try:
                replace_lock(root / name, files[name])
            except OSError as error:
                raise SolveError(f"cannot be written: {error}", file=name) from error
        return tuple(changed)


def _names(lock: Lock | CondaLock, layer: Layer) -> frozenset[str]:
    """Return the normalised names of what *lock* has in *layer*."""
    found: list[str] = []
    if not isinstance(lock, CondaLock):
        found = [each.name for each in lock.packages] if layer is Layer.PYPI else []
    elif layer is Layer.CONDA:
        found = [each.name for one in lock.platforms for each in one.packages]
    else:
        found = [each.name for one in lock.platforms for each in one.pypi]
    return frozenset(map(canonicalize_name, found))

"""One project on disk: its definitions, its locks, what of it can be installed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.errors import DefinitionError, LockError, StaleLockError, nearest
from noxlock.model import Definitions, Environment, ProjectInstall
from noxlock.workflows.definition_files import DEFINITIONS_FOLDER, read_definitions
from noxlock.workflows.lock_files import conda_lock_file, python_lock_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import CondaLock, Lock
    from noxlock.store.memo import Memo
    from noxlock.workflows.lock_files import LockFile

__all__ = ["Project"]

_NONE_YET: Final = "`noxlock init` writes a first noxfile; -C names another folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A project's folder and what it declares."""

    root: Path
    """The noxfile's folder, absolute."""
    definitions: Definitions
    memo: Memo | None = None
    """Where what its locks say may be remembered."""
    _locks: dict[str, LockFile[Lock]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _conda: dict[str, LockFile[CondaLock]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def open(
        cls,
        root: Path,
        definitions: Definitions | None = None,
        *,
        memo: Memo | None = None,
    ) -> Self:
        """Return the project at *root*.

        Args:
            root: The noxfile's folder.
            definitions: What it declares; None: what its `sessions` folder says,
                nothing where there is none.
            memo: Where what its locks say may be remembered; None: nowhere.

        Raises:
            DefinitionError: The definitions are not valid.
        """
        root = root.absolute()
        if definitions is None and (root / DEFINITIONS_FOLDER).is_dir():
            definitions = read_definitions(root)
        return cls(root=root, definitions=definitions or Definitions(), memo=memo)

    def with_locks(self, files: Mapping[str, bytes]) -> Self:
        """Return the same project, its locks *files* having other bytes than on disk.

        Whether they are stale is still asked of the disk.
        """
        conda = {name for name in files if kind_of_lock(name) is LockKind.CONDA}
        found: dict[str, LockFile[Lock]] = {
            name: python_lock_file(name, data, (self.root / name).parent)
            for name, data in files.items()
            if name not in conda
        }
        mine = {name: conda_lock_file(name, files[name]) for name in conda}
        return replace(self, memo=None, _locks=found, _conda=mine)

    def read_lock(self, file: str) -> Lock:
        """Return what the lock *file*, relative to the project, says; read once.

        Raises:
            LockError: It is not there, or is not what its format demands, or is of
                conda packages.
        """
        return self.lock_file(file).lock

    def lock_file(self, file: str) -> LockFile[Lock]:
        """Return the lock *file*, relative to the project, its meaning not yet read.

        Raises:
            LockError: It is not there.
        """
        if file not in self._locks:
            data = self.lock_bytes(file)
            folder = (self.root / file).parent
            self._locks[file] = python_lock_file(file, data, folder)
        return self._locks[file]

    def read_conda_lock(self, file: str) -> CondaLock:
        """Return what the lock of conda packages *file* says; read once.

        Raises:
            LockError: It is not there, or is not what its format demands, or is of
                Python packages.
        """
        return self.conda_lock_file(file).lock

    def conda_lock_file(self, file: str) -> LockFile[CondaLock]:
        """Return the lock of conda packages *file*, its meaning not yet read.

        Raises:
            LockError: It is not there.
        """
        if file not in self._conda:
            data = self.lock_bytes(file)
            self._conda[file] = conda_lock_file(file, data)
        return self._conda[file]

    def is_conda(self, file: str) -> bool:
        """Return whether the lock *file* is one of conda packages.

        Raises:
            LockError: It is not there.
        """
        from noxlock.locks import is_conda_lock  # noqa: PLC0415 - slow to import

        return is_conda_lock(file, self.lock_bytes(file))

    def staleness(self, file: str, target: str | None = None) -> str | None:
        """Return why the lock *file* does not belong to its source, or None.

        Args:
            file: The lock.
            target: The only one of a conda lock's targets that counts; None: each.

        A poetry.lock says what it was made from, and a conda-lock.yml that is declared:
        of others, and without the source, nothing is known and None is returned.
        """
        from noxlock.workflows.staleness import (  # noqa: PLC0415 - it needs projects
            staleness,
        )

        return staleness(self, file, target)

    def require_fresh(self, file: str, target: str | None = None) -> None:
        """Raise `StaleLockError` where the lock *file* is stale, for *target*."""
        if (why := self.staleness(file, target)) is not None:
            again = "`nox -s lock`" if file in self.definitions.locks else "its tool"
            hint = (
                f"lock again with {again}, or use it as it is: `-- --frozen`,"
                " or NOXLOCK_FROZEN=1"
            )
            raise StaleLockError(why, file=file, hint=hint)

    def environment(self, wanted: str | Environment) -> Environment:
        """Return the environment of this name; one declared in place is itself.

        Raises:
            DefinitionError: There is none of that name.
        """
        if isinstance(wanted, Environment):
            return wanted
        known = self.definitions.environments
        if wanted not in known:
            listed = ", ".join(sorted(known)) or "none"
            what = f"unknown environment `{wanted}`; known: {listed}"
            hint = nearest(wanted, known) if known else _NONE_YET
            raise DefinitionError(what, hint=hint)
        return known[wanted]

    def install(
        self, environment: Environment, *, default: ProjectInstall
    ) -> ProjectInstall:
        """Return how the project itself comes into *environment*.

        Args:
            environment: Its own `project` decides where it says one.
            default: What a session (editable) or check (wheel) has otherwise; none
                where `main` is left out, or there is nothing to install.
        """
        if environment.project is not None:
            return environment.project
        with_main = {"main", "all"} & set(environment.groups)
        return default if with_main and self._installable() else ProjectInstall.NONE

    def _installable(self) -> bool:
        # PEP 518: without [build-system] there is nothing to build, unless by setup.py.
        try:
            table = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))
        except FileNotFoundError:
            table = {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DefinitionError(f"not TOML: {error}", file="pyproject.toml") from None
        # Poetry: "package-mode = false" is a project that is only dependencies.
        if table.get("tool", {}).get("poetry", {}).get("package-mode") is False:
            return False
        return "build-system" in table or (self.root / "setup.py").is_file()

    def lock_bytes(self, file: str) -> bytes:
        """Return the bytes of the lock *file*.

        Raises:
            LockError: They cannot be read.
        """
        path = self.root / file
        try:
            return path.read_bytes()
        except OSError as error:
            made = "run `nox -s lock`" if file in self.definitions.locks else None
            what = f"the lock cannot be read: {error.strerror}"
            raise LockError(what, file=file, hint=made) from error

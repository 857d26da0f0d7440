"""Where a lock and what lies beside it is read from: the work tree, or a revision."""

from __future__ import annotations

import os
import posixpath
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from msgspec import structs

from noxlock.errors import CompareError, LockError, NoxlockError
from noxlock.locks import is_conda_lock, parse_conda_lock, parse_lock
from noxlock.workflows.revisions import Revision, opened, split_revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CondaLock, Lock

__all__ = ["LockAt", "Places", "WorkTree"]

_HERE: Final = "the work tree"


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files as they are, relative to a folder."""

    folder: Path
    name: str = _HERE

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None where there is none."""
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            what = f"the lock cannot be read: {error.strerror}"
            raise LockError(what, file=path) from error


Files: TypeAlias = WorkTree | Revision


@dataclass(frozen=True, slots=True)
class LockAt:
    """A lock, which may not be there."""

    files: Files
    path: str
    """As *files* reads it."""

    @property
    def said(self) -> str:
        """What it is called in messages: `main:poetry.lock`."""
        path = self.path.removeprefix("./")
        return path if isinstance(self.files, WorkTree) else f"{self.files.name}:{path}"

    def data(self) -> bytes | None:
        """Return its bytes, or None where it is not there."""
        return self.files.read(self.path)

    def beside(self, name: str) -> bytes | None:
        """Return the bytes of a file, relative to the lock's folder, or None."""
        joined = posixpath.join(posixpath.dirname(self.path), name)
        if self.path.startswith(("./", "../")):
            joined = f"./{posixpath.normpath(joined)}"
        return self.files.read(joined)

    def parsed(self, data: bytes) -> Lock | CondaLock:
        """Return what *data*, its bytes, says; of whatever format.

        Raises:
            LockError: It is not what its format demands; with this one's name.
        """
        name = posixpath.basename(self.path)
        try:
            lock: Lock | CondaLock
            if is_conda_lock(name, data):
                lock = parse_conda_lock(name, data)
            else:
                lock = parse_lock(name, data, beside=self.beside)
        except NoxlockError as error:
            if error.file == name:
                error.file = self.said
            raise
        return structs.replace(lock, file=self.said)


class Places(ExitStack):
    """What the user named, opened; closed at the end.

    Args:
        folder: Of the project, which paths of revisions with a dot count from.
        environ: Variables that git is run with.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._folder = folder
        self._environ = environ
        self._revisions: dict[str, Revision] = {}
        self.work_tree = WorkTree(folder)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def revision(self, name: str) -> Revision:
        """Return the revision *name*, or raise `CompareError`."""
        if name not in self._revisions:
            entered = self.enter_context(opened(name, self._environ, self._folder))
            self._revisions[name] = entered
        return self._revisions[name]

    def find(self, typed: str) -> Revision | LockAt:
        """Return what the user named: a file; else `REVISION:PATH`; else a revision.

        Raises:
            CompareError: It is none of them.
        """
        here = Path(typed)
        if here.exists() and not here.is_dir():
            return LockAt(WorkTree(Path()), here.as_posix())
        if spec := split_revision(typed):
            name, path = spec
            lock = LockAt(self._typed(name, typed), path)
            if lock.data() is None:
                raise CompareError(f"the revision has no `{path}`", file=typed)
            return lock
        return self._typed(typed, typed)

    def in_revision(self, lock: LockAt, revision: Revision) -> LockAt:
        """Return where *lock* is in another revision."""
        if isinstance(lock.files, Revision):
            return LockAt(revision, lock.path)
        absolute = (lock.files.folder / lock.path).absolute()
        relative = os.path.relpath(absolute, self._folder.absolute())
        return LockAt(revision, f"./{Path(relative).as_posix()}")

    def in_work_tree(self, lock: LockAt) -> LockAt:
        """Return where *lock*, of a revision, is in the work tree."""
        if isinstance(lock.files, WorkTree):
            return lock
        return LockAt(self.work_tree, lock.files.here(lock.path))

    def _typed(self, name: str, typed: str) -> Revision:
        try:
            return self.revision(name)
        except CompareError as error:
            folder = Path(typed).is_dir()
            what = "it is a folder, no lock" if folder else "there is no such file"
            error.what = f"{what}, and {error.what}"
            error.file = typed
            raise

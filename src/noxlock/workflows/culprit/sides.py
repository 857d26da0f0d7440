"""The two locks of a search: of the work tree, of a git revision, of a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from noxlock.errors import CompareError, InterpreterError
from noxlock.workflows.baselines import layout
from noxlock.workflows.lock_files import conda_lock_file, lock_of, python_lock_file
from noxlock.workflows.revisions import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from noxlock.model import Lock, Plan
    from noxlock.workflows.baselines.baseline import Baseline
    from noxlock.workflows.environments import Builder
    from noxlock.workflows.requests import BuildRequest

__all__ = ["RECORD", "WORK_TREE", "Planner", "Side"]

WORK_TREE: Final = "worktree"
RECORD: Final = "record"


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One lock, or a conda lock and the wheels on top of it, and what it gives here."""

    said: str
    """For people: `the record of 2026-11-02`, `main`, `the work tree`."""
    request: BuildRequest
    """Of the environment that it gives, its locks read."""
    plan: Plan
    python: str
    """The exact version of its interpreter; empty: it has none."""

    @property
    def base(self) -> Path:
        """The folder of its lock of wheels."""
        return (self.request.root / self.request.lock_file).parent

    @property
    def lock(self) -> Lock | None:
        """Its lock of wheels."""
        return None if self.request.lock is None else lock_of(self.request.lock)


@dataclass(frozen=True, kw_only=True, slots=True)
class Planner:
    """Plans the environment of a check from whatever locks there were.

    Groups, extras and target are those that the environment has now: what it held then
    by other groups is no change of a lock.
    """

    request: BuildRequest
    """Of the work tree's environment."""
    builder: Builder
    baseline: Baseline
    environ: Mapping[str, str]
    warn: Callable[[str], None]

    def side(self, name: str) -> Side:
        """Return the side that the user calls *name*.

        Args:
            name: `worktree`, `record`, or a git revision.

        Raises:
            CompareError: There is no such revision, or no such lock in it; no baseline.
            NoxlockError: Its lock cannot be read, or gives nothing here.
        """
        if name == WORK_TREE:
            return self._side("the work tree", self.request)
        if name == RECORD:
            return self._recorded()
        with opened(name, self.environ, self.request.root) as revision:

            def read(path: str) -> bytes | None:
                return revision.read(f"./{path}")

            return self._side(name, self._request(read, name, f"{name}:"))

    def _recorded(self) -> Side:
        record, folder = self.baseline.read(), self.baseline.folder
        if record is None:
            raise CompareError(
                f"there is no baseline in {folder}",
                hint="`--good REVISION` takes the lock of a git revision instead",
            )

        def read(path: str) -> bytes | None:
            return self.baseline.read_file(f"{layout.LOCKS}/{path}")

        said = f"the record of {record.created[:10]}"
        request = self._request(read, said, f"{folder}/{layout.LOCKS}/")
        version = record.interpreter.get("version", "")
        if request.conda is not None or not version:
            return self._side(said, request)
        try:
            return self._side(said, replace(request, python=version))
        except InterpreterError:
            side = self._side(said, request)
            self.warn(
                f"{said} was made with CPython {version}, which is not on this machine:"
                f" {side.python} takes its place"
            )
            return side

    def _request(
        self, read: Callable[[str], bytes | None], said: str, place: str
    ) -> BuildRequest:
        """Return the request with the locks that *read* returns."""
        environment = self.request.environment
        request = replace(self.request, lock=None, conda=None)
        for file in environment.locks:
            data = read(file)
            if data is None:
                known = "`--good` and `--bad` take git revisions"
                raise CompareError(f"{said} has no such lock", file=file, hint=known)
            if file == environment.conda:
                conda = conda_lock_file(f"{place}{file}", data)
                request = replace(request, conda=conda)
            else:
                beside = partial(_beside, read, PurePosixPath(file).parent)
                pypi = python_lock_file(f"{place}{file}", data, beside)
                request = replace(request, lock=pypi)
        return request

    def _side(self, said: str, request: BuildRequest) -> Side:
        planned, python = self.builder.plan(request)
        if request.lock is not None:
            lock_of(request.lock)  # read while what lies beside it is there
        return Side(said=said, request=request, plan=planned, python=python)


def _beside(
    read: Callable[[str], bytes | None], folder: PurePosixPath, name: str
) -> bytes | None:
    return read(str(folder / name))

"""Regenerate the locks that a tool of its own makes, as Poetry does."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from noxlock.errors import (
    DefinitionError,
    LockError,
    NoxlockError,
    SolveError,
    StaleLockError,
)
from noxlock.locks import parse_lock
from noxlock.locks.difference import difference, differs_in_words_only
from noxlock.locks.freshness import staleness
from noxlock.process import run
from noxlock.report.changes import change_lines, summary
from noxlock.report.progress import Quiet
from noxlock.solvers import SOLVERS, SolveRequest, solver_of
from noxlock.workflows.lock_options import LockOutcome
from noxlock.workflows.lock_tool import make_tool

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Lock, LockDefinition, LockDifference
    from noxlock.report.progress import Progress
    from noxlock.solvers import Solver
    from noxlock.workflows.lock_options import LockOptions
    from noxlock.workflows.parts import Parts

__all__ = [
    "ToolTask",
    "check_lock",
    "make_lock",
    "replace_lock",
    "solve_lock",
    "tell_difference",
    "told_freshness",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolTask:
    """One lock, where it lies, and the tool that makes it."""

    name: str
    lock: Path
    source: Path
    solver: Solver

    @classmethod
    def of(cls, root: Path, name: str, definition: LockDefinition) -> ToolTask:
        """Return the task for a declared lock, or raise `DefinitionError`."""
        lock, source = root / name, root / next(iter(definition.sources), "")
        solver = solver_of(lock.name)
        if solver is None:
            known = ", ".join(one.LOCK for one in SOLVERS)
            raise DefinitionError(
                f"no tool regenerates a lock of this name; known: {known}",
                key=f"locks.{name}",
            )
        if source != lock.with_name(solver.SOURCE):
            raise DefinitionError(
                f"{solver.TOOL} makes it from the {solver.SOURCE} beside it",
                key=f"locks.{name}.from",
            )
        return cls(name=name, lock=lock, source=source, solver=solver)

    def parsed(self, data: bytes) -> Lock:
        """Return what *data*, this lock's bytes, says."""
        return parse_lock(self.name, data, beside=self._beside)

    def _beside(self, name: str) -> bytes | None:
        return _bytes(self.lock.parent / name)

    def stale(self, data: bytes | None) -> str | None:
        """Return why *data*, this lock's bytes, is not fresh, or None."""
        source = _bytes(self.source)
        if source is None:
            shown = PurePath(self.name).with_name(self.source.name).as_posix()
            raise SolveError("there is no such file", file=shown)
        if data is None:
            return "there is no such file"
        return staleness(self.name, data, source)


def check_lock(task: ToolTask, parts: Parts) -> LockOutcome:
    """Say whether the lock is fresh; nothing is run.

    Raises:
        SolveError: What it is made from is not there.
    """
    return told_freshness(task.name, task.stale(_bytes(task.lock)), parts)


def told_freshness(lock: str, stale: str | None, parts: Parts) -> LockOutcome:
    """Say whether *lock* is fresh, or why it is stale; returns the same."""
    if stale:
        parts.progress.warn(f"{lock} is stale: {stale}")
    else:
        parts.progress.say(f"{lock} is fresh")
    return LockOutcome(lock=lock, stale=stale)


def make_lock(
    task: ToolTask, options: LockOptions, parts: Parts, folder: Path
) -> LockOutcome:
    """Regenerate the lock, and say what changed.

    Raises:
        SolveError: The tool failed, or there is no index to be asked.
    """
    before = _bytes(task.lock)
    after = solve_lock(task, options, parts, folder)
    if before is not None and differs_in_words_only(before, after):
        parts.progress.say(f"{task.name} is up to date")
        return LockOutcome(lock=task.name)
    new = task.parsed(after)
    old = None if before is None else _readable(task, before, Quiet())
    try:
        replace_lock(task.lock, after)
    except OSError as error:
        raise SolveError(f"cannot be written: {error}", file=task.name) from error
    found = difference(old, new)
    tell_difference(task.name, found, parts.progress)
    return LockOutcome(lock=task.name, difference=found, written=True)


def solve_lock(
    task: ToolTask,
    options: LockOptions,
    parts: Parts,
    folder: Path,
    hold: tuple[str, ...] = (),
) -> bytes:
    """Return the lock as its tool makes it; the one in the folder stays.

    Args:
        task: The lock.
        options: Which pins it is to keep.
        parts: The builder, the user's variables and settings of indexes.
        folder: Where the environments of the tools go.
        hold: Requirements, `scipy<1.15.0`, that it has to satisfy besides.

    Raises:
        SolveError: The tool failed, or there is no index to be asked.
    """
    if parts.settings.no_index:
        raise SolveError(
            "locks cannot be made without an index",
            hint="`nox -s lock -- --check` needs none",
        )
    old = _readable(task, _bytes(task.lock), parts.progress)
    tool = make_tool(task.solver, task.lock, old, parts, folder)
    request = replace(_request(task, options, parts, tool), hold=hold)
    making = f"{task.solver.TOOL}: making {task.name}"
    with parts.progress.task(making, total=1, unit="locks") as step:
        after = _solved(task, request)
        step.advance()
    if stale := task.stale(after):
        raise StaleLockError(
            f"{task.solver.TOOL} made a lock that is stale at once: {stale}",
            file=task.name,
            hint=f"run it again: {task.source.name} may have changed meanwhile",
        )
    return after


def _request(
    task: ToolTask,
    options: LockOptions,
    parts: Parts,
    tool: tuple[Path, dict[str, str]],
) -> SolveRequest:
    command, environ = tool
    certificate = parts.settings.cert
    return SolveRequest(
        folder=task.lock.parent,
        command=command,
        cache=parts.cache / "tools" / task.solver.TOOL,
        environ=environ,
        python=platform.python_version(),
        mirror=parts.simple_page,
        certificate=certificate.value if certificate else None,
        unverified=parts.simple_page_is_trusted,
        proxy=parts.settings.proxy,
        update=options.update,
        upgrade=options.upgrade,
    )


def _solved(task: ToolTask, request: SolveRequest) -> bytes:
    try:
        return task.solver.solve(request, run)
    except SolveError as error:
        if error.file:  # a name in the lock's folder
            error.file = PurePath(task.name).with_name(error.file).as_posix()
        raise


def tell_difference(files: str, difference: LockDifference, progress: Progress) -> None:
    """Say that *files* were written, and what changed."""
    empty = difference.is_empty
    what = "only its metadata changed" if empty else summary(difference)
    progress.say(f"{files} written: {what}")
    for line in change_lines(difference):
        progress.say(f"  {line}")


def _readable(task: ToolTask, data: bytes | None, progress: Progress) -> Lock | None:
    """Return the lock as it is; a damaged one is one more reason to make it anew."""
    if data is None:
        return None
    try:
        return task.parsed(data)
    except NoxlockError as error:
        progress.warn(f"{error}; it is made anew")
        return None


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"the lock cannot be read: {error.strerror}"
        raise LockError(what, file=path.name) from None


def replace_lock(path: Path, data: bytes) -> None:
    """Give *path* the content *data* at once, through its links, its mode kept."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

"""Make locks, or judge them: conda's in this process, others by their tools."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.errors import DefinitionError, NoxlockError, SolveError, nearest
from noxlock.workflows.lock_options import LockOutcome
from noxlock.workflows.staleness import conda_request
from noxlock.workflows.tool_lock import (
    ToolTask,
    check_lock,
    make_lock,
    told_freshness,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.workflows.conda_lock import CondaLockRequest
    from noxlock.workflows.lock_options import LockOptions
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project

__all__ = ["check_locks", "make_locks", "shares"]


def check_locks(
    project: Project, names: Sequence[str], parts: Parts
) -> tuple[LockOutcome, ...]:
    """Say of each of the locks *names* whether it is fresh.

    Raises:
        DefinitionError: No tool regenerates a lock of this name.
        SolveError: What a lock is made from is not there.
    """
    conda, tools = _tasks(project, names)
    attempts = _Attempts()
    for name, request in conda.items():
        attempts.add(name, partial(_check_conda, request, parts))
    for name, task in tools.items():
        attempts.add(name, partial(check_lock, task, parts))
    return attempts.outcomes(names)


def make_locks(
    project: Project,
    names: Sequence[str],
    options: LockOptions,
    parts: Parts,
    folder: Path,
) -> tuple[LockOutcome, ...]:
    """Make the locks *names*, and say what changed; see `run_lock`."""
    conda, tools = _tasks(project, names)
    share = shares(project, options, [*conda], [*tools])
    return _made(conda, tools, share, parts, folder).outcomes(names)


def _tasks(
    project: Project, names: Sequence[str]
) -> tuple[dict[str, CondaLockRequest], dict[str, ToolTask]]:
    """Return what is asked for of conda locks, and of the tools'."""
    locks = {name: project.definitions.locks[name] for name in names}
    conda = {
        name: conda_request(project.root, name, definition)
        for name, definition in locks.items()
        if kind_of_lock(name) is LockKind.CONDA
    }
    tools = {
        name: ToolTask.of(project.root, name, definition)
        for name, definition in locks.items()
        if name not in conda
    }
    return conda, tools


def _made(
    conda: Mapping[str, CondaLockRequest],
    tools: Mapping[str, ToolTask],
    share: Mapping[str, LockOptions | None],
    parts: Parts,
    folder: Path,
) -> _Attempts:
    attempts = _Attempts()

    def make_tools() -> None:
        for name, task in tools.items():
            if (own := share[name]) is None:
                attempts.add(name, partial(_untouched, name))
            else:
                attempts.add(name, partial(make_lock, task, own, parts, folder))

    # Poetry is another process, and conda is solved in this one: side by side.
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(make_tools)
        for name, request in conda.items():
            if (mine := share[name]) is None:
                attempts.add(name, partial(_untouched, name))
            else:
                attempts.add(name, partial(_lock_conda, request, mine, parts, folder))
        making.result()
    return attempts


def _untouched(name: str) -> LockOutcome:
    return LockOutcome(lock=name)


def shares(
    project: Project,
    options: LockOptions,
    conda: Sequence[str],
    tools: Sequence[str],
) -> dict[str, LockOptions | None]:
    """Return the options for each lock; None where nothing that it holds is named.

    Raises:
        DefinitionError: No lock holds a package that is to be updated.
    """
    if not options.update or not conda:
        return dict.fromkeys([*conda, *tools], options)
    held = {name: _held(project, name) for name in [*conda, *tools]}
    everywhere = set().union(*held.values())
    for name in options.update:
        if canonicalize_name(name) not in everywhere:
            what = f"no lock holds `{name}`"
            hint = nearest(name, everywhere) or "`-- --upgrade` updates everything"
            raise DefinitionError(what, key="lock", hint=hint)
    found: dict[str, LockOptions | None] = {}
    for lock, names in held.items():
        own = tuple(one for one in options.update if canonicalize_name(one) in names)
        found[lock] = replace(options, update=own) if own else None
    return found


def _held(project: Project, lock: str) -> frozenset[str]:
    """Return the names in a lock, normalised; none where it cannot be read."""
    try:
        if kind_of_lock(lock) is LockKind.CONDA:
            platforms = project.read_conda_lock(lock).platforms
            packages = (one.name for each in platforms for one in each.packages)
        else:
            packages = (one.name for one in project.read_lock(lock).packages)
        return frozenset(map(canonicalize_name, packages))
    except NoxlockError:
        return frozenset()


class _Attempts:
    """What became of several locks, of which some may have failed."""

    def __init__(self) -> None:
        self.done: dict[str, LockOutcome] = {}
        self.errors: dict[str, NoxlockError] = {}

    def add(self, name: str, attempt: Callable[[], LockOutcome]) -> None:
        """Make one attempt, and keep how it ended."""
        try:
            self.done[name] = attempt()
        except NoxlockError as error:
            self.errors[name] = error

    def outcomes(self, names: Iterable[str]) -> tuple[LockOutcome, ...]:
        """Return what became of *names*; raise what failed, several as one."""
        ordered = [self.errors[name] for name in names if name in self.errors]
        if len(ordered) == 1:
            raise ordered[0]
        if ordered:
            listed = [f"{len(ordered)} locks failed"]
            for error in ordered:
                hint = f" ({error.hint})" if error.hint else ""
                listed.append(f"  {error}{hint}")
            raise SolveError("\n".join(listed))
        return tuple(self.done[name] for name in names)


def _check_conda(request: CondaLockRequest, parts: Parts) -> LockOutcome:
    from noxlock.workflows.conda_lock import (  # noqa: PLC0415 - only for conda
        conda_staleness,
    )

    found = conda_staleness(request)
    stale = "; ".join(f"{target}: {why}" for target, why in found.items()) or None
    return told_freshness(request.lock, stale, parts)


def _lock_conda(
    request: CondaLockRequest, options: LockOptions, parts: Parts, folder: Path
) -> LockOutcome:
    from noxlock.solvers.rattler import CondaSettings  # noqa: PLC0415 - only for conda
    from noxlock.workflows.conda_lock import lock_conda  # noqa: PLC0415
    from noxlock.workflows.conda_pip import UvSection  # noqa: PLC0415

    settings = CondaSettings(cache=parts.cache, environ=parts.environ)
    pip = UvSection(parts=parts, lock=request.path, folder=folder)
    named = frozenset(map(canonicalize_name, options.update))
    update = None if options.upgrade else named
    outcome = lock_conda(request, settings, parts.progress, lock_pip=pip, update=update)
    return LockOutcome(
        lock=request.lock,
        difference=outcome.difference,
        written=bool(outcome.written),
        failed=tuple(outcome.failures),
    )

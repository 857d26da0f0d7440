"""Regenerate every declared lock, or check that they are fresh."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from packaging.utils import canonicalize_name

from noxlock.definitions import LockKind, kind_of_lock
from noxlock.errors import DefinitionError, NoxlockError, SolveError, nearest
from noxlock.workflows.staleness import conda_request
from noxlock.workflows.tool_lock import (
    LockOptions,
    LockOutcome,
    ToolTask,
    check_lock,
    make_lock,
    replace_lock,
    told_freshness,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.workflows.conda_lock import CondaLockRequest
    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project

__all__ = [
    "LockOptions",
    "LockOutcome",
    "parse_options",
    "replace_lock",
    "run_lock",
]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise DefinitionError(
            message,
            key="lock",
            hint="known are `-- --check`, `-- --update NAME` and `-- --upgrade`",
        )


def parse_options(posargs: Sequence[str]) -> LockOptions:
    """Return what follows `--` on nox's command line.

    Raises:
        DefinitionError: An option is not known, or excludes another.
    """
    parser = _Parser(prog="nox -s lock --", add_help=False, allow_abbrev=False)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true")
    choice.add_argument("-U", "--upgrade", action="store_true")
    choice.add_argument(
        "-P", "--update", metavar="NAME", action="extend", nargs="+", default=[]
    )
    found = parser.parse_args(posargs)
    return LockOptions(
        check=found.check, upgrade=found.upgrade, update=tuple(found.update)
    )


def run_lock(
    project: Project, options: LockOptions, parts: Parts, *, folder: Path
) -> tuple[LockOutcome, ...]:
    """Regenerate each lock of *project*, or check it, and say what changed.

    A lock is replaced at once, when it is made; one that does not change is not
    touched. A failure leaves it as it was, and the others are made all the same. Conda
    locks are solved while the tools make theirs.

    Args:
        project: Its definitions say which locks there are.
        options: What to do with them.
        parts: The store, the index, the builder.
        folder: Where the environments of the tools go, as `.nox/noxlock`.

    Returns:
        What became of each, in the order of the definitions. A target of a conda lock
        that could not be solved is in `failed`, and has been told.

    Raises:
        SolveError: A lock could not be made; says why in its tool's own words.
        DefinitionError: No tool regenerates a lock of this name.
    """
    locks = project.definitions.locks
    if not locks:
        raise DefinitionError(
            "no lock is declared",
            key="locks",
            hint="declare `poetry.lock: {from: pyproject.toml}` under `locks`",
        )
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
    if options.check:
        return _checked(conda, tools, parts).outcomes(locks)
    if parts.offline:
        raise SolveError(
            "locks cannot be made without an index",
            hint="`nox -s lock -- --check` needs none",
        )
    share = _shares(project, options, [*conda], [*tools])
    return _made(conda, tools, share, parts, folder).outcomes(locks)


def _checked(
    conda: Mapping[str, CondaLockRequest], tools: Mapping[str, ToolTask], parts: Parts
) -> _Attempts:
    attempts = _Attempts()
    for name, request in conda.items():
        attempts.add(name, partial(_check_conda, request, parts))
    for name, task in tools.items():
        attempts.add(name, partial(check_lock, task, parts))
    return attempts


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


def _shares(
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
    update = frozenset(map(canonicalize_name, options.update)) or None
    outcome = lock_conda(request, settings, parts.progress, lock_pip=pip, update=update)
    return LockOutcome(
        lock=request.lock,
        difference=outcome.difference,
        written=bool(outcome.written),
        failed=tuple(outcome.failures),
    )

"""Regenerate every declared lock, or check that they are fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.errors import DefinitionError, SolveError
from noxlock.workflows.lock_options import LockOptions, LockOutcome
from noxlock.workflows.posargs import PosargsParser
from noxlock.workflows.settled import (
    is_known_fresh,
    is_settled,
    remember_fresh,
    remember_settled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.workflows.parts import Parts
    from noxlock.workflows.project import Project

__all__ = ["LockOptions", "LockOutcome", "parse_options", "run_lock"]


def parse_options(posargs: Sequence[str]) -> LockOptions:
    """Return what follows `--` on nox's command line.

    Raises:
        DefinitionError: An option is not known, or excludes another.
    """
    known = "known are `-- --check`, `-- --update NAME` and `-- --upgrade`"
    parser = PosargsParser("lock", known)
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
    locks are solved while the tools make theirs. Without `upgrade` and `update`, what
    is known to come out as it is is not made again.

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
    if options.check:
        found = _known(project, parts)
    elif parts.offline:
        raise SolveError(
            "locks cannot be made without an index",
            hint="`nox -s lock -- --check` needs none",
        )
    else:
        found = {} if options.upgrade or options.update else _settled(project, parts)
    left = [name for name in locks if name not in found]
    for outcome in _rest(project, left, options, parts, folder) if left else ():
        found[outcome.lock] = outcome
    return tuple(found[name] for name in locks)


def _rest(
    project: Project,
    left: Sequence[str],
    options: LockOptions,
    parts: Parts,
    folder: Path,
) -> tuple[LockOutcome, ...]:
    """Make the locks *left*, or check them, and remember what came out well."""
    from noxlock.workflows.locking import (  # noqa: PLC0415 - slow to import
        check_locks,
        make_locks,
    )

    if options.check:
        checked = check_locks(project, left, parts)
        for outcome in checked:
            if outcome.stale is None:
                remember_fresh(project, outcome.lock)
        return checked
    made = make_locks(project, left, options, parts, folder)
    for outcome in made:
        if not outcome.failed:
            remember_settled(project, outcome.lock)
    return made


def _known(project: Project, parts: Parts) -> dict[str, LockOutcome]:
    """Tell of each lock that is known to be fresh."""
    found = {}
    for name in project.definitions.locks:
        if is_known_fresh(project, name):
            parts.progress.say(f"{name} is fresh")
            found[name] = LockOutcome(lock=name)
    return found


def _settled(project: Project, parts: Parts) -> dict[str, LockOutcome]:
    """Tell of each lock that would come out as it is."""
    found = {}
    for name in project.definitions.locks:
        if is_settled(project, name):
            parts.progress.say(
                f"{name} is up to date: nothing it is made from has changed"
                " (`-- --upgrade` looks for newer releases)"
            )
            found[name] = LockOutcome(lock=name)
    return found

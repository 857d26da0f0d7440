"""Hold locks against each other: files, git revisions, or all of a project's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import structs

from noxlock.errors import CompareError, DefinitionError, nearest
from noxlock.locks.difference import difference
from noxlock.model import Lock
from noxlock.workflows.diff.narrowing import (
    NotForTargetError,
    Wanted,
    named_by,
    with_roots,
)
from noxlock.workflows.diff.places import LockAt, Places, WorkTree
from noxlock.workflows.revisions import Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import CondaLock, LockDefinition, LockDifference
    from noxlock.workflows.project import Project

__all__ = ["DiffRequest", "Wanted", "diff_locks"]

_DEFAULT: Final = "poetry.lock"
_HEAD: Final = "HEAD"
_NAME_TWO: Final = "name two locks: `noxlock diff OLD NEW`"


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffRequest:
    """What is to be held against what, as the user named it."""

    root: Path
    """The project's folder, whether or not there is a project."""
    old: str | None = None
    new: str | None = None
    locks: tuple[str, ...] = ()
    """Of all that the project declares, only these."""
    environment: str | None = None
    """Only what is of this environment."""
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    name: str
    old: LockAt
    new: LockAt
    definition: LockDefinition | None = None


def diff_locks(
    request: DiffRequest,
    open_project: Callable[[], Project],
    environ: Mapping[str, str],
    warn: Callable[[str], None],
) -> tuple[LockDifference, ...]:
    """Return what changed, lock by lock.

    Args:
        request: Two locks; or two revisions, the new one being the work tree where it
            is left out and the old one HEAD, and then each lock of the project. A
            revision beside a lock is the same file in it.
        open_project: Called where the project's definitions matter.
        environ: Variables that git is run with.
        warn: Told which of the project's locks is left out, and why.

    Raises:
        CompareError: There is no such file, revision, or file in it.
        LockError: A lock is not what its format demands.
        DefinitionError, PlanError: What is asked about is not known.
    """
    with Places(request.root, environ) as places:
        old, new = _sides(request, places)
        if not isinstance(old, LockAt) and not isinstance(new, LockAt):
            pairs, wanted = _declared(request, open_project(), old, new)
            return _each(pairs, wanted, warn)
        if request.locks or request.environment:
            raise DefinitionError(
                "a lock is named already",
                hint="--lock and --environment choose among the declared ones",
            )
        return (_compared(_pair(old, new, places), request.wanted),)


def _sides(
    request: DiffRequest, places: Places
) -> tuple[Revision | LockAt, Revision | LockAt | WorkTree]:
    if request.old is None:
        return _head(places), places.work_tree
    old = places.find(request.old)
    if request.new is not None:
        return old, places.find(request.new)
    if isinstance(old, LockAt) and isinstance(old.files, WorkTree):
        return _head(places), old
    return old, places.work_tree


def _head(places: Places) -> Revision:
    try:
        return places.revision(_HEAD)
    except CompareError as error:
        error.hint = _NAME_TWO
        raise


def _pair(
    old: Revision | LockAt, new: Revision | LockAt | WorkTree, places: Places
) -> _Pair:
    """Return both locks; what is none is where the other one's like is."""
    if isinstance(old, Revision):
        assert isinstance(new, LockAt)  # noqa: S101 - one of them is
        old = places.in_revision(new, old)
    elif isinstance(new, Revision):
        new = places.in_revision(old, new)
    elif isinstance(new, WorkTree):
        new = places.in_work_tree(old)
    ours, theirs = (each.path.removeprefix("./") for each in (old, new))
    name = theirs if ours == theirs else f"{old.said} -> {new.said}"
    return _Pair(name=name, old=old, new=new)


def _declared(
    request: DiffRequest,
    project: Project,
    old: Revision | WorkTree,
    new: Revision | WorkTree,
) -> tuple[list[_Pair], Wanted]:
    """Return the locks that the project declares or uses, as far as they are wanted."""
    wanted, declared = request.wanted, project.definitions
    used = [name for each in declared.environments.values() for name in each.locks]
    names: Sequence[str] = list(dict.fromkeys([*declared.locks, *used]))
    if not names and (project.root / _DEFAULT).is_file():
        names = [_DEFAULT]
    if not names:
        what = "no lock is declared, and there is no poetry.lock"
        raise DefinitionError(what, file=str(project.root), hint=_NAME_TWO)
    if request.environment is not None:
        environment = project.environment(request.environment)
        names, wanted = environment.locks, wanted.in_environment(environment)
    for name in request.locks:
        if name not in names:
            what = f"unknown lock `{name}`; known: {', '.join(names) or 'none'}"
            raise DefinitionError(what, hint=nearest(name, names))
    pairs = [
        _Pair(
            name=name,
            old=LockAt(old, f"./{name}"),
            new=LockAt(new, f"./{name}"),
            definition=declared.locks.get(name),
        )
        for name in names
        if not request.locks or name in request.locks
    ]
    return pairs, wanted


def _each(
    pairs: Sequence[_Pair], wanted: Wanted, warn: Callable[[str], None]
) -> tuple[LockDifference, ...]:
    """Compare what can be; raise where that is none."""
    found: list[LockDifference] = []
    left_out: list[CompareError | NotForTargetError] = []
    for pair in pairs:
        try:
            found.append(_compared(pair, wanted))
        except (_NowhereError, NotForTargetError) as error:
            left_out.append(error)
    if not found and left_out:
        raise left_out[0]
    for each in left_out:
        warn(str(each))
    return tuple(found)


class _NowhereError(CompareError):
    """A lock is on neither side."""


def _compared(pair: _Pair, wanted: Wanted) -> LockDifference:
    before, after = pair.old.data(), pair.new.data()
    if before is None and after is None:
        sides = (each.files.name for each in (pair.old, pair.new))
        what = "it is neither in {} nor in {}".format(*sides)
        raise _NowhereError(what, file=pair.name)
    new = None if after is None else _parsed(pair.new, after, pair.definition)
    if before is not None and before == after and pair.old.path == pair.new.path:
        old = new
    else:
        old = None if before is None else _parsed(pair.old, before, pair.definition)
    groups = wanted.groups_of(old, new)
    found = difference(*wanted.on_target(old, new), groups=groups)
    return structs.replace(
        found,
        lock=pair.name,
        old=None if before is None else pair.old.said,
        new=None if after is None else pair.new.said,
    )


def _parsed(
    at: LockAt, data: bytes, definition: LockDefinition | None
) -> Lock | CondaLock:
    lock = at.parsed(data)
    if isinstance(lock, Lock):
        return lock
    if definition is None:
        return with_roots(lock, lock.sources, at.beside)
    sources = [f"./{source}" for source in definition.sources]
    return with_roots(named_by(lock, definition.targets), sources, at.files.read)

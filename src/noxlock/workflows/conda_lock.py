"""Lock conda packages: solve every target, and write what was solved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Protocol

from noxlock.errors import SolveError
from noxlock.locks.conda_lock_writer import (
    LockText,
    conda_rows,
    explicit_text,
    lock_text,
    pip_rows,
)
from noxlock.locks.difference import difference
from noxlock.solvers.rattler import CondaTask, solve_conda
from noxlock.workflows._conda_old import (
    OldLock,
    parse_old,
    read_old,
    told_of,
    with_old_urls,
)
from noxlock.workflows._conda_sources import CondaLockRequest, read_sources
from noxlock.workflows.lock_files import bytes_of
from noxlock.workflows.tool_lock import replace_lock, tell_difference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from noxlock.locks.conda_lock_writer import PipRow
    from noxlock.locks.environment_yml import Wanted
    from noxlock.locks.virtual_packages import VirtualPackages
    from noxlock.model import CondaPackage, LockDifference
    from noxlock.report.progress import Progress
    from noxlock.solvers.rattler import CondaSettings
from noxlock.workflows._conda_sources import CondaSources, CondaTarget

__all__ = [
    "CondaLockOutcome",
    "CondaLockRequest",
    "LockPip",
    "conda_staleness",
    "lock_conda",
]


_INPUT: Final = re.compile(rb"^# input_hash: (\w+)$", re.MULTILINE)


class LockPip(Protocol):
    """Pins the `pip:` section of one target."""

    def __call__(
        self,
        wanted: Wanted,
        packages: tuple[CondaPackage, ...],
        virtual: VirtualPackages,
        newest: datetime | None,
        /,
    ) -> tuple[PipRow, ...]:
        """Return the pins, given what conda provides there; or raise `SolveError`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaLockOutcome:
    """What became of one conda lock."""

    lock: str
    written: tuple[str, ...] = ()
    """Files that changed, relative to the project."""
    failures: Mapping[str, SolveError]
    """Why a target could not be locked; its old rows are kept."""
    difference: LockDifference | None = None
    """What changed; None where nothing was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Locked:
    target: CondaTarget
    packages: tuple[CondaPackage, ...]
    pip: tuple[PipRow, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        platform = str(self.target.subdir)
        return [*conda_rows(self.packages, platform), *pip_rows(self.pip, platform)]


def lock_conda(  # noqa: PLR0913 - how channels are reached, and what is kept or held
    request: CondaLockRequest,
    settings: CondaSettings,
    progress: Progress,
    *,
    lock_pip: LockPip | None = None,
    update: Collection[str] | None = None,
    hold: Sequence[str] = (),
) -> CondaLockOutcome:
    """Solve all targets of one lock at once, and write it.

    A target that cannot be solved keeps its old rows; the others are written. What
    does not change is not touched. Each file is replaced at once.

    Args:
        request: The lock.
        settings: How channels are reached.
        progress: Told what is done.
        lock_pip: Pins a `pip:` section; called only where there is one.
        update: Names of conda packages; the pins of all others are kept where they fit.
            None: everything is solved anew.
        hold: Match specs, `scipy <1.15.0`, that hold wherever their package is taken.

    Raises:
        DefinitionError: The definition is not valid.
        SolveError: A source is not valid, or a file cannot be written.
    """
    sources = read_sources(request)
    for note in dict.fromkeys(n for t in sources.targets for n in t.wanted.notes):
        progress.warn(note)
    old = read_old(request.path, request.lock, progress)
    tasks = [replace(task, hold=hold) for task in _tasks(sources, old, update)]
    title = f"rattler: solving {request.lock}"
    with progress.task(title, total=len(tasks), unit="targets") as step:
        results = solve_conda(tasks, settings, step.advance)
    locked, failures = _sorted(sources, results)
    for name in [name for name, done in locked.items() if done.target.wanted.pip]:
        try:
            pinned = _pinned(locked[name], lock_pip, sources.exclude_newer)
            locked[name] = replace(locked[name], pip=pinned)
        except SolveError as error:
            failures[name] = error
            del locked[name]
    outcome = CondaLockOutcome(lock=request.lock, failures=failures)
    if locked:
        outcome = _write(request, sources, locked, old, outcome)
    _tell(outcome, progress)
    return outcome


def conda_staleness(request: CondaLockRequest) -> dict[str, str]:
    """Return why each target is stale; empty where all are fresh. Nothing is solved.

    Not checked: whether channels have newer packages, and `exclude-newer`, which no
    hash covers.

    Raises:
        DefinitionError, SolveError: The definition or a source is not valid.
    """
    sources = read_sources(request)
    data = bytes_of(request.path)
    if data is None:
        return dict.fromkeys((t.name for t in sources.targets), "there is no such lock")
    hashes = parse_old(data).hashes
    found: dict[str, str] = {}
    for target in sources.targets:
        digest = hashes.get(str(target.subdir))
        if digest is None:
            found[target.name] = "it is not in the lock"
        elif digest != target.hash:
            found[target.name] = (
                f"{', '.join(request.sources)} or its virtual packages changed since"
            )
        elif request.explicit and (why := _stale_explicit(request, target)):
            found[target.name] = why
    return found


def _stale_explicit(request: CondaLockRequest, target: CondaTarget) -> str | None:
    name = _explicit_name(target)
    data = bytes_of(request.path.with_name(name))
    if data is None:
        return f"there is no {name}"
    found = _INPUT.search(data)
    if found is None or found[1].decode() != target.hash:
        return f"{name} is older than the lock"
    return None


def _tasks(
    sources: CondaSources, old: OldLock, update: Collection[str] | None
) -> list[CondaTask]:
    return [
        CondaTask(
            wanted=target.wanted,
            virtual=target.virtual,
            exclude_newer=sources.exclude_newer,
            kept={} if update is None else old.pins(str(target.subdir), update),
        )
        for target in sources.targets
    ]


def _sorted(
    sources: CondaSources, results: list[tuple[CondaPackage, ...] | SolveError]
) -> tuple[dict[str, _Locked], dict[str, SolveError]]:
    locked: dict[str, _Locked] = {}
    failures: dict[str, SolveError] = {}
    for target, result in zip(sources.targets, results, strict=True):
        if isinstance(result, SolveError):
            failures[target.name] = result
        else:
            locked[target.name] = _Locked(target=target, packages=result)
    return locked, failures


def _pinned(
    done: _Locked, lock_pip: LockPip | None, newest: datetime | None
) -> tuple[PipRow, ...]:
    wanted = done.target.wanted
    first = wanted.pip[0]
    if not any(package.name == "python" for package in done.packages):
        raise SolveError(
            "a `pip:` section, but no python among the dependencies",
            file=first.file,
            line=first.line,
            hint="add `python=3.11` to the dependencies",
        )
    if lock_pip is None:
        raise SolveError(
            "the `pip:` section cannot be locked here",
            file=first.file,
            line=first.line,
        )
    return lock_pip(wanted, done.packages, done.target.virtual, newest)


def _write(
    request: CondaLockRequest,
    sources: CondaSources,
    locked: Mapping[str, _Locked],
    old: OldLock,
    outcome: CondaLockOutcome,
) -> CondaLockOutcome:
    rows: list[dict[str, Any]] = []
    hashes: dict[str, str] = {}
    for target in sources.targets:
        platform = str(target.subdir)
        before = old.of(platform)
        if target.name in locked:
            after = with_old_urls(locked[target.name].rows, before)
            rows += after
            hashes[platform] = target.hash
        elif platform in old.hashes:
            rows += before
            hashes[platform] = old.hashes[platform]
    name = PurePath(request.lock).name
    text = LockText(
        name=name,
        sources=sources.files,
        channels=sources.channels,
        hashes=hashes,
        rows=rows,
    )
    files = {request.lock: lock_text(text)}
    if request.explicit:
        for each in locked.values():
            file = PurePath(request.lock).with_name(_explicit_name(each.target))
            files[file.as_posix()] = explicit_text(
                each.packages, each.pip, str(each.target.subdir), each.target.hash
            )
    older = bytes_of(request.path)
    written = tuple(n for n, data in files.items() if _replace(request, n, data))
    if not written:
        return outcome
    found = difference(
        *(told_of(request.lock, data, sources) for data in (older, files[request.lock]))
    )
    return replace(outcome, written=written, difference=found)


def _replace(request: CondaLockRequest, name: str, data: bytes) -> bool:
    path = request.root / name
    if bytes_of(path) == data:
        return False
    try:
        replace_lock(path, data)
    except OSError as error:
        raise SolveError(f"cannot be written: {error}", file=name) from error
    return True


def _explicit_name(target: CondaTarget) -> str:
    return f"conda-{target.name}.lock"


def _tell(outcome: CondaLockOutcome, progress: Progress) -> None:
    for name, error in outcome.failures.items():
        where = f"{error.where}: " if error.where else ""
        progress.warn(f"{outcome.lock}: {name} is not locked: {where}{error.what}")
        if error.hint:
            progress.warn(f"  hint: {error.hint}")
    if outcome.difference is not None:
        tell_difference(", ".join(outcome.written), outcome.difference, progress)
    elif not outcome.failures:
        progress.say(f"{outcome.lock} is up to date")

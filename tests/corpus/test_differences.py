"""Real locks against each other: what changed adds up, and back it is the reverse."""

from __future__ import annotations

from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import LockError
from noxlock.locks import is_conda_lock, parse_conda_lock, parse_lock
from noxlock.locks.difference import difference
from noxlock.model import ChangeKind, Lock
from support.oracles import CORPUS, folders

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import CondaLock, LockDifference

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus here"),
]

REVERSE = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.REMOVED: ChangeKind.ADDED,
    ChangeKind.UPGRADED: ChangeKind.DOWNGRADED,
    ChangeKind.DOWNGRADED: ChangeKind.UPGRADED,
    ChangeKind.REBUILT: ChangeKind.REBUILT,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
}
NAMES = {
    "poetry": ["poetry.lock"],
    "pylock": ["pylock*.toml"],
    "requirements": ["*.txt"],
    "conda-lock": ["*conda-lock*.y*ml"],
    "pixi": ["pixi.lock"],
    "explicit": ["*.lock"],
}


def locks(kind: str) -> list[Path]:
    """Return the locks of one kind, those of one project side by side."""
    found = chain.from_iterable(
        sorted(folder.glob(pattern))
        for folder in folders(kind)
        for pattern in NAMES[kind]
    )
    return [path for path in found if not path.name.startswith("oracle")]


@cache
def read(path: Path) -> Lock | CondaLock | None:
    """Return what a lock says; None where it is one that is refused."""
    data = path.read_bytes()

    def beside(name: str) -> bytes | None:
        other = path.parent / name
        return other.read_bytes() if other.is_file() else None

    try:
        if is_conda_lock(path.name, data):
            return parse_conda_lock(path.name, data)
        return parse_lock(path.name, data, beside=beside)
    except LockError:
        return None


def names(lock: Lock | CondaLock, targets: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return layer and name of what a lock holds for *targets*."""
    if isinstance(lock, Lock):
        return {("pypi", package.name) for package in lock.packages}
    platforms = [each for each in lock.platforms if each.name in targets]
    conda = {("conda", one.name) for each in platforms for one in each.packages}
    return conda | {("pypi", one.name) for each in platforms for one in each.pypi}


def kinds(found: LockDifference) -> set[tuple[str, str, ChangeKind]]:
    """Return what happened to each package."""
    return {(c.layer, c.name, c.kind) for c in found.changes}


@pytest.mark.parametrize("kind", NAMES)
def test_what_changed_and_what_did_not_is_all_there_is(kind: str) -> None:
    pairs = 0
    for one, other in pairwise(locks(kind)):
        old, new = read(one), read(other)
        if old is None or new is None:
            continue
        pairs += 1
        there, back = difference(old, new), difference(new, old)
        changed = {(c.layer, c.name) for c in there.changes}
        held = names(old, there.targets) | names(new, there.targets)
        assert changed <= held, (one, other)
        assert len(changed) + there.unchanged == len(held), (one, other)
        for change in there.changes:
            assert change.path == () or change.path[-1] == change.name
            assert not change.direct or change.path == (change.name,)
        reverse = {(*key, REVERSE[found]) for *key, found in kinds(back)}
        assert kinds(there) == reverse, (one, other)
    assert pairs


@pytest.mark.parametrize("kind", NAMES)
def test_a_lock_does_not_differ_from_itself(kind: str) -> None:
    for path in locks(kind):
        if (lock := read(path)) is not None:
            assert difference(lock, lock).is_empty, path

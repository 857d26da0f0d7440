"""Whatever two locks hold, what changed adds up, and back it is the reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.locks.difference import difference
from noxlock.model import ByGroup, ChangeKind
from noxlock.report.changes import change_lines
from noxlock.report.changes_markdown import changes_markdown
from support.locks import MAIN, edge, group_lock, package, wanted

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from noxlock.model import Lock

NAMES = ("a", "b", "c", "d|e", "f")
FORTH_AND_BACK = {
    "added": "removed",
    "removed": "added",
    "upgraded": "downgraded",
    "downgraded": "upgraded",
}


@st.composite
def locks(draw: DrawFn) -> Lock:
    """Return a lock of a few packages that require any others, themselves too."""
    some = st.lists(st.sampled_from(NAMES), unique=True)
    packages = []
    for name in draw(some):
        for version in draw(
            st.lists(
                st.sampled_from(["1.0", "1.0.0", "2.0rc1", "2.0"]),
                min_size=1,
                unique=True,
            )
        ):
            groups = draw(st.sampled_from([{"main": None}, {"test": None}]))
            packages.append(
                package(f"{name}=={version}", *draw(some), wanted_by=wanted(**groups))
            )
    roots = {MAIN: tuple(map(edge, draw(some)))}
    return group_lock(packages, selection=ByGroup(roots=roots))


@settings(deadline=None)
@given(locks(), locks())
def test_changes_add_up_and_reverse(old: Lock, new: Lock) -> None:
    there, back = difference(old, new), difference(new, old)
    held = {each.name for lock in (old, new) for each in lock.packages}
    assert len(there.changes) + there.unchanged == len(held)
    kinds = {change.name: change.kind for change in back.changes}
    for change in there.changes:
        assert kinds[change.name] == FORTH_AND_BACK.get(change.kind, change.kind)
        assert (change.old is None) == (change.kind is ChangeKind.ADDED)
        assert change.path == () or change.path[-1] == change.name
        assert len(set(change.path)) == len(change.path)
    assert len(change_lines(there)) == len(there.changes) + len(there.notes)
    assert changes_markdown([there]).count("\n| ") >= len(there.changes)


@settings(deadline=None)
@given(locks())
def test_a_lock_does_not_differ_from_itself_nor_from_its_shuffle(lock: Lock) -> None:
    assert difference(lock, lock).is_empty
    turned = group_lock(reversed(lock.packages), selection=lock.selection)
    assert difference(lock, turned).is_empty

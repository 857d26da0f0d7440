"""Two records, and two texts, side by side."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from noxlock.model import Resources
from noxlock.report._facts import Line, Piece, facts, packages, side_by_side
from support.reports import full_record, package


def said(line: Line) -> tuple[str, str, str]:
    return (
        line.kind,
        "".join(piece.text for piece in line.old),
        "".join(piece.text for piece in line.new),
    )


def test_what_was_removed_stands_beside_what_came_in_its_place() -> None:
    rows = side_by_side(
        ["@@ 3 @@", "  a", "- b1", "- b2", "+ c1", "- d", "+ e", "+ f", "  g", "- h"]
    )
    assert [said(row) for row in rows] == [
        ("place", "@@ 3 @@", "@@ 3 @@"),
        ("same", "a", "a"),
        ("change", "b1", "c1"),
        ("change", "b2", ""),
        ("change", "d", "e"),
        ("change", "", "f"),
        ("same", "g", "g"),
        ("change", "h", ""),
    ]
    assert side_by_side([]) == []


def test_a_unified_diff_keeps_the_indentation_of_its_lines() -> None:
    rows = side_by_side(["@@ -1,2 +1,2 @@", "   a", "-  b", "+  c"])
    assert [said(row)[1] for row in rows] == ["@@ -1,2 +1,2 @@", "  a", "  b"]


def test_what_differs_within_a_line_is_marked() -> None:
    (row,) = side_by_side(["- loss 0.31 ok", "+ loss 0.42 ok"])
    assert row.old == (Piece("loss 0."), Piece("31", changed=True), Piece(" ok"))
    assert row.new == (Piece("loss 0."), Piece("42", changed=True), Piece(" ok"))


@given(st.text(alphabet="ab", max_size=6), st.text(alphabet="ab", max_size=6))
def test_marking_never_changes_a_line(old: str, new: str) -> None:
    (row,) = side_by_side([f"- {old}", f"+ {new}"])
    assert said(row) == ("change", old, new)


def test_facts_of_two_records_are_rows_with_what_changed() -> None:
    old = full_record(package("a", "1"))
    new = msgspec.structs.replace(old, machine={"cpu": "another", "gpu": "one"})
    (table,) = [each for each in facts(old, new) if each.title == "Machine"]
    assert [(row.name, row.old, row.new, row.changed) for row in table.rows] == [
        ("cpu", "AMD EPYC", "another", True),
        ("cores", "2", "", True),
        ("libc", "glibc 2.36", "", True),
        ("gpu", "", "one", True),
    ]
    assert all(not each.changed for each in facts(None, new))
    assert [each.title for each in facts(None, full_record(inputs={}))] == [
        "Run",
        "Locks",
        "Interpreter",
        "Machine",
        "Profile",
        "In effect",
        "Output digests",
    ]


def test_packages_that_changed_come_first_then_those_that_were_loaded() -> None:
    old = full_record(package("b", "1"), package("a", "1"), package("numpy", "2"))
    new = full_record(
        package("b", "1"),
        package("numpy", "2"),
        package("z", "3", built=True),
        msgspec.structs.replace(package("b", "2"), kind="conda", sha256=None),
    )
    rows = packages(old, new).rows
    assert [(row.name, row.old, row.new, row.loaded) for row in rows] == [
        ("a", "1 wheel 111111111111", "", False),
        ("b", "1 wheel 111111111111", "1 wheel 111111111111, 2 conda", False),
        ("z", "", "3 wheel built here", False),
        ("numpy", "2 wheel 111111111111", "2 wheel 111111111111", True),
    ]
    assert packages(None, new).changed == 0


def test_when_a_run_started_and_what_came_of_it_is_no_change() -> None:
    old = full_record()
    new = full_record(
        created="2026-11-21T02:00:00Z",
        resources=Resources(seconds=2),
        outputs={"weights.npy": "d" * 64},
    )
    tables = facts(old, new)
    assert [each.title for each in tables if each.changed] == ["Output digests"]
    assert [each.title for each in tables if each.results] == ["Output digests"]

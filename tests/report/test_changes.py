"""What changed between locks, for people and for pull requests."""

from __future__ import annotations

import io

import pytest

from noxlock.model import ChangeKind, Layer, LockChange, LockDifference, PinnedAs
from noxlock.report.changes import summary, total, write_changes
from noxlock.report.changes_markdown import changes_markdown


def change(
    name: str,
    kind: ChangeKind = ChangeKind.UPGRADED,
    versions: tuple[str, str] = ("1.0", "2.0"),
    layer: Layer = Layer.PYPI,
    **facts: object,
) -> LockChange:
    old, new = (PinnedAs(versions=(each,)) if each else None for each in versions)
    fields = {"groups": ("main",), "direct": True, "path": (name,)}
    return LockChange(
        **{
            **fields,
            "name": name,
            "kind": kind,
            "layer": layer,
            "old": old,
            "new": new,
            **facts,
        }  # type: ignore[arg-type]
    )


def lock(*changes: LockChange, **facts: object) -> LockDifference:
    given = {"lock": "poetry.lock", "changes": changes, "unchanged": 52}
    return LockDifference(**{**given, **facts})  # type: ignore[arg-type]


def text(*differences: LockDifference, **environ: str) -> str:
    stream = io.StringIO()
    write_changes(differences, stream, environ)
    return stream.getvalue()


SCIPY = change("scipy", direct=False, path=("scikit-learn", "scipy"))
REBUILT = change(
    "torch",
    ChangeKind.REBUILT,
    ("2.5.1", "2.5.1"),
    groups=("main", "test"),
    details=("files: 1 added, 1 removed",),
)


def test_columns_are_aligned_and_the_summary_comes_first() -> None:
    gone = change("six", ChangeKind.REMOVED, ("1.16", ""), direct=None, path=())
    assert text(lock(REBUILT, SCIPY, gone)) == (
        "poetry.lock: 1 upgraded, 1 removed, 1 rebuilt; 52 unchanged\n"
        "  rebuilt   torch  2.5.1       main, test  direct; files: 1 added, 1 removed\n"
        "  upgraded  scipy  1.0 -> 2.0  main        scikit-learn -> scipy\n"
        "  removed   six    1.16        main\n"
    )


def test_what_did_not_change_is_one_line() -> None:
    assert text(lock()) == "poetry.lock: no changes; 52 unchanged\n"
    noted = lock(notes=("python >=3.10 -> >=3.11",))
    assert text(noted) == (
        "poetry.lock: its packages are the same; 52 unchanged\n"
        "  python >=3.10 -> >=3.11\n"
    )
    assert total([lock(), noted]) == ""


def test_targets_are_said_where_there_are_several() -> None:
    both = ("linux-64", "osx-arm64")
    one = change("a", layer=Layer.CONDA, targets=("linux-64",))
    two = change("b", targets=both)
    lines = text(lock(one, two, targets=both, added_targets=("win-64",))).splitlines()
    assert lines[1] == "  target added, with all of it: win-64"
    assert [line.split(maxsplit=6)[1:] for line in lines[2:]] == [
        ["a", "1.0", "->", "2.0", "main", "linux-64             direct"],
        ["b", "(pypi)", "1.0", "->", "2.0", "main  linux-64, osx-arm64  direct"],
    ]
    assert "linux-64" not in text(lock(one, targets=("linux-64",)))
    many = tuple(f"t{number}" for number in range(5))
    assert "all 5 targets" in text(lock(change("a", targets=many), targets=many))
    lost = text(lock(removed_targets=("a", "b")))
    assert "  targets removed, with all of it: a, b\n" in lost


def test_colour_is_for_those_who_ask_for_it() -> None:
    coloured = text(lock(SCIPY, notes=("x",)), FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[36mupgraded\x1b[0m" in coloured
    assert "\x1b" not in text(lock(SCIPY), NO_COLOR="1")
    assert "\x1b[3" not in text(lock(SCIPY), FORCE_COLOR="1", NO_COLOR="1")


def test_controls_of_a_lock_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in text(lock(change("a\x1b[2J"), lock="x\x1b"))


def test_counts_are_of_packages() -> None:
    twice = [change("a", targets=(target,)) for target in ("linux-64", "osx-64")]
    assert summary(lock(*twice)) == "1 upgraded; 52 unchanged"
    assert total([lock(*twice), lock(SCIPY, REBUILT)]) == "2 upgraded, 1 rebuilt"


def test_markdown_has_a_title_and_a_table_without_idle_columns() -> None:
    assert changes_markdown([lock(REBUILT, SCIPY, notes=("python a -> b",))]) == (
        "## Locks: 1 upgraded, 1 rebuilt\n"
        "\n"
        "### poetry.lock: 1 upgraded, 1 rebuilt; 52 unchanged\n"
        "\n"
        "- python a -\\> b\n"
        "\n"
        "| package | change | old | new | groups | why | more |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| torch | rebuilt | 2.5.1 | 2.5.1 | main, test | direct"
        " | files\\: 1 added, 1 removed |\n"
        "| scipy | upgraded | 1.0 | 2.0 | main | scikit-learn → scipy |  |\n"
    )


def test_pipes_and_tags_are_escaped() -> None:
    evil = change("a|b", details=("marker <b> | `c`",))
    row = changes_markdown([lock(evil)]).splitlines()[-1]
    assert row.count(" | ") == 6
    assert "a\\|b" in row
    assert "\\<b\\> \\| \\`c\\`" in row


def test_nothing_is_said_in_markdown_too() -> None:
    assert changes_markdown([lock()]) == (
        "## Locks: no package changed\n\n### poetry.lock: no changes; 52 unchanged\n"
    )


@pytest.mark.parametrize(
    ("direct", "words"), [(3, "transitive changes"), (30, "changes")]
)
def test_a_long_table_is_folded(direct: int, words: str) -> None:
    asked = [change(f"d{number}") for number in range(direct)]
    others = [change(f"t{number}", direct=False) for number in range(250)]
    lines = changes_markdown([lock(*asked, *others)]).splitlines()
    folded = 250 + (direct if direct > 20 else 0)
    at = lines.index(f"<details><summary>{folded} {words}</summary>")
    assert lines[at + 1] == ""
    assert sum(line.startswith("| d") for line in lines[:at]) == (
        3 if direct == 3 else 0
    )
    assert f"and {folded - 200} more" in lines
    assert lines[-1] == "</details>"

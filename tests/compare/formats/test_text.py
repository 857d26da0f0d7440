"""Text by line, numbers inside lines by tolerance, anything else by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import compare_output
from noxlock.model import (
    Difference,
    Distribution,
    OutputReport,
    Place,
    Tolerance,
    Verdict,
)

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()
LOOSE = Tolerance(atol=0.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text")


def difference(report: OutputReport) -> Difference:
    assert report.difference is not None
    return report.difference


def compare(
    folder: Path, actual: bytes, baseline: bytes, tolerance: Tolerance = EXACT
) -> OutputReport:
    (folder / "actual.log").write_bytes(actual)
    (folder / "baseline.log").write_bytes(baseline)
    return compare_output(folder / "baseline.log", folder / "actual.log", tolerance)


@pytest.mark.parametrize(
    ("actual", "baseline", "tolerance", "verdict"),
    [
        ("a\n", "a\n", EXACT, Verdict.IDENTICAL),
        ("loss 1.25", "loss 1.5", EXACT, Verdict.DRIFTED),
        ("loss 1.25", "loss 1.5", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("loss 1.25", "loss 2.5", LOOSE, Verdict.DRIFTED),
        ("loss 1.0", "loss 1", LOOSE, Verdict.IDENTICAL),
        ("loss 1.0", "loss 1", EXACT, Verdict.DRIFTED),
        ("took 1.5s, -2e-3", "took 1.25s, -1e-3", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("x1", "x2", Tolerance(atol=9), Verdict.DRIFTED),
        ("v1.2.3", "v1.2.4", Tolerance(atol=9), Verdict.DRIFTED),
        ("1.2.3", "1.2.4", Tolerance(atol=9), Verdict.DRIFTED),
        ("a 1", "b 1", Tolerance(atol=9), Verdict.DRIFTED),
        ("1 2", "1", Tolerance(atol=9), Verdict.DRIFTED),
        (f"{2**70}", f"{2**70 + 2}", Tolerance(atol=1), Verdict.DRIFTED),
        ("1" * 5000 + " 1", "1" * 5000 + " 1.5", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("1" * 5000, "1" * 4999 + "2", LOOSE, Verdict.DRIFTED),
        ("1e400", "1e500", LOOSE, Verdict.DRIFTED),
        ("nan", "1", Tolerance(atol=9), Verdict.DRIFTED),
        ("on 2020-01-01", "on 2020-01-02", Tolerance(atol=9), Verdict.DRIFTED),
        ("2020/1/3, x", "2021/1/3, x", Tolerance(atol=9), Verdict.DRIFTED),
        ("12:30:45.5", "12:30:46.5", Tolerance(atol=9), Verdict.DRIFTED),
        (
            "2020-01-01T01:02:03+01:00 a",
            "2020-01-01T01:02:03+02:00 a",
            Tolerance(atol=9),
            Verdict.DRIFTED,
        ),
        ("step 3/10", "step 4/10", Tolerance(atol=9), Verdict.DRIFTED),
        (
            "2020-01-01 loss 1.25",
            "2020-01-01 loss 1.5",
            LOOSE,
            Verdict.WITHIN_TOLERANCE,
        ),
        ("(1.5-2.5j)", "(1.25-2.25j)", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("1.-2.j", "1.-2.25j", LOOSE, Verdict.WITHIN_TOLERANCE),
        (
            "a-1, b: 2, c:3/",
            "a-1.25, b: 2.25, c:3.25/",
            LOOSE,
            Verdict.WITHIN_TOLERANCE,
        ),
        ("0:-1", "0:-1.25", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("+1 7:0.53 9:.5", "+1 7:0.55 9:.75", LOOSE, Verdict.WITHIN_TOLERANCE),
        ("+1 7:0.53", "+1 8:0.53", LOOSE, Verdict.DRIFTED),
        ("1e3.5", "1e3.6", Tolerance(atol=9), Verdict.DRIFTED),
    ],
)
def test_lines(
    tmp_path: Path, actual: str, baseline: str, tolerance: Tolerance, verdict: Verdict
) -> None:
    report = compare(tmp_path, actual.encode(), baseline.encode(), tolerance)
    assert report.verdict is verdict


def test_a_difference_has_its_line(tmp_path: Path) -> None:
    baseline = b"line\n" * 11 + b"loss 1.5\n" + b"line\n"
    found = difference(
        compare(tmp_path, baseline.replace(b"1.5", b"3.5"), baseline, LOOSE)
    )
    assert found.first == found.worst
    assert found.first == Place(
        where="line 12",
        baseline="1.5",
        actual="3.5",
        absolute=2.0,
        relative=2.0 / 1.5,
        ulp=5629499534213120,
    )
    assert (found.compared, found.differing, found.violations) == (13, 1, 1)
    words = difference(
        compare(tmp_path, baseline.replace(b"loss", b"gain" * 30), baseline)
    )
    assert words.worst.actual == f"'{('gain' * 30)[:57]}...'"
    assert words.worst.baseline == "'loss 1.5'"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", "line ends: LF became CRLF"),
        (b"a\nb\n", b"a\r\nb\n", "line ends: LF and CRLF mixed became LF"),
        (b"a\nb", b"a\nb\n", "the last line lost its line end"),
        (b"a\nb\n", b"a\nb", "the last line gained its line end"),
        (b"a\n", b"a\nb\nc\n", "3 lines became 1"),
        (b"a\nb\n", b"a\n", "1 line became 2"),
        (b"a\r\nb\n", b"a\nb\r\n", "2 lines changed between CRLF and LF"),
        (
            b"\xef\xbb\xbfa\n",
            b"a\n",
            "encoding: UTF-8 became UTF-8 with a byte order mark",
        ),
        ("a\n".encode("utf-16"), b"a\n", "encoding: UTF-8 became UTF-16"),
    ],
)
def test_other_changes_are_drift_with_a_reason(
    tmp_path: Path, actual: bytes, baseline: bytes, reason: str
) -> None:
    report = compare(tmp_path, actual, baseline, Tolerance(atol=9))
    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)


def test_text_that_is_none_any_more_is_not_comparable(tmp_path: Path) -> None:
    report = compare(tmp_path, "für".encode("latin-1"), "für".encode())
    assert (report.verdict, report.reason) == (
        Verdict.NOT_COMPARABLE,
        "the output is no text, as the other one is: byte 1 is 0xfc, which is no UTF-8",
    )
    assert compare(tmp_path, b"a\0", b"a").reason.endswith("it has a NUL")
    late = b"a" * (1 << 17)
    report = compare(tmp_path, late, late + b"\xff")
    assert report.reason == (
        "the baseline is no text, as the other one is:"
        " byte 131072 is 0xff, which is no UTF-8"
    )
    report = compare(tmp_path, late + b"\xff", late + b"\xfe")
    assert report.reason.startswith("compared by its bytes only")
    report = compare(tmp_path, late + b"\xff", late + b"\xff")
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 131073)


def test_text_with_a_mark_is_read_in_its_encoding(tmp_path: Path) -> None:
    for codec in ("utf-16", "utf-32", "utf-8-sig"):
        report = compare(tmp_path, "ä 2\n".encode(codec), "ä 1\n".encode(codec))
        assert (report.format, report.diff[1:]) == ("text", ("-ä 1", "+ä 2"))
    broken = b"\xff\xfea\0b"
    report = compare(tmp_path, broken, broken)
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 5)


def test_a_line_put_in_at_the_start_shifts_nothing(tmp_path: Path) -> None:
    baseline = "".join(f"epoch {n} loss {n / 7}\n" for n in range(99)).encode()
    report = compare(tmp_path, b"hello\n" + baseline, baseline)
    assert report.reason == "99 lines became 100"
    assert report.diff == (
        "@@ -1,3 +1,4 @@",
        "+hello",
        *(f" epoch {n} loss {n / 7}" for n in range(3)),
    )
    found = difference(report)
    assert (found.differing, found.compared) == (1, 100)
    assert found.first.where == "line 1 of the output"
    assert (found.first.baseline, found.first.actual) == ("no line", "'hello'")
    back = difference(compare(tmp_path, baseline, b"hello\n" + baseline))
    assert back.first.where == "line 1 of the baseline"


def test_a_diff_shows_what_violates_with_lines_around(tmp_path: Path) -> None:
    lines = [f"epoch {n} loss {n}.5" for n in range(40)]
    changed = list(lines)
    changed[5] = "epoch 5 loss 5.625"
    changed[20] = "epoch 20 loss 30.5"
    changed[22:22] = ["new  "]
    report = compare(
        tmp_path, "\n".join(changed).encode(), "\n".join(lines).encode(), LOOSE
    )
    assert report.diff == (
        "@@ -18,8 +18,9 @@",
        " epoch 17 loss 17.5",
        " epoch 18 loss 18.5",
        " epoch 19 loss 19.5",
        "-epoch 20 loss 20.5",
        "+epoch 20 loss 30.5",
        " epoch 21 loss 21.5",
        "+new··",
        " epoch 22 loss 22.5",
        " epoch 23 loss 23.5",
        " epoch 24 loss 24.5",
    )
    found = difference(report)
    assert (found.differing, found.violations) == (3, 2)


def test_lines_after_a_shift_have_both_numbers(tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(20)]
    moved = ["first", *lines]
    moved[15] = "LINE"
    report = compare(tmp_path, "\n".join(moved).encode(), "\n".join(lines).encode())
    assert [line for line in report.diff if line[0] in "+-"] == [
        "+first",
        "-line 14",
        "+LINE",
    ]
    one = compare(
        tmp_path, "\n".join(moved).encode(), "\n".join(["a", *lines[1:]]).encode()
    )
    assert one.difference is not None


def test_a_diff_moves_no_cursor_and_shows_where_long_lines_differ(
    tmp_path: Path,
) -> None:
    baseline, actual = "x" * 500 + "old", "x" * 500 + "\x1b[31mnew\u202e"
    report = compare(tmp_path, actual.encode(), baseline.encode())
    assert report.diff == (
        "@@ -1 +1 @@",
        f"-...{'x' * 40}old",
        f"+...{'x' * 40}\\x1b[31mnew\\u202e",
    )


def test_a_large_block_put_in_is_passed_over(tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(3000)]
    block = [f"block {n}" for n in range(1500)]
    actual = [*lines[:50], *block, *lines[50:]]
    report = compare(tmp_path, "\n".join(actual).encode(), "\n".join(lines).encode())
    found = difference(report)
    assert (found.differing, found.compared) == (1500, 4500)
    assert len(report.diff) == 201
    assert report.diff[0] == "@@ -48,6 +48,1506 @@"
    # 1506 lines, of which 199 stand beneath the header.
    assert report.diff[-1] == "... and 1307 more lines"
    assert report.diff[-1].startswith("... and ")


def test_text_has_no_distribution(tmp_path: Path) -> None:
    noisy = Tolerance(distribution=Distribution(runs=8))
    report = compare(tmp_path, b"1", b"1", noisy)
    assert report.reason == "a `distribution` is declared, which text cannot have"


TEXTS = st.lists(st.sampled_from(["a", "b", "", "x 1", "x 2", "c\r"]), max_size=12)


@given(TEXTS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_two_texts_are_identical_only_where_they_are_the_same(
    folder: Path, actual: list[str], baseline: list[str]
) -> None:
    new, old = ("\n".join(["start", *each]).encode() for each in (actual, baseline))
    report = compare(folder, new, old)
    assert (report.verdict is Verdict.IDENTICAL) == (new == old)
    tolerant = compare(folder, new, old, Tolerance(atol=9))
    ends = [each.replace(b"x 2", b"x 1") for each in (new, old)]
    assert tolerant.verdict.passed == (ends[0] == ends[1])


def applied(diff: tuple[str, ...], old: list[str]) -> list[str]:
    """Return what a unified diff makes of *old*, every range in it checked."""
    found, place = [], 0
    lines = list(diff)
    while lines:
        _, *ranges, _ = lines.pop(0).split()
        starts, counts = [], []
        for each in ranges:
            start, _, count = each[1:].partition(",")
            counts.append(int(count or 1))
            starts.append(int(start) - (counts[-1] > 0))
        body: list[str] = []
        while lines and not lines[0].startswith("@@"):
            body.append(lines.pop(0))
        sides = ["".join(line[0] for line in body if line[0] != sign) for sign in "+-"]
        assert [len(side) for side in sides] == counts
        found += old[place : starts[0]]
        assert len(found) == starts[1]
        assert old[starts[0] : starts[0] + counts[0]] == [
            line[1:] for line in body if line[0] != "+"
        ]
        found += [line[1:] for line in body if line[0] != "-"]
        place = starts[0] + counts[0]
    return found + old[place:]


@given(*[st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40)] * 2)
@settings(max_examples=150, deadline=None)
def test_a_diff_is_one_that_patch_could_apply(
    folder: Path, old: list[str], new: list[str]
) -> None:
    report = compare(folder, "\n".join(new).encode(), "\n".join(old).encode())
    assert applied(report.diff, old) == new

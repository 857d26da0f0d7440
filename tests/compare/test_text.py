"""Text by line, numbers inside lines by tolerance, anything else by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.compare import compare_output
from noxlock.model import Difference, OutputReport, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()
LOOSE = Tolerance(atol=0.5)


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
    ],
)
def test_lines(
    tmp_path: Path, actual: str, baseline: str, tolerance: Tolerance, verdict: Verdict
) -> None:
    report = compare(tmp_path, actual.encode(), baseline.encode(), tolerance)
    assert report.verdict is verdict


def test_a_difference_has_its_line(tmp_path: Path) -> None:
    baseline = b"line\n" * 11 + b"loss 1.5\n" + b"line\n"
    found = compare(tmp_path, baseline.replace(b"1.5", b"3.5"), baseline, LOOSE)
    assert found.difference == Difference(
        absolute=2.0,
        relative=2.0 / 1.5,
        where="line 12",
        actual="3.5",
        baseline="1.5",
        violations=1,
        compared=13,
    )
    words = compare(tmp_path, baseline.replace(b"loss", b"gain" * 30), baseline)
    assert words.difference is not None
    assert words.difference.actual == f"'{('gain' * 30)[:57]}...'"
    assert words.difference.baseline == "'loss 1.5'"


@pytest.mark.parametrize(
    ("actual", "baseline", "reason"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", "line ends: LF became CRLF"),
        (b"a\nb\n", b"a\r\nb\n", "line ends: LF and CRLF mixed became LF"),
        (b"a\nb", b"a\nb\n", "the last line lost its line end"),
        (b"a\nb\n", b"a\nb", "the last line gained its line end"),
        (b"a\n", b"a\nb\nc\n", "3 lines became 1"),
        (b"a\nb\n", b"a\n", "1 lines became 2"),
        (
            b"\xff\x00",
            b"\xff\x00\x00",
            "compared by digest only: 3 bytes became 2 other ones",
        ),
        (b"a\0b", b"a\0c", "compared by digest only: 3 bytes became 3 other ones"),
    ],
)
def test_other_changes_are_drift_with_a_reason(
    tmp_path: Path, actual: bytes, baseline: bytes, reason: str
) -> None:
    report = compare(tmp_path, actual, baseline, Tolerance(atol=9))
    assert (report.verdict, report.reason) == (Verdict.DRIFTED, reason)


def test_unknown_bytes_are_compared_by_digest(tmp_path: Path) -> None:
    same = compare(tmp_path, b"\xff\x00", b"\xff\x00")
    assert same.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize("who", ["baseline", "output"])
def test_text_against_bytes_is_not_comparable(tmp_path: Path, who: str) -> None:
    pair = (b"text", b"\xff") if who == "baseline" else (b"\xff", b"text")
    report = compare(tmp_path, *pair)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the {who} is no UTF-8 text, as the other one is"

"""JSON Lines record by record, YAML document by document, and what is no safe YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.compare import compare_output
from noxlock.model import Difference, OutputReport, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trees")


def difference(report: OutputReport) -> Difference:
    assert report.difference is not None
    return report.difference


def lines(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance = EXACT
) -> OutputReport:
    (folder / "actual.jsonl").write_text(actual, encoding="utf-8", newline="")
    (folder / "baseline.jsonl").write_text(baseline, encoding="utf-8", newline="")
    return compare_output(folder / "baseline.jsonl", folder / "actual.jsonl", tolerance)


def test_json_lines_are_compared_record_by_record(folder: Path) -> None:
    baseline = '{"step": 1, "loss": 0.5}\n\n{"step": 2, "loss": 0.25}\n'
    actual = '{"step": 1, "loss": 0.5}\r\n{"step":2, "loss": 0.75}'
    report = lines(folder, actual, baseline)
    found = difference(report)
    assert (report.format, report.reason, found.compared) == ("jsonl", "", 4)
    assert found.first.where == "record 2, loss"
    assert report.diff == ("- record 2, loss: 0.25", "+ record 2, loss: 0.75")
    near = Tolerance(keys={"loss": Tolerance(atol=1)})
    assert lines(folder, actual, baseline, near).verdict is Verdict.WITHIN_TOLERANCE


def test_a_record_put_in_shifts_no_other(folder: Path) -> None:
    baseline = "".join(f'{{"step": {n}}}\n' for n in range(50))
    more = f'{{"step": -1, "note": "{"x" * 200}"}}\n{baseline}'
    report = lines(folder, more, baseline)
    assert report.reason == "50 records became 51"
    assert difference(report).first.where == "record 1 of the output"
    assert difference(report).differing == 1
    assert report.diff[0].startswith('+ record 1: {"step": -1, "note": "xxx')
    back = lines(folder, baseline, more)
    assert difference(back).first.where == "record 1 of the baseline"
    assert back.diff[0].startswith("- record 1: ")


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        ('{"a": 1}\n{"a"\n', "is no JSON: Expecting ':' delimiter at line 1, column 5"),
        ('1\n{"a": 1, "a": 2}\n', 'has the key "a" twice in one object'),
        ("1\n1e999\n", "has the number 1e999, too large for a float"),
    ],
)
def test_a_line_that_is_no_json_is_not_comparable(
    folder: Path, actual: str, reason: str
) -> None:
    report = lines(folder, actual, "1\n2\n")
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the output {reason}, in record 2"


def test_json_lines_must_be_utf_8(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'"\xff"')
    report = compare_output(folder / "a.jsonl", folder / "a.jsonl", EXACT)
    assert report.reason == "the baseline is no UTF-8 text"


def yaml(
    folder: Path, actual: str, baseline: str, tolerance: Tolerance = EXACT
) -> OutputReport:
    (folder / "actual.yaml").write_text(actual, encoding="utf-8")
    (folder / "baseline.yaml").write_text(baseline, encoding="utf-8")
    return compare_output(folder / "baseline.yaml", folder / "actual.yaml", tolerance)


@pytest.mark.parametrize(
    ("actual", "baseline", "verdict"),
    [
        ("a: 1\nb: [x, 2.5]", "{b: [x, 2.5], a: 1}", Verdict.IDENTICAL),
        ("lr: 1e-3", "lr: 0.001", Verdict.IDENTICAL),
        ("a: &x {b: 1}\nc: *x", "a: {b: 1}\nc: {b: 1}", Verdict.IDENTICAL),
        (
            "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
            "a: {b: 1, c: 2}\nd: {b: 1, c: 3}",
            Verdict.IDENTICAL,
        ),
        ("a: .nan\nb: -.inf", "a: .NaN\nb: -.Inf", Verdict.IDENTICAL),
        ("a: 2020-01-01", "a: 2020-01-02", Verdict.DRIFTED),
        ("a: '1'", "a: 1", Verdict.DRIFTED),
        ("1: a\n~: b", "1: a\n~: c", Verdict.DRIFTED),
        ("!!set {a, b}", "!!set {a}", Verdict.DRIFTED),
        ("a: !!binary aGk=", "a: !!binary aGk=", Verdict.IDENTICAL),
        ("a: 1.5", "a: 1.25", Verdict.DRIFTED),
        ("--- 1\n--- 2\n", "--- 1\n--- 2\n", Verdict.IDENTICAL),
        ("--- 1\n", "--- 1\n--- 2\n", Verdict.DRIFTED),
    ],
)
def test_yaml(folder: Path, actual: str, baseline: str, verdict: Verdict) -> None:
    assert yaml(folder, actual, baseline).verdict is verdict


def test_documents_are_counted_where_there_are_several(folder: Path) -> None:
    report = yaml(folder, "a: 1\n---\na: 3\n", "a: 1\n---\na: 2\n---\na: 4\n")
    assert difference(report).first.where == "document 2, a"
    assert report.reason == "3 documents became 2"


def bomb(levels: int) -> str:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [1, 1]", *rows])


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        (bomb(9), "has aliases for more than 1000000 values"),
        ("&a [*a]", "has an alias inside what it stands for"),
        ("b: 1\na:\n  x: 1\n  x: 2", 'has the key "x" twice in the table of line 3'),
        ("1: a\n'1': b", 'has the key "1" twice in the table of line 1'),
        ("0x1: a\n1: b\n'1': c", 'has the key "1" twice in the table of line 1'),
        ("0x1: a\n'1': c", 'has the key "1" twice, as text and as itself'),
        ("a: b: c", "is no YAML: mapping values are not allowed here at line 1, col"),
        ("!!python/name:os.system x", "is no YAML: could not determine a constructor"),
        ("[" * 5000, "is nested too deeply"),
        ("a: \x07", "is no YAML that can be read: unacceptable character"),
        ("a: 2020-13-13", "is no YAML that can be read: month must be in 1..12"),
        ("? [1]\n: 2", "is no YAML: found unhashable key at line 1, column 3"),
    ],
)
def test_what_is_no_safe_yaml_is_not_comparable(
    folder: Path, actual: str, reason: str
) -> None:
    report = yaml(folder, actual, "a: 1")
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(f"the output {reason}")

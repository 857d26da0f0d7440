"""What holds for every format: files that are not there, tolerance keys, lazy NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.compare import FORMATS, compare_output
from noxlock.model import Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

EXACT = Tolerance()
SUFFIXES = [form.suffixes[0] for form in FORMATS if form.suffixes] + [".txt"]
FOLDERS = {".zarr", ".txt"}
"""What a folder may be called."""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_not_there_never_passes(tmp_path: Path, suffix: str) -> None:
    baseline, actual = tmp_path / f"b{suffix}", tmp_path / f"a{suffix}"

    def reason() -> str:
        report = compare_output(baseline, actual, EXACT)
        assert report.verdict is Verdict.NOT_COMPARABLE
        return report.reason

    assert reason() == "the baseline is missing"
    if suffix not in FOLDERS:
        baseline.mkdir()
        assert reason() == "the baseline is a folder, no file"
        baseline.rmdir()
    baseline.write_bytes(b"")
    actual.write_bytes(b"")
    assert reason() == "the baseline is empty"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", ["pipe", "pipe.npy", "pipe.csv.gz"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    report = compare_output(tmp_path / name, tmp_path / name, EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == "the baseline is no regular file"


def test_a_file_that_cannot_be_read_is_not_comparable(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("a.txt")
    report = compare_output(tmp_path / "a.txt", tmp_path / "a.txt", EXACT)
    assert report.verdict is Verdict.NOT_COMPARABLE
    long = tmp_path / ("x" * 300)
    report = compare_output(long, long, EXACT)
    assert report.reason == "the baseline cannot be read: File name too long"


@pytest.mark.parametrize(
    ("keys", "passes"),
    [
        (["loss"], True),
        (["l*s"], True),
        (["*"], True),
        (["metrics"], False),
        (["metrics", "loss"], True),
        (["metrics.auc"], False),
        (["metrics.auc", "loss"], True),
        (["metrics.*", "loss"], True),
        (["metrics.auc[[]2]"], False),
    ],
)
def test_keys_reach_what_they_name_and_all_beneath(
    tmp_path: Path, keys: list[str], *, passes: bool
) -> None:
    (tmp_path / "b.json").write_text('{"loss": 1, "metrics": {"auc": [1, 2, 3]}}')
    moved = "metrics" in "".join(keys)
    (tmp_path / "a.json").write_text(
        f'{{"loss": 1.5, "metrics": {{"auc": [1, 2, {3.5 if moved else 3}]}}}}'
    )
    tolerance = Tolerance(keys=dict.fromkeys(keys, Tolerance(atol=0.5)))
    report = compare_output(tmp_path / "b.json", tmp_path / "a.json", tolerance)
    assert report.verdict.passed == passes


def test_a_key_overrides_only_the_fields_that_it_sets(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"a": {"b": 1, "c": 1}}')
    (tmp_path / "a.json").write_text('{"a": {"b": 1.5, "c": 1.25}}')

    def passes(tolerance: Tolerance) -> bool:
        report = compare_output(tmp_path / "b.json", tmp_path / "a.json", tolerance)
        return report.verdict.passed

    assert passes(Tolerance(atol=0.5, keys={"a": Tolerance(rtol=0)}))
    assert not passes(Tolerance(atol=0.5, keys={"a.b": Tolerance(atol=0)}))
    inner = Tolerance(atol=0.25, keys={"b": Tolerance(atol=0.5)})
    assert passes(Tolerance(keys={"a": inner}))
    last = {"a.b": Tolerance(atol=0.5), "*": Tolerance(atol=0.25)}
    assert not passes(Tolerance(keys=last))
    assert passes(Tolerance(keys=dict(reversed(last.items()))))


@pytest.mark.parametrize("suffix", [".json", ".csv", ".npy", ".txt"])
def test_a_key_that_matches_nothing_is_not_comparable(
    tmp_path: Path, suffix: str
) -> None:
    text = {
        ".json": b'{"loss": 1}',
        ".csv": b"loss\n1\n",
        ".txt": b"loss 1\n",
        ".npy": b"\x93NUMPY\x01\x00\x40\x00"
        + b"{'descr': '|u1', 'fortran_order': False, 'shape': ()}".ljust(63)
        + b"\n1",
    }[suffix]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(text)

    report = compare_output(path, path, Tolerance(keys={"lost": Tolerance(rtol=1)}))

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(
        "tolerance key `lost` matches nothing in the output"
    )
    if suffix in {".json", ".csv"}:
        assert report.reason.endswith("(did you mean `loss`?)")


def test_a_key_that_matches_nothing_does_not_hide_a_drift(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"loss": 1}')
    (tmp_path / "a.json").write_text('{"loss": 2}')
    tolerance = Tolerance(keys={"lost": Tolerance(atol=9)})
    report = compare_output(tmp_path / "b.json", tmp_path / "a.json", tolerance)
    assert report.verdict is Verdict.DRIFTED
    assert report.difference is not None
    assert "`lost` matches nothing" in report.reason
    (tmp_path / "a.json").write_text("{}")
    report = compare_output(tmp_path / "b.json", tmp_path / "a.json", tolerance)
    assert report.reason.startswith("missing: loss; tolerance key `lost`")


def test_a_key_of_what_is_new_or_missing_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"a": 1, "b": 1}')
    (tmp_path / "a.json").write_text('{"a": 1, "c": 1}')
    tolerance = Tolerance(keys={"b": Tolerance(rtol=1), "c": Tolerance(rtol=1)})
    report = compare_output(tmp_path / "b.json", tmp_path / "a.json", tolerance)
    assert (report.verdict, report.reason) == (
        Verdict.DRIFTED,
        "missing: b; new: c",
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_tolerance_that_is_no_number_is_not_comparable(
    tmp_path: Path, value: float
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1")
    report = compare_output(path, path, Tolerance(rtol=value))
    assert report.reason == f"the tolerance is {value}, not a number from 0"
    report = compare_output(path, path, Tolerance(keys={"x": Tolerance(atol=value)}))
    assert report.reason.startswith("the tolerance of key `x` is")


def test_the_suffix_decides_whatever_its_case(tmp_path: Path) -> None:
    (tmp_path / "b.JSON").write_text("1")
    (tmp_path / "a.JSON").write_text("1.0")
    report = compare_output(tmp_path / "b.JSON", tmp_path / "a.JSON", EXACT)
    assert report.verdict is Verdict.IDENTICAL
    assert report.output == "b.JSON"


def test_numpy_is_imported_for_arrays_only(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    code = (
        "import sys, pathlib\n"
        "from noxlock.compare import compare_output\n"
        "from noxlock.model import Tolerance\n"
        f"path = pathlib.Path({str(tmp_path / 'a.json')!r})\n"
        "assert compare_output(path, path, Tolerance()).verdict.passed\n"
        "assert 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

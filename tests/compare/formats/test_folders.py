"""Folders: every file by its own format, links that stay inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.model import Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import OutputReport

EXACT = Tolerance()


@pytest.fixture(name="pair")
def _pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return two folders that hold the same."""
    for name in ("old", "new"):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        (folder / "metrics.json").write_text('{"loss": 0.25, "n": 3}')
        (folder / "sub/log.txt").write_text("loss 1.5\n")
        (folder / "sub/_DONE").write_text("")
        np.savez(folder / "w.npz", coef=np.arange(3.0), intercept=np.zeros(1))
        np.save(folder / "x.npy", np.arange(4))
    return tmp_path / "old", tmp_path / "new"


def compare(pair: tuple[Path, Path], tolerance: Tolerance = EXACT) -> OutputReport:
    return compare_output(*pair, tolerance)


def test_folders_that_hold_the_same_are_identical(pair: tuple[Path, Path]) -> None:
    report = compare(pair)
    assert (report.verdict, report.format) == (Verdict.IDENTICAL, "folder")
    assert [part.key for part in report.parts] == [
        "metrics.json",
        "sub/_DONE",
        "sub/log.txt",
        "w.npz.coef",
        "w.npz.intercept",
        "x.npy",
    ]
    assert report.compared == 12


def test_each_file_is_a_part_with_its_place_and_its_diff(
    pair: tuple[Path, Path],
) -> None:
    (pair[1] / "metrics.json").write_text('{"loss": 0.5, "n": 3}')
    (pair[1] / "sub/log.txt").write_text("loss 2.5\n")
    np.savez(pair[1] / "w.npz", coef=np.arange(3.0) + 1, intercept=np.zeros(1))
    report = compare(pair)
    places = {
        part.key: part.difference.first.where
        for part in report.parts
        if part.difference
    }
    assert places == {
        "metrics.json": "metrics.json: loss",
        "sub/log.txt": "sub/log.txt: line 1",
        "w.npz.coef": "w.npz.coef[0]",
    }
    assert report.diff == (
        "=== metrics.json",
        "- loss: 0.25",
        "+ loss: 0.5",
        "=== sub/log.txt",
        "@@ -1 +1 @@",
        "-loss 1.5",
        "+loss 2.5",
    )


def test_keys_address_files_and_what_is_in_them(pair: tuple[Path, Path]) -> None:
    (pair[1] / "metrics.json").write_text('{"loss": 0.5, "n": 4}')
    np.savez(pair[1] / "w.npz", coef=np.arange(3.0) + 1, intercept=np.zeros(1) + 1)
    near = Tolerance(atol=1)
    inner = {"metrics.json": Tolerance(keys={"loss": near, "n": near})}
    report = compare(pair, Tolerance(keys={**inner, "w.npz": near}))
    assert report.verdict is Verdict.WITHIN_TOLERANCE
    report = compare(pair, Tolerance(keys={**inner, "w.npz.coef": near}))
    assert [p.key for p in report.parts if not p.verdict.passed] == ["w.npz.intercept"]
    report = compare(pair, Tolerance(keys={"*": near, "metric.json": near}))
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.endswith("(did you mean `metrics.json`?)")


def test_a_file_that_only_one_has_is_a_drift(pair: tuple[Path, Path]) -> None:
    (pair[1] / "sub/log.txt").unlink()
    (pair[1] / "more.txt").write_text("x")
    keys = {"sub/log.txt": Tolerance(atol=1), "more.txt": Tolerance(atol=1)}
    report = compare(pair, Tolerance(keys=keys))
    assert report.verdict is Verdict.DRIFTED
    assert report.reason == "new: more.txt; missing: sub/log.txt"


def test_a_damaged_file_leaves_the_others_compared(pair: tuple[Path, Path]) -> None:
    (pair[1] / "x.npy").write_bytes(b"no array")
    (pair[1] / "sub/log.txt").write_text("loss 2.5\n")
    report = compare(pair)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == "x.npy: the output is no .npy file"
    verdicts = {part.key: part.verdict for part in report.parts}
    assert verdicts["sub/log.txt"] is Verdict.DRIFTED
    assert verdicts["x.npy"] is Verdict.NOT_COMPARABLE
    assert verdicts["metrics.json"] is Verdict.IDENTICAL


def test_an_empty_file_is_the_same_as_an_empty_file_only(
    pair: tuple[Path, Path],
) -> None:
    (pair[1] / "sub/_DONE").write_text("x")
    assert compare(pair).reason == "sub/_DONE: the baseline is empty"


def test_links_inside_are_followed(pair: tuple[Path, Path]) -> None:
    for folder in pair:
        (folder / "again").symlink_to("sub")
        (folder / "copy.json").symlink_to(folder / "metrics.json")
    report = compare(pair)
    assert report.verdict is Verdict.IDENTICAL
    keys = {part.key for part in report.parts}
    assert {"again/log.txt", "copy.json"} <= keys


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("..", "leads out of it"),
        ("/etc/hostname", "leads out of it"),
        (".", "leads around"),
        ("nothing", "leads nowhere"),
        ("link", "leads nowhere"),
    ],
)
def test_other_links_are_refused(
    pair: tuple[Path, Path], target: str, reason: str
) -> None:
    (pair[1] / "link").symlink_to(target)
    report = compare(pair)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == f"the output has the link `link`, which {reason}"


def test_what_is_no_folder_is_said(pair: tuple[Path, Path], tmp_path: Path) -> None:
    file, empty = tmp_path / "file", tmp_path / "empty"
    file.write_text("x")
    empty.mkdir()

    def reason(old: Path, new: Path) -> str:
        report = compare((old, new))
        assert report.verdict is Verdict.NOT_COMPARABLE
        return report.reason

    assert reason(pair[0], file) == "the output is a file, no folder"
    assert reason(file, pair[0]) == "the output is a folder, no file"
    assert reason(pair[0], tmp_path / "gone") == "the output is missing"
    assert reason(empty, empty) == "the baseline is an empty folder"

"""Whether a baseline still is what was recorded."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import CompareError
from noxlock.model import BaselineStore, Distribution, Tolerance, Tolerances
from noxlock.workflows.records import encode_statement
from noxlock.workflows.verify import Finding, verify_baseline
from support.baselines import Golden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RESTORE = "restore it from git, or record the baseline anew with --accept"
FORM = "it is not as noxlock wrote it: another tool changed its form"
FORGED = (
    "it was changed since it was accepted: its sha256 is not the one in history.jsonl"
)
JUDGED = "restore the record first: this is judged by it"
TRUNCATED = "Input data was truncated"
UNKNOWN = "Object contains unknown field `x`"
BEGINS = "restore it from git, or remove the file: the history begins anew"
STRANGE = "remove it, or move it out of the folder"


@pytest.fixture
def golden(tmp_path: Path) -> Golden:
    """Return a project with a baseline of which everything fits."""
    environ = {"NOXLOCK_CACHE_DIR": str(tmp_path / "cache")}
    store = BaselineStore(url="../kept", above=1000)
    made = Golden(tmp_path / "project", environ, store=store, dirty=b"diff")
    made.output("large.bin", b"x" * 1001)
    made.accept()
    assert found(made) == []
    return made


def found(golden: Golden, *, offline: bool = False) -> list[str]:
    return [
        str(finding).removeprefix("repro/digits/")
        for finding in verify_baseline(golden.baseline, "digits", offline=offline)
    ]


def _write(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data)


def _link(name: str) -> Callable[[Path], object]:
    def act(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to("/etc/passwd")

    return act


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            _write("outputs/weights.npy", b"other"),
            f"outputs/weights.npy: its sha256 is not the record's; {RESTORE}",
        ),
        (
            lambda folder: (folder / "outputs/model/deep/b.txt").unlink(),
            f"outputs/model/deep/b.txt: it is missing; {RESTORE}",
        ),
        (
            _link("outputs/weights.npy"),
            f"outputs/weights.npy: it is a link, or lies behind one; {RESTORE}",
        ),
        (
            _write("outputs/more", b""),
            f"outputs/more: the record does not list it; {STRANGE}",
        ),
        (
            _write("locks/other.lock", b""),
            f"locks/other.lock: the record does not list it; {STRANGE}",
        ),
        (
            _write("locks/poetry.lock", b""),
            f"locks/poetry.lock: its sha256 is not the record's; {RESTORE}",
        ),
        (
            lambda folder: (folder / "tolerances.json").unlink(),
            f"tolerances.json: it is missing; {RESTORE}",
        ),
        (
            _write("tolerances.json", b"{}"),
            f"tolerances.json: these are not the tolerances of the record; {RESTORE}",
        ),
        (
            _write("tolerances.json", b'{"x": 1}'),
            f"tolerances.json: the file is damaged: {UNKNOWN}; {RESTORE}",
        ),
        (
            _write("dirty.diff", b"other"),
            f"dirty.diff: its sha256 is not the record's; {RESTORE}",
        ),
        (
            lambda folder: (folder / "dirty.diff").unlink(),
            f"dirty.diff: it is missing; {RESTORE}",
        ),
        (
            lambda folder: (folder / "history.jsonl").unlink(),
            f"history.jsonl: it is missing; {RESTORE}",
        ),
        (
            _write("history.jsonl", b"{"),
            f"history.jsonl: the history is damaged: {TRUNCATED}; {BEGINS}",
        ),
        (
            _write("samples.json", b"{"),
            f"samples.json: the file is damaged: Input data was truncated; {RESTORE}",
        ),
        (
            _write("run.intoto.json", b"{"),
            f"run.intoto.json: the record is damaged: {TRUNCATED}; {RESTORE}",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(
    golden: Golden, change: Callable[[Path], object], expected: str
) -> None:
    change(golden.path)
    assert found(golden) == [expected]


def test_a_stored_output_that_is_gone_or_changed_is_found(
    golden: Golden, tmp_path: Path
) -> None:
    (kept,) = (tmp_path / "kept").rglob("*/*/*")
    kept.chmod(0o644)
    kept.write_bytes(b"y" * 1001)
    (line,) = found(golden)
    assert line.startswith("stored.json: `large.bin`: sha256/")
    assert "is not what was kept: its sha256 differs; restore that object" in line
    assert found(golden, offline=True) == []
    shutil.rmtree(tmp_path / "kept")
    (line,) = found(golden)
    assert "`large.bin`: it is not in the store ../kept" in line


def test_a_store_that_is_not_declared_any_more_is_found(golden: Golden) -> None:
    golden.store = None
    (line,) = found(golden)
    assert "the check has no `baseline-store`; declare the one that" in line


def test_a_list_of_stored_outputs_that_does_not_fit_is_found(golden: Golden) -> None:
    other = {"sha256": "0" * 64, "size": 1, "key": "x"}
    golden.edit("stored.json", outputs={"large.bin": other, "more.bin": other})
    assert found(golden) == [
        f"stored.json: `large.bin`: its sha256 is not the record's; {RESTORE}",
        f"stored.json: `more.bin`: the record does not list it; {RESTORE}",
    ]


def test_a_list_of_stored_outputs_that_is_damaged_is_found(golden: Golden) -> None:
    (golden.path / "stored.json").write_text("[]")
    lines = found(golden)
    assert len(lines) == 2
    assert all(line.startswith("stored.json: the file is damaged") for line in lines)


def test_line_endings_that_git_changed_are_recognised(golden: Golden) -> None:
    lock = golden.path / "locks" / "poetry.lock"
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))
    (line,) = found(golden)
    assert line == (
        "locks/poetry.lock: its sha256 is not the record's; git changed its line"
        " endings: put `repro/digits/** -text` into .gitattributes, remove this file,"
        " and `git checkout` it"
    )


def test_a_record_in_another_form_is_found(golden: Golden) -> None:
    path = golden.path / "run.intoto.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert found(golden) == [f"run.intoto.json: {FORM}; {RESTORE}"]


def test_a_record_that_was_changed_is_named_itself(golden: Golden) -> None:
    path = golden.path / "run.intoto.json"
    forged = golden.record(dirty=None, outputs=golden.record().outputs)
    path.write_bytes(encode_statement(forged))
    assert found(golden) == [
        f"run.intoto.json: {FORGED}; {RESTORE}",
        f"dirty.diff: the record does not list it; {JUDGED}",
    ]
    path.write_bytes(encode_statement(golden.record(plan="other")) + b" ")
    first, second, *_ = found(golden)
    assert first == f"run.intoto.json: {FORM}; {RESTORE}"
    assert second == f"run.intoto.json: {FORGED}; {RESTORE}"


def test_a_record_of_an_earlier_baseline_is_told(golden: Golden) -> None:
    path = golden.path / "run.intoto.json"
    earlier = path.read_bytes()
    golden.accept(created="2026-02-03T04:05:06Z")
    assert found(golden) == []
    path.write_bytes(earlier)
    what = "it is an earlier one than the newest of history.jsonl"
    assert found(golden) == [f"run.intoto.json: {what}; {RESTORE}"]


def test_a_record_of_another_check_is_found(golden: Golden) -> None:
    (golden.path / "dirty.diff").unlink()
    golden.dirty = None
    golden.accept(check="letters")
    assert found(golden) == [
        f"run.intoto.json: it is of the check `letters`, not `digits`; {RESTORE}"
    ]
    (golden.path / "dirty.diff").write_text("a stranger")
    assert f"dirty.diff: the record does not list it; {STRANGE}" in found(golden)


def test_missing_recorded_runs_are_found(golden: Golden) -> None:
    noisy = Tolerance(keys={"loss": Tolerance(distribution=Distribution(runs=8))})
    tolerances = Tolerances(
        outputs={"weights.npy": noisy, "absent": noisy, "model": Tolerance()}
    )
    golden.accept(tolerances=tolerances)
    assert found(golden) == [
        f"samples.json: the recorded runs of `weights.npy` are missing; {RESTORE}"
    ]


def test_packages_that_the_locks_do_not_give_are_found(golden: Golden) -> None:
    record = golden.record(packages=golden.record().packages[1:])
    golden.baseline.write(golden.accepted(record))
    assert found(golden) == []  # conda may have brought it: the plan is the same
    golden.accept(plan="plan-v1-" + "0" * 64)
    (line,) = found(golden)
    assert line.startswith("locks: they give the plan plan-v1-")


def test_no_baseline_is_an_error(tmp_path: Path) -> None:
    golden = Golden(tmp_path, {})
    with pytest.raises(CompareError, match="there is no baseline") as caught:
        verify_baseline(golden.baseline, "digits")
    assert 'nox -s "repro(digits)" -- --accept' in (caught.value.hint or "")


def test_a_record_that_names_paths_elsewhere_is_found(golden: Golden) -> None:
    data = encode_statement(golden.record(outputs={"../x": "0" * 64}))
    (golden.path / "run.intoto.json").write_bytes(data)
    assert found(golden) == [
        f"run.intoto.json: `../x` is no path beneath the baseline; {RESTORE}"
    ]


def test_a_finding_is_one_line() -> None:
    finding = Finding(file="a", what="it is missing", hint="restore it")
    assert str(finding) == "a: it is missing; restore it"

"""The folder of a baseline: read, and replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import CompareError, DefinitionError
from noxlock.model import BaselineStore, Check, Tolerance, Tolerances
from noxlock.workflows.baselines import Baseline, baseline_of
from noxlock.workflows.baselines.writing import MOST_DIFF
from noxlock.workflows.records import encode_statement
from support.baselines import Golden, tree

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = ".digits.noxlock-old", ".digits.noxlock-new"


def test_a_baseline_has_outputs_record_tolerances_locks_and_history(
    golden: Golden,
) -> None:
    record = golden.accept()

    files = tree(golden.path)
    assert sorted(files) == [
        ".gitattributes",
        "history.jsonl",
        "locks/poetry.lock",
        "outputs/model/a.txt",
        "outputs/model/deep/b.txt",
        "outputs/weights.npy",
        "run.intoto.json",
        "tolerances.json",
    ]
    assert files["run.intoto.json"] == encode_statement(record)
    assert files["locks/poetry.lock"] == (golden.root / "poetry.lock").read_bytes()
    assert json.loads(files["tolerances.json"]) == {
        "outputs": {"weights.npy": {"rtol": 1e-6}}
    }
    assert golden.baseline.read() == record
    assert golden.baseline.outputs(record) == golden.path / "outputs"
    assert [entry.created for entry in golden.baseline.history()] == [record.created]


def test_samples_and_the_diff_are_kept_where_there_are_some(golden: Golden) -> None:
    golden.dirty = b"--- a\n+++ b\n"
    samples = {"weights.npy": {"loss": (1.0, float("inf"), 2.5)}}
    golden.baseline.write(golden.accepted(golden.record(), samples=samples))

    assert (golden.path / "dirty.diff").read_bytes() == golden.dirty
    assert golden.baseline.samples() == samples

    golden.dirty = None
    golden.accept()
    assert not (golden.path / "dirty.diff").exists()
    assert golden.baseline.samples() == {}


def test_no_baseline_is_none(golden: Golden) -> None:
    baseline = golden.baseline
    baseline.check()
    assert baseline.read() is None
    assert baseline.history() == ()
    golden.path.mkdir(parents=True)
    baseline.check()


def test_replacing_removes_what_was_recorded_and_keeps_the_rest(golden: Golden) -> None:
    golden.accept()
    (golden.path / "README.md").write_text("why it is so")
    (golden.path / "outputs" / "NOTES.md").write_text("of an output")
    (golden.path / "outputs" / "model" / "stray.txt").write_text("in an output")
    (golden.path / "link").symlink_to("/etc/passwd")
    (golden.path / "folder").symlink_to("/etc")
    del golden.outputs["weights.npy"]
    golden.output("model/a.txt", b"changed")

    golden.accept()

    assert (golden.path / "link").readlink() == Path("/etc/passwd")
    assert (golden.path / "folder").readlink() == Path("/etc")
    (golden.path / "link").unlink()
    (golden.path / "folder").unlink()
    files = tree(golden.path)
    assert files["README.md"] == b"why it is so"
    assert files["outputs/NOTES.md"] == b"of an output"
    assert files["outputs/model/a.txt"] == b"changed"
    assert "outputs/model/stray.txt" not in files
    assert "outputs/weights.npy" not in files
    assert not list((golden.root / "repro").glob(".*"))


def test_a_file_may_become_a_folder_and_a_folder_a_file(golden: Golden) -> None:
    golden.accept()
    shutil.rmtree(golden.root / ".nox")
    golden.outputs.clear()
    golden.output("weights.npy/part", b"1")
    golden.output("model", b"2")

    golden.accept()

    outputs = tree(golden.path / "outputs")
    assert outputs == {"model": b"2", "weights.npy/part": b"1"}


def test_what_lies_where_an_output_goes_now_gives_way(golden: Golden) -> None:
    golden.accept()
    (golden.path / "outputs" / "new").write_text("a stranger")
    (golden.path / "outputs" / "other").mkdir()
    (golden.path / "outputs" / "other" / "stranger").write_text("")
    golden.output("new/inner", b"1")
    golden.output("other", b"2")

    golden.accept()

    outputs = tree(golden.path / "outputs")
    assert outputs["new/inner"] == b"1"
    assert outputs["other"] == b"2"


def test_a_link_in_the_baseline_is_never_written_through(
    golden: Golden, tmp_path: Path
) -> None:
    golden.accept()
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("outputs", "locks"):
        shutil.rmtree(golden.path / name)
        (golden.path / name).symlink_to(outside)
    (golden.path / "tolerances.json").unlink()
    (golden.path / "tolerances.json").symlink_to(outside / "made.json")

    golden.accept()

    assert not list(outside.iterdir())
    assert not (golden.path / "outputs").is_symlink()
    assert "outputs/weights.npy" in tree(golden.path)


def test_a_link_in_the_place_of_an_output_is_no_baseline(golden: Golden) -> None:
    record = golden.accept()
    (golden.path / "outputs" / "weights.npy").unlink()
    (golden.path / "outputs" / "weights.npy").symlink_to("/etc/passwd")

    fetched = golden.baseline.fetch(record)

    assert list(fetched.faults) == ["weights.npy"]
    assert not (fetched.folder / "weights.npy").exists()
    assert (fetched.folder / "model" / "a.txt").read_bytes() == b"first"
    with pytest.raises(CompareError, match=r"outputs/weights\.npy: it is a link"):
        golden.baseline.outputs(record)


def test_a_record_behind_a_link_is_refused(golden: Golden, tmp_path: Path) -> None:
    golden.accept()
    moved = (golden.path / "run.intoto.json").rename(tmp_path / "record")
    (golden.path / "run.intoto.json").symlink_to(moved)
    with pytest.raises(CompareError, match="it is a link"):
        golden.baseline.read()


def test_baselines_of_two_checks_lie_side_by_side(golden: Golden) -> None:
    golden.accept()
    before = tree(golden.path)
    other = Golden(golden.root, golden.environ, folder="repro/letters")
    other.output("letters.txt", b"abc")
    other.accept(check="letters")
    other.accept(check="letters")

    assert tree(golden.path) == before
    assert golden.baseline.read() != other.baseline.read()


@pytest.mark.parametrize("there", [False, True])
def test_a_run_killed_between_two_renames_loses_nothing(
    golden: Golden, *, there: bool
) -> None:
    record = golden.accept()
    repro = golden.root / "repro"
    if there:
        shutil.copytree(golden.path, repro / OLD)
    else:
        golden.path.rename(repro / OLD)
    (repro / NEW).write_text("half of it")

    golden.baseline.check()

    assert golden.baseline.read() == record
    golden.accept()
    assert sorted(path.name for path in repro.iterdir()) == ["digits"]


def _rename_fails(name: str) -> Callable[[Path, Path], Path]:
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    return failing


@pytest.mark.parametrize("name", ["digits", NEW])
def test_a_baseline_that_cannot_take_its_place_leaves_the_old_one(
    golden: Golden, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    golden.accept()
    before = tree(golden.root / "repro")
    golden.output("weights.npy", b"changed")
    monkeypatch.setattr(Path, "rename", _rename_fails(name))
    with pytest.raises(CompareError, match="No space left"):
        golden.accept()
    assert tree(golden.root / "repro") == before


def test_a_first_baseline_that_cannot_take_its_place_leaves_nothing(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rename", _rename_fails(NEW))
    with pytest.raises(CompareError, match="No space left"):
        golden.accept()
    assert tree(golden.root / "repro") == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda golden: golden.output("weights.npy", b"changed meanwhile"),
        lambda golden: golden.output("model/new.txt", b"new"),
        lambda golden: (golden.outputs["model"] / "a.txt").unlink(),
        lambda golden: golden.lock(scipy="1.15.0"),
        lambda golden: setattr(golden, "dirty", b"diff"),
    ],
)
def test_what_changes_while_it_is_recorded_is_not_recorded(
    golden: Golden, change: Callable[[Golden], object]
) -> None:
    golden.accept()
    before = tree(golden.root / "repro")
    record = golden.record()
    change(golden)
    with pytest.raises(CompareError, match="changed while it was recorded"):
        golden.baseline.write(golden.accepted(record))
    assert tree(golden.root / "repro") == before


def test_a_link_out_of_an_output_is_not_recorded(golden: Golden) -> None:
    (golden.outputs["model"] / "out").symlink_to("/etc/passwd")
    with pytest.raises(CompareError, match="leads out of the output"):
        golden.accept()


def test_a_diff_too_large_to_keep_is_refused(golden: Golden) -> None:
    golden.dirty = b"x" * (MOST_DIFF + 1)
    with pytest.raises(CompareError, match=r"10\.0 MiB, more than") as caught:
        golden.accept()
    assert caught.value.hint == "commit first, or let git ignore what is no source"
    assert not golden.path.exists()


def test_a_damaged_record_can_be_replaced_and_its_outputs_go(golden: Golden) -> None:
    golden.accept()
    (golden.path / "run.intoto.json").write_text("{")
    (golden.path / "README.md").write_text("kept")
    with pytest.raises(CompareError, match="the record is damaged"):
        golden.baseline.read()
    del golden.outputs["weights.npy"]
    record = golden.record()
    golden.baseline.write(golden.accepted(record, entry=_entry(golden)))

    assert golden.baseline.read() == record
    assert "outputs/weights.npy" not in tree(golden.path)
    assert "README.md" in tree(golden.path)


def _entry(golden: Golden) -> object:
    return golden.baseline.history()[0]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../b", "a\\b"])
@pytest.mark.parametrize("field", ["outputs", "locks"])
def test_a_record_that_names_paths_elsewhere_is_refused(
    golden: Golden, field: str, name: str
) -> None:
    golden.accept()
    data = encode_statement(golden.record(**{field: {name: "0" * 64}}))
    (golden.path / "run.intoto.json").write_bytes(data)
    with pytest.raises(CompareError, match="is no path beneath the baseline"):
        golden.baseline.read()


@pytest.mark.parametrize("folder", [".", "../x", "repro/../.."])
def test_a_baseline_lies_inside_the_project(golden: Golden, folder: str) -> None:
    baseline = Baseline(root=golden.root, folder=folder)
    with pytest.raises(DefinitionError, match="not a folder inside the project"):
        baseline.check()


def test_a_link_is_no_baseline(golden: Golden, tmp_path: Path) -> None:
    golden.accept()
    (golden.root / "repro" / "link").symlink_to("digits")
    (golden.root / "out").symlink_to(tmp_path)
    with pytest.raises(DefinitionError, match="`repro/link` is a link"):
        Baseline(root=golden.root, folder="repro/link").check()
    with pytest.raises(DefinitionError, match="not a folder inside the project"):
        Baseline(root=golden.root, folder="out/x").check()


@pytest.mark.parametrize("folder", ["src", "poetry.lock"])
def test_what_is_no_baseline_is_left_alone(golden: Golden, folder: str) -> None:
    (golden.root / "src").mkdir()
    (golden.root / "src" / "main.py").write_text("")
    with pytest.raises(DefinitionError, match=r"it has no run\.intoto\.json"):
        Baseline(root=golden.root, folder=folder).check()


def test_a_record_of_before_says_to_record_anew(golden: Golden) -> None:
    golden.path.mkdir(parents=True)
    (golden.path / "record.json").write_text("{}")
    with pytest.raises(DefinitionError, match=r"has a record\.json") as caught:
        golden.baseline.check()
    assert "record the baseline anew" in (caught.value.hint or "")


def test_a_file_that_cannot_be_read_is_an_error(golden: Golden) -> None:
    golden.accept()
    for name in ("run.intoto.json", "history.jsonl", "samples.json", "stored.json"):
        (golden.path / name).unlink(missing_ok=True)
        (golden.path / name).mkdir()
    for read in (
        golden.baseline.read,
        golden.baseline.history,
        golden.baseline.samples,
        golden.baseline.stored,
    ):
        with pytest.raises(CompareError, match=r"json\w?: it cannot be read"):
            read()


@pytest.mark.parametrize("data", ["{", '{"a": 1}', "[]", '{"a": {"b": ["x"]}}', "\xff"])
def test_damaged_samples_are_an_error(golden: Golden, data: str) -> None:
    golden.accept()
    (golden.path / "samples.json").write_bytes(data.encode("latin-1"))
    with pytest.raises(CompareError, match=r"samples\.json: the file is damaged"):
        golden.baseline.samples()


def test_a_check_says_where_its_baseline_and_its_store_are(tmp_path: Path) -> None:
    outputs = {"a": Tolerance()}
    plain = Check(environment="cpu", run="a", outputs=outputs)
    found = baseline_of(plain, "digits", tmp_path, {})
    assert (found.folder, found.store) == ("repro/digits", None)
    own = Check(
        environment="cpu",
        run="a",
        outputs=outputs,
        baseline="golden",
        baseline_store="s3://bucket",
    )
    found = baseline_of(own, "digits", tmp_path, {})
    assert found.folder == "golden"
    assert found.store == BaselineStore(url="s3://bucket", above="10 MiB")


def test_infinite_tolerances_survive_the_file(golden: Golden) -> None:
    tolerances = Tolerances(outputs={"weights.npy": Tolerance(atol=float("inf"))})
    record = golden.accept(tolerances=tolerances)
    assert golden.baseline.read() == record
    assert b'"Infinity"' in (golden.path / "tolerances.json").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_the_files_of_a_baseline_can_be_changed_by_their_owner(golden: Golden) -> None:
    golden.accept()
    assert all(os.access(golden.path / name, os.W_OK) for name in tree(golden.path))

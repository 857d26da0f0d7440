"""What a check may write, and where."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from noxlock.errors import DefinitionError, EnvError
from noxlock.model import (
    Tolerance,
    Verdict,
)
from noxlock.workflows.outputs import collect, fresh_folder
from noxlock.workflows.repro import run_check
from support.checks import (
    FACTS,
    Project,
    reasons,
)


def test_an_output_that_is_not_declared_any_more_is_not_comparable(
    accepted: Project,
) -> None:
    accepted.change(outputs={"weights.npy": Tolerance()})
    accepted.script("import shutil; shutil.rmtree(folder / 'deep')")

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reasons(report)["deep/metrics.json"].endswith("not declared any more")
    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL
    assert "repro/digits/outputs/deep/metrics.json" not in accepted.tree()


@pytest.mark.parametrize(
    ("script", "output", "reason"),
    [
        ("(folder / 'weights.npy').unlink()", "weights.npy", "the output is missing"),
        (
            "(folder / 'weights.npy').write_bytes(b'')",
            "weights.npy",
            "the output is empty",
        ),
        (
            "(folder / 'more.txt').write_text('1')",
            "more.txt",
            "written, but not declared: name it under `outputs`",
        ),
        (
            "(folder / 'link').symlink_to('/')",
            "link",
            "written, but not declared: name it under `outputs`",
        ),
        (
            "p = folder / 'weights.npy'; p.unlink(); p.symlink_to('/etc/passwd')",
            "weights.npy",
            "the output is a link out of its folder",
        ),
        (
            "p = folder / 'weights.npy'; p.unlink(); p.mkdir()",
            "weights.npy",
            "the output is an empty folder",
        ),
        (
            "save('|O', b'')",
            "weights.npy",
            "the output holds Python objects: a pickle, which is never loaded",
        ),
    ],
)
def test_what_cannot_be_compared_never_passes_and_is_never_recorded(
    accepted: Project, script: str, output: str, reason: str
) -> None:
    before = accepted.tree()
    accepted.script(script)

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert reasons(report)[output] == reason
    report = accepted.run(accept=True)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "nothing was recorded" in report.reason
    assert accepted.tree() == before


def test_a_misspelt_output_is_told_by_what_was_written(accepted: Project) -> None:
    before = dict(accepted.check.outputs)
    accepted.change(
        outputs={
            "weigths.npy": Tolerance(),
            "deep/metrics.json": before["deep/metrics.json"],
        }
    )

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    told = reasons(report)
    assert told["weigths.npy"] == ("the output is missing: did you mean `weights.npy`?")
    assert told["weights.npy"] == (
        "written, but not declared: `weigths.npy` is, and is missing"
    )
    assert report.next[0] == (
        '# correct checks.digits.outputs."weigths.npy": the command writes'
        " `weights.npy`"
    )
    assert not any("--accept" in each for each in report.next)


def test_an_output_is_the_right_name_of_one_other_only(tmp_path: Path) -> None:
    for name in ("loss-1.txt", "other.bin"):
        (tmp_path / name).write_text("1")

    found = collect(tmp_path, ["loss-a.txt", "loss-b.txt"])

    assert found.misspelt == {"loss-a.txt": "loss-1.txt"}
    assert {name: fault.reason for name, fault in found.faults.items()} == {
        "loss-a.txt": "the output is missing: did you mean `loss-1.txt`?",
        "loss-b.txt": "the output is missing",
        "loss-1.txt": "written, but not declared: `loss-a.txt` is, and is missing",
        "other.bin": "written, but not declared: name it under `outputs`",
    }


@pytest.mark.parametrize("drifts", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_tolerance_key_that_matches_nothing_is_to_be_corrected_not_accepted(
    project: Project,
    first: bool,  # noqa: FBT001 - a parameter
    drifts: bool,  # noqa: FBT001 - likewise
) -> None:
    if not first:
        assert project.run(accept=True).accepted
    metrics = Tolerance(keys={"lost": Tolerance(rtol=1)})
    outputs = {**project.check.outputs, "deep/metrics.json": metrics}
    project.change(outputs=outputs)
    if drifts:
        project.values(1.0, 2.5, 3.0)
    correct = (
        '# correct checks.digits.outputs."deep/metrics.json".keys: tolerance key'
        " `lost` matches nothing in the output (did you mean `loss`?)"
    )

    plain, refused = project.run(), project.run(accept=True)

    assert not refused.accepted
    for report in (plain, refused):
        assert not report.verdict.passed
        assert report.next[0] == correct
        assert not any("--accept" in each for each in report.next)
    assert "record one with" not in plain.reason


def test_a_link_inside_the_folder_is_an_output_like_any_other(
    accepted: Project,
) -> None:
    accepted.script(
        "(folder / 'deep').rename(folder / 'real')\n"
        "(folder / 'deep').symlink_to('real')\n"
    )

    report = accepted.run()

    assert reasons(report)["deep/metrics.json"] == ""
    assert (
        reasons(report)["real/metrics.json"]
        == "written, but not declared: name it under `outputs`"
    )
    assert "deep" not in reasons(report)


def test_outputs_of_an_earlier_run_are_never_taken(accepted: Project) -> None:
    accepted.script("(folder / 'weights.npy').unlink()")
    assert reasons(accepted.run())["weights.npy"] == "the output is missing"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": {"../x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"/x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"a\\x.npy": Tolerance()}}, "no path beneath the outputs folder"),
        ({"outputs": {"": Tolerance()}}, "no path beneath the outputs folder"),
        ({"run": "python 'x"}, "no closing quotation"),
        ({"run": " "}, "the command is empty"),
        ({"baseline": "."}, "not a folder inside the project"),
        ({"baseline": "../x"}, "not a folder inside the project"),
        ({"baseline": "src"}, "it has no run.intoto.json"),
        ({"baseline": "values.json"}, "it has no run.intoto.json"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused_before_it_runs(
    project: Project, changes: dict[str, object], message: str
) -> None:
    (project.root / "src").mkdir()
    (project.root / "src" / "main.py").write_text("")
    project.change(**changes)

    with pytest.raises(DefinitionError, match=message):
        project.run()

    assert not (project.root / ".nox").exists()


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/", "a\\b"])
def test_a_name_that_is_no_folder_is_refused_before_anything_is_emptied(
    accepted: Project, name: str
) -> None:
    before = sorted(accepted.root.rglob("*"))
    with pytest.raises(DefinitionError, match="cannot be the name of a folder"):
        run_check(replace(accepted.request(), name=name), facts=FACTS)
    assert sorted(accepted.root.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_an_output_that_cannot_be_read_is_not_comparable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal itself is made here."""
    (tmp_path / "a.npy").write_text("")

    def refuse(self: Path, mode: str) -> object:
        raise PermissionError(13, "Permission denied", str(self), mode)

    monkeypatch.setattr(Path, "open", refuse)
    found = collect(tmp_path, ["a.npy"])
    assert found.faults["a.npy"].reason == (
        "the output cannot be read: Permission denied"
    )
    assert not found.files


def test_an_outputs_folder_that_cannot_be_made_is_an_error(project: Project) -> None:
    (project.root / ".nox").write_text("")

    with pytest.raises(EnvError, match="cannot write to"):
        project.run()
    with pytest.raises(EnvError, match="cannot make a fresh folder"):
        fresh_folder(project.root / ".nox" / "x")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_whatever_lies_at_the_folder_of_the_check_gives_way(
    accepted: Project, kind: str
) -> None:
    folder = accepted.request().folder
    moved = folder.rename(accepted.root / "moved")
    if kind == "file":
        folder.write_text("")
    else:
        folder.symlink_to(moved)

    assert accepted.run().verdict is Verdict.IDENTICAL
    assert (moved / "outputs" / "weights.npy").exists()


def test_a_report_that_cannot_be_written_is_an_error(accepted: Project) -> None:
    accepted.script("folder.parents[2].joinpath('report.json').mkdir()")

    with pytest.raises(EnvError, match="the report cannot be written"):
        accepted.run()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("(many / 'a').symlink_to('/etc/passwd')", "a link out of its folder, `a`"),
        ("os.mkfifo(many / 'a')", "`a`, which is no regular file"),
        ("(many / 'deep').mkdir()", "the output is an empty folder"),
    ],
)
def test_a_folder_that_is_no_good_output_says_why(
    accepted: Project, script: str, reason: str
) -> None:
    accepted.change(outputs={**accepted.check.outputs, "many": Tolerance()})
    accepted.script(f"many = folder / 'many'; many.mkdir(); {script}")

    assert reason in reasons(accepted.run())["many"]


def test_a_pipe_is_no_output(accepted: Project) -> None:
    accepted.change(outputs={**accepted.check.outputs, "pipe": Tolerance()})
    accepted.script("os.mkfifo(folder / 'pipe')")

    assert reasons(accepted.run())["pipe"] == "the output is no regular file"

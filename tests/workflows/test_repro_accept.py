"""Recording a baseline: whole or not at all, with where it comes from."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from noxlock.model import BaselineStore, Verdict
from noxlock.workflows.baselines import RECORD
from noxlock.workflows.facts import Facts
from noxlock.workflows.repro import run_check
from support.checks import (
    FACTS,
    SCIPY,
    VERSION,
    Project,
)


def test_accept_records_outputs_and_where_they_come_from(accepted: Project) -> None:
    assert set(accepted.tree()) == {
        "repro/digits/.gitattributes",
        "repro/digits/run.intoto.json",
        "repro/digits/history.jsonl",
        "repro/digits/tolerances.json",
        "repro/digits/locks/poetry.lock",
        "repro/digits/outputs/weights.npy",
        "repro/digits/outputs/deep/metrics.json",
    }
    record = accepted.record
    assert record.check == "digits"
    assert record.command == ("python script.py {outputs}",)
    assert record.created == "2026-01-02T03:04:05Z"
    assert record.packages == (SCIPY,)
    assert record.profile["PYTHONHASHSEED"] == "0"
    assert record.profile["OMP_NUM_THREADS"] == "1"
    assert record.machine == {"cpu": "a small one"}
    assert set(record.outputs) == {"weights.npy", "deep/metrics.json"}
    assert list(record.locks) == ["poetry.lock"]
    assert "digits: recorded as the baseline: 2 outputs" in accepted.printed


def test_a_record_names_no_folder_of_this_machine(accepted: Project) -> None:
    text = (accepted.baseline / RECORD).read_text()
    assert str(accepted.root) not in text
    assert str(accepted.built.prefix) not in text


def test_accepting_what_did_not_change_touches_no_file(accepted: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in accepted.baseline.rglob("*")}
    later = replace(FACTS, now=lambda: datetime(2027, 1, 1, tzinfo=UTC))

    report = accepted.run(accept=True, facts=later)

    assert report.verdict is Verdict.IDENTICAL
    after = {path: path.stat().st_mtime_ns for path in accepted.baseline.rglob("*")}
    assert after == before
    assert "stays as it is" in accepted.printed


def test_accepting_moves_what_did_not_change_into_a_store_declared_since(
    accepted: Project,
) -> None:
    where = BaselineStore(url=str(accepted.root.parent / "store"), above=1)
    accepted.change(baseline_store=where)

    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL

    assert not (accepted.baseline / "outputs" / "weights.npy").exists()
    assert accepted.run().verdict is Verdict.IDENTICAL


def test_accepting_prints_what_changes_and_keeps_other_files(
    accepted: Project,
) -> None:
    (accepted.baseline / "README.md").write_text("why it is so")
    accepted.values(1.0, 2.5, 3.0)

    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL

    assert "weights.npy[1] differs by 0.5" in accepted.printed
    assert (accepted.baseline / "README.md").read_text() == "why it is so"
    assert accepted.run().verdict is Verdict.IDENTICAL
    assert not list((accepted.root / "repro").glob(".*"))


def test_accepting_on_another_machine_renews_the_record(accepted: Project) -> None:
    other = replace(FACTS, machine=lambda: {"cpu": "a big one"})

    accepted.run(accept=True, facts=other)

    assert accepted.record.machine == {"cpu": "a big one"}
    assert "machine cpu a small one -> a big one" in accepted.printed


def test_a_run_killed_between_two_renames_loses_no_baseline(
    accepted: Project,
) -> None:
    accepted.baseline.rename(accepted.baseline.with_name(".digits.noxlock-old"))

    assert accepted.run().verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "repro/digits/run.intoto.json: the record is damaged"),
        (b"[]", "repro/digits/run.intoto.json: the record is damaged"),
        (b"{}", "repro/digits/run.intoto.json: "),
    ],
)
def test_a_damaged_record_is_not_comparable_and_can_be_replaced(
    accepted: Project, data: bytes, reason: str
) -> None:
    (accepted.baseline / RECORD).write_bytes(data)

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason.startswith(reason)
    assert accepted.run(accept=True).verdict is Verdict.IDENTICAL
    assert accepted.run().verdict is Verdict.IDENTICAL


def test_a_record_that_is_a_folder_is_not_comparable(accepted: Project) -> None:
    (accepted.baseline / RECORD).unlink()
    (accepted.baseline / RECORD).mkdir()

    assert "it cannot be read" in accepted.run().reason


def test_a_baseline_can_lie_elsewhere(project: Project) -> None:
    project.change(baseline="golden/one")
    project.run(accept=True)

    assert (project.root / "golden" / "one" / RECORD).exists()
    assert project.run().verdict is Verdict.IDENTICAL


def test_the_live_machine_is_recorded_without_its_names(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted.script("import numpy")
    for variable in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=accepted.root, check=True)

    (accepted.root / ".gitignore").write_text(".nox/\n__pycache__/\n")
    git("init", "-q")
    assert accepted.run(facts=Facts()).actual.commit is None
    git("add", ".")
    git("commit", "-q", "-m", "first")
    (accepted.baseline / "README.md").write_text("the baseline does not count")

    actual = accepted.run(facts=Facts()).actual

    assert actual.commit is not None
    assert len(actual.commit) == 40
    assert {"architecture", "cores", "kernel"} <= set(actual.machine)
    assert actual.effective["python"].startswith(VERSION)
    assert "numpy baseline" in actual.effective
    assert actual.created.endswith("Z")
    (accepted.root / "values.json").write_text("[1.0,2.0,3.0 ]")
    dirty = accepted.run(facts=Facts()).actual.commit
    assert dirty == f"{actual.commit}+dirty"


def test_a_lock_outside_the_project_goes_by_its_name(
    accepted: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lock = tmp_path_factory.mktemp("elsewhere") / "other.lock"
    lock.write_text("# another\n")
    plan = structs.replace(accepted.built.plan, lock=str(lock))
    accepted.built = replace(accepted.built, plan=plan)

    assert list(accepted.run().actual.locks) == ["other.lock"]


def test_what_is_not_confirmed_changes_nothing_and_is_shown_once(
    accepted: Project,
) -> None:
    before = accepted.tree()
    accepted.values(1.0, 2.5, 3.0)
    asked: list[str] = []

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    report = accepted.run(accept=True, ask=refuse)

    assert asked == ["replace the baseline in repro/digits?"]
    assert not report.verdict.passed
    assert not report.accepted
    assert accepted.printed.count("weights.npy[1] differs by 0.5") == 1
    assert accepted.printed.endswith(
        "digits: nothing was recorded: it was not confirmed\n"
    )
    assert accepted.tree() == before


def test_a_first_baseline_is_recorded_unasked(project: Project) -> None:
    def refuse(question: str) -> bool:
        raise AssertionError(question)

    assert project.run(accept=True, ask=refuse).accepted


def test_a_damaged_baseline_is_replaced_only_when_that_is_confirmed(
    accepted: Project,
) -> None:
    (accepted.baseline / RECORD).write_bytes(b"{")
    before = accepted.tree()

    refused = accepted.run(accept=True, ask=lambda _: None)

    assert "nobody is there to ask; `-- --accept --yes`" in refused.reason
    assert "the record is damaged" in accepted.printed
    assert accepted.tree() == before
    assert accepted.run(accept=True, ask=lambda _: True).accepted


def test_the_history_tells_what_each_acceptance_changed(accepted: Project) -> None:
    accepted.values(1.0, 2.5, 3.0)
    accepted.built = replace(
        accepted.built, packages=(msgspec.structs.replace(SCIPY, version="1.15.0"),)
    )

    report = accepted.run(accept=True)

    newest, oldest = report.history
    assert [change.output for change in newest.outputs] == [
        "weights.npy",
        "deep/metrics.json",
    ]
    assert newest.outputs[0].verdict is Verdict.DRIFTED
    assert [(one.name, one.old, one.new) for one in newest.packages] == [
        ("scipy", "1.14.1", "1.15.0")
    ]
    assert oldest.packages == ()
    assert report.next == ()


def test_warnings_that_are_new_are_told_when_they_are_accepted(
    accepted: Project,
) -> None:
    accepted.script("import warnings; warnings.warn('odd')")

    report = accepted.run(accept=True)

    assert report.accepted
    assert [each.message for each in report.new_warnings] == ["odd"]


def test_other_checks_baselines_make_no_tree_dirty(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (accepted.root / ".gitignore").write_text(".nox/\n__pycache__/\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first")):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=accepted.root, check=True)
    (accepted.root / "repro" / "other").mkdir()
    (accepted.root / "repro" / "other" / "x").write_text("")
    request = replace(accepted.request(accept=True, yes=True), others=("repro/other",))

    actual = run_check(request, facts=Facts()).actual

    assert actual.commit is not None
    assert actual.dirty is None
    (accepted.root / "values.json").write_text("[1.0, 2.5, 3.0]")
    changed = run_check(request, facts=Facts())
    assert changed.accepted
    assert str(changed.actual.commit).endswith("+dirty")
    diff = (accepted.baseline / "dirty.diff").read_bytes()
    assert hashlib.sha256(diff).hexdigest() == changed.actual.dirty
    assert b"values.json" in diff
    assert changed.next == ("git add repro/digits", "git commit repro/digits")


def test_a_recorded_baseline_is_to_be_committed_until_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (project.root / ".gitignore").write_text(".nox/\n__pycache__/\n")
    commit = ("git add repro/digits", "git commit repro/digits")

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=project.root, check=True)

    git("init", "-q")

    assert project.run(accept=True).next == commit, "there is no commit yet"
    assert project.run(accept=True).next == commit, "it stays as it is"
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert project.run(accept=True).next == (), "it is committed"
    project.values(1.0, 2.5, 3.0)
    assert project.run(accept=True).next == commit, "it is another one"
    with (project.root / ".gitignore").open("a") as ignored:
        ignored.write("repro/\n")
    git("rm", "-rq", "--cached", "repro")
    git("commit", "-q", "-m", "second")
    assert project.run(accept=True).next == (), "it is ignored"

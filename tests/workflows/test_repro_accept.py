"""Recording a baseline: whole or not at all, with where it comes from."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from noxlock.model import (
    Verdict,
)
from noxlock.workflows.baselines import RECORD
from noxlock.workflows.facts import Facts
from support.checks import (
    FACTS,
    SCIPY,
    VERSION,
    Project,
)


def test_accept_records_outputs_and_where_they_come_from(accepted: Project) -> None:
    assert set(accepted.tree()) == {
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
    plan = replace(accepted.built.plan, lock=str(lock))
    accepted.built = replace(accepted.built, plan=plan)

    assert list(accepted.run().actual.locks) == ["other.lock"]

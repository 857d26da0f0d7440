"""Runs of one check beside each other: each judges what it wrote itself."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from noxlock.envs.locking import locked
from noxlock.errors import EnvError
from noxlock.model import Vary, Verdict
from noxlock.workflows.repro import Console, alone, run_check
from support.checks import FACTS

if TYPE_CHECKING:
    from support.checks import Project


def test_a_run_waits_for_another_one_of_its_check_and_says_so(
    accepted: Project,
) -> None:
    folder = accepted.request().folder
    told = threading.Event()
    found = []

    def run() -> None:
        console = replace(Console.on(io.StringIO()), say=hear)
        found.append(run_check(accepted.request(), facts=FACTS, console=console))

    def hear(line: str) -> None:
        if line == "digits: waiting for another run of this check to end":
            told.set()

    runner = threading.Thread(target=run)
    with locked(folder, on_wait=lambda: None):
        before = sorted(folder.rglob("*"))
        runner.start()
        assert told.wait(20), "it says that it waits"
        assert sorted(folder.rglob("*")) == before
    runner.join(60)

    assert found[0].verdict is Verdict.IDENTICAL


def test_who_holds_a_check_may_run_it(accepted: Project) -> None:
    said: list[str] = []

    with alone(accepted.request().folder, said.append):
        report = accepted.run()
    with alone(accepted.request().folder, said.append):
        pass

    assert report.verdict is Verdict.IDENTICAL
    assert said == []


@pytest.mark.parametrize("accepts", ["accepts", "compares"])
def test_a_folder_that_another_run_has_taken_proves_nothing(
    accepted: Project, accepts: str
) -> None:
    """As on a file system without locks: the other one empties the folder."""
    before = accepted.tree()
    owner = accepted.request().folder / "owner"
    accepted.script(
        f"owner = pathlib.Path({json.dumps(str(owner))}); owner.write_text('other')"
    )

    with pytest.raises(EnvError, match="another run of this check has taken") as found:
        accepted.run(accept=accepts == "accepts")

    assert "when the other one has ended" in str(found.value.hint)
    assert accepted.tree() == before
    assert not (accepted.request().folder / "report.json").exists()


def test_a_folder_that_is_gone_proves_nothing(accepted: Project) -> None:
    owner = accepted.request().folder / "owner"
    accepted.script(f"pathlib.Path({json.dumps(str(owner))}).unlink()")

    with pytest.raises(EnvError, match="another run of this check has taken"):
        accepted.run()


def test_what_agrees_is_removed_before_the_next_run_writes(accepted: Project) -> None:
    accepted.change(repeat=3, vary=Vary(hash_seed=(1, 2), home="random"))
    accepted.script(
        "left = sorted(p.parent.name for p in folder.parent.parent.glob('*/outputs'))\n"
        "pathlib.Path('left').open('a').write(' '.join(left) + '\\n')\n"
    )

    report = accepted.run()

    assert report.verdict is Verdict.IDENTICAL, accepted.printed
    assert (accepted.root / "left").read_text().splitlines() == [
        "run-1",
        "run-1 run-2",
        "run-1 run-3",
        "hash-seed-1 run-1",
        "hash-seed-2 run-1",
        "home-random run-1",
    ]
    runs = accepted.request().runs
    assert sorted(path.name for path in (runs / "home-random").iterdir()) == [
        "log.txt",
        "probe",
    ]


def test_what_does_not_agree_is_kept(accepted: Project) -> None:
    accepted.change(repeat=2, vary=Vary(hash_seed=(1, 2)))
    accepted.script(
        "if os.environ['PYTHONHASHSEED'] == '2': save('<f8', struct.pack('<3d', 1,2,4))"
    )

    report = accepted.run()

    runs = accepted.request().runs
    assert report.verdict is Verdict.DRIFTED
    assert sorted(path.parent.name for path in runs.glob("*/outputs")) == [
        "hash-seed-2",
        "run-1",
    ]


def test_side_by_side_few_runs_wait_to_be_compared(accepted: Project) -> None:
    accepted.change(jobs=2, vary=Vary(hash_seed=tuple(range(1, 10))))
    accepted.script(
        "left = list(folder.parent.parent.glob('*/outputs'))\n"
        "pathlib.Path('left').open('a').write(f'{len(left)}\\n')\n"
    )

    report = accepted.run()

    assert report.verdict is Verdict.IDENTICAL
    assert [each.value for each in report.variations] == [str(n) for n in range(1, 10)]
    left = [int(line) for line in (accepted.root / "left").read_text().splitlines()]
    assert len(left) == 10
    assert max(left) <= 6, "the first one's, and those of twice as many as run at once"

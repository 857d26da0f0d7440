"""A search that was interrupted, killed or repeated makes no run twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from support.terminal import Terminal
from support.why_locks import pins
from support.why_project import processes_of

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow

GUILTY = '2.0 if v["p05"] == "2.0" else 1.0'
# The fourth run, a mix, takes as long as the test lets it.
HELD = """\
held = pathlib.Path(os.environ["SAMPLE_RUNS"] + ".hold")
several = len({v[name] for name in v if name.startswith("p0")}) > 1
while several and held.exists():
    time.sleep(0.05)"""
COMMAND = [sys.executable, "-m", "noxlock", "bisect", "sum", "--good", "old", "--json"]


@pytest.fixture
def held(project: WhyProject) -> WhyProject:
    """Return a project whose first mix waits until it is let go."""
    project.rule(GUILTY, HELD)
    project.lock(*pins(16))
    project.commit("old")
    project.lock(*pins(16, "2.0"))
    (project.root.parent / "runs.txt.hold").touch()
    return project


def let_go(project: WhyProject) -> None:
    (project.root.parent / "runs.txt.hold").unlink()


def wait_for_runs(project: WhyProject, count: int, *, jobs: int = 1) -> None:
    """Wait until so many runs have begun; of one job there are no more then."""
    deadline = time.monotonic() + 60
    while len(project.runs) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(project.runs) == count or (jobs > 1 and len(project.runs) > count)


def goes_on(project: WhyProject, begun: int, cut: int = 1) -> None:
    """Hold that the same command ends it, and makes no run again that had ended."""
    assert {each["kind"] for each in project.kept} == {"same", "drifted"}
    assert len(project.kept) == begun - cut
    let_go(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p05"]]
    assert len(project.runs) == asked.report["runs"] + cut


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_search_that_is_killed_goes_on(held: WhyProject, number: int) -> None:
    child = subprocess.Popen(
        COMMAND, cwd=held.root, env=held.environ, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_runs(held, 4)
    finally:
        child.send_signal(number)
        child.wait(60)
    deadline = time.monotonic() + 20
    while processes_of(held.root) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(held.root) == []

    goes_on(held, 4)


@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_leaves_a_search_that_goes_on(held: WhyProject, jobs: int) -> None:
    command = [*COMMAND[:-1], "--jobs", str(jobs)]
    begun = 3 + jobs
    with Terminal(command, cwd=held.root, env=terminal_of(held)) as screen:
        screen.wait_for("suspects left")
        wait_for_runs(held, begun, jobs=jobs)
        screen.write("\x03")

        assert screen.end(seconds=30) in {130, -signal.SIGINT}, screen.shown

    assert "interrupted; the same command goes on from here" in screen.shown
    assert "Traceback" not in screen.shown
    assert processes_of(held.root) == []
    assert not list(held.root.glob(".nox/why/sum/slot-*"))

    if jobs == 1:
        goes_on(held, begun)


def test_the_line_on_a_terminal_shows_fewer_and_fewer_suspects(
    held: WhyProject,
) -> None:
    let_go(held)
    with Terminal(COMMAND[:-1], cwd=held.root, env=terminal_of(held)) as screen:
        assert screen.end() == 0, screen.shown

    left = [int(each) for each in re.findall(r"(\d+) suspects? left", screen.shown)]
    assert left[0] == 16
    assert left == sorted(left, reverse=True)
    assert len(set(left)) >= 3
    assert "\r\x1b[2K" in screen.shown, "one line, drawn again"
    after = screen.shown.rpartition("\x1b[2K")[2]
    assert re.match(r"(\x1b\[[\d;]*m)*sum drifts because p05 1\.0 -> 2\.0;", after)


def terminal_of(project: WhyProject) -> dict[str, str]:
    hidden = {"NO_COLOR", "COLUMNS"}
    return {k: v for k, v in project.environ.items() if k not in hidden}


def test_a_second_search_makes_no_run_again(held: WhyProject) -> None:
    let_go(held)
    first = held.bisect("--good", "old")
    ran = len(held.runs)
    held.commit("new")  # of the lock: no code of the project has changed
    second = held.bisect("--good", "old", "--bad", "new")
    # Another lock: what the two have in common is not known, but for the old one.
    held.lock(*pins(16, "2.0", p00="1.0", p01="1.0"))
    third = held.bisect("--good", "old")

    assert first.blamed == second.blamed == third.blamed == [["p05"]]
    assert ran == first.report["runs"] == second.report["runs"]
    assert len(held.runs) - ran < third.report["runs"]


def test_other_code_is_run_again_and_held_against_its_own_reference(
    held: WhyProject,
) -> None:
    let_go(held)
    assert held.bisect("--good", "old").blamed == [["p05"]]
    ran = len(held.runs)

    held.rule('20.0 if v["p09"] == "2.0" else 10.0')
    asked = held.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p09"]]
    assert len(held.runs) == ran + asked.report["runs"]


def test_a_project_without_git_is_searched_by_its_record(held: WhyProject) -> None:
    let_go(held)
    shutil.rmtree(held.root / ".git")
    held.lock(*pins(16))
    held.accept()
    held.lock(*pins(16, "2.0"))
    first = held.bisect()
    ran = len(held.runs)
    os.utime(held.root / "poetry.lock")
    second = held.bisect()

    assert first.status == second.status == 0, first.err + second.err
    assert first.blamed == second.blamed == [["p05"]]
    assert len(held.runs) == ran == second.report["runs"]


def test_two_searches_at_once_share_their_runs(held: WhyProject) -> None:
    first, second = (
        subprocess.Popen(
            COMMAND,
            cwd=held.root,
            env=held.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    )
    wait_for_runs(held, 4)
    let_go(held)
    both = [json.loads(child.communicate(timeout=120)[0]) for child in (first, second)]

    assert {each["verdict"] for each in both} == {"explained"}
    assert {each["runs"] for each in both} == {len(held.runs)}

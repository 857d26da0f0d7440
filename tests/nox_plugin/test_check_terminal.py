"""Checks on a real terminal: questions, Ctrl-C, several at once, a summary of all."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.terminal import Terminal

if TYPE_CHECKING:
    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

CHECKS = """
environments:
  cpu: {pypi: poetry.lock}
checks:
  sum:
    environment: cpu
    run: python write.py {outputs}
    outputs: {result.json: {}}
    vary: {hash-seed: [1]}
"""
OTHER = """
  other:
    environment: cpu
    run: python -c "import sys; open(sys.argv[1] + '/a.txt', 'w').write('a')" {outputs}
    outputs: {a.txt: {}}
"""
WRITE = """
import json, os, pathlib, sys, time

folder = pathlib.Path(sys.argv[1])
(folder / "result.json").write_text(json.dumps({"sum": os.environ["SAMPLE_VALUE"]}))
if wait := float(os.environ.get("SAMPLE_WAIT", 0)):
    pathlib.Path("pids", str(os.getpid())).write_text("")
    time.sleep(wait)
"""


@pytest.fixture
def checks(project: NoxProject) -> NoxProject:
    """Return a project with one check, its baseline recorded."""
    project.write({"sessions/repro.yml": CHECKS, "write.py": WRITE})
    first = project.nox(
        "-s", "repro(sum)", "--", "--accept", env={"SAMPLE_VALUE": "one"}
    )
    assert first.status == 0, first.err
    return project


def terminal(project: NoxProject, *args: str, **values: str) -> Terminal:
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(project.root.parent),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        **project.environ,
        **{f"SAMPLE_{name.upper()}": value for name, value in values.items()},
    }
    command = [sys.executable, "-m", "nox", "-r", "-s", "repro(sum)", *args]
    return Terminal(command, cwd=project.root, env=env)


def recorded(project: NoxProject) -> str:
    data = (project.root / "repro/sum/outputs/result.json").read_bytes()
    return str(json.loads(data)["sum"])


@pytest.mark.parametrize(
    ("answer", "status", "kept"),
    [("y\n", 0, "two"), ("\n", 1, "one")],
)
def test_accept_shows_what_changes_and_asks(
    checks: NoxProject, answer: str, status: int, kept: str
) -> None:
    with terminal(checks, "--", "--accept", value="two") as screen:
        shown = screen.wait_for("replace the baseline in repro/sum? [y/N] ")
        assert '- sum: "one"' in shown
        assert '+ sum: "two"' in shown
        assert recorded(checks) == "one"
        screen.write(answer)

        assert screen.end() == status, screen.shown

    assert recorded(checks) == kept
    told = "recorded as the baseline" if status == 0 else "it was not confirmed"
    assert told in screen.shown


def test_without_a_terminal_it_is_to_be_said_that_a_baseline_is_replaced(
    checks: NoxProject,
) -> None:
    env = {"SAMPLE_VALUE": "two"}
    refused = checks.nox("-r", "-s", "repro(sum)", "--", "--accept", env=env)
    kept = recorded(checks)
    done = checks.nox("-r", "-s", "repro(sum)", "--", "--accept", "--yes", env=env)

    assert refused.status == 1
    assert "nobody is there to ask; `-- --accept --yes` replaces" in refused.err
    assert kept == "one"
    assert done.status == 0, done.err
    assert recorded(checks) == "two"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_commands_and_nox_says_so(
    checks: NoxProject, jobs: int
) -> None:
    text = CHECKS.replace("    vary:", f"    jobs: {jobs}\n    vary:")
    checks.write({"sessions/repro.yml": text})
    pids = checks.root / "pids"
    pids.mkdir()
    with terminal(checks, value="one", wait="60") as screen:
        deadline = time.monotonic() + 60
        while len(list(pids.iterdir())) < jobs and time.monotonic() < deadline:
            time.sleep(0.05)
        screen.write("\x03")

        # Shells show 130 for both. CPython ends by the signal where it came while a
        # string was executed, as `dataclasses` does: run_eval_code_obj in pythonrun.c.
        assert screen.end(seconds=30) in {130, -signal.SIGINT}, screen.shown

    assert "Session repro(sum) interrupted" in screen.shown
    assert "/noxlock/" not in screen.shown, "no traceback but the command's own"
    assert len(list(pids.iterdir())) == jobs
    for pid in pids.iterdir():
        stat = Path("/proc", pid.name, "stat")
        assert (
            not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
        )


def test_variations_are_left_out_and_details_shown_where_flags_say_so(
    checks: NoxProject,
) -> None:
    env = {"SAMPLE_VALUE": "one"}
    plain = checks.nox("-r", "-s", "repro(sum)", env=env)
    less = checks.nox("-r", "-s", "repro(sum)", "--", "--no-vary", env=env)
    more = checks.nox("-r", "-s", "repro(sum)", "--", "-v", env=env)

    assert "nox > hash-seed 1: " in plain.err
    assert "hash-seed" not in less.err
    assert "profile: default" in more.err
    assert "profile: default" not in plain.err
    assert {run.status for run in (plain, less, more)} == {0}


def test_all_checks_end_in_one_summary_that_fails_too(checks: NoxProject) -> None:
    checks.write({"sessions/repro.yml": CHECKS + OTHER})

    ran = checks.nox("-r", "-s", "repro", env={"SAMPLE_VALUE": "two"})

    assert ran.status == 1
    said = [line.removeprefix("nox > ") for line in ran.err.splitlines()]
    assert [line for line in said if line.startswith(("pass  ", "FAIL  "))] == [
        (
            'FAIL  sum: drifted: result.json: sum is "two", the baseline "one", 1 of 1'
            " value out of tolerance"
        ),
        (
            "FAIL  other: not-comparable: there is no baseline in repro/other; record"
            ' one with `nox -s "repro(other)" -- --accept`'
        ),
    ]


def test_checks_run_beside_each_other_where_nox_is_told_to(
    checks: NoxProject,
) -> None:
    checks.write({"sessions/repro.yml": CHECKS + OTHER})
    env = {"SAMPLE_VALUE": "one"}
    assert checks.nox("-s", "repro(other)", "--", "--accept", env=env).status == 0

    ran = checks.nox("-j", "2", "-s", "repro", env=env)

    assert ran.status == 0, ran.err + ran.out
    assert "every check passed: sum, other" in ran.err + ran.out

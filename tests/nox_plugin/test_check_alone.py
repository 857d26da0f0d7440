"""Checks beside others under the real nox: waiting, killed, failing among several."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

NOXFILE = """
import noxlock

cpu = noxlock.environment("cpu", pypi="poetry.lock", project="none")
for name in ("one", "two", "three"):
    noxlock.check(
        name,
        environment=cpu,
        run="python write.py {outputs} " + name,
        outputs={"result.json": {}},
        vary={"hash-seed": [1]},
    )
"""
WRITE = """
import json, os, pathlib, sys, time

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
value = os.environ.get("SAMPLE_" + name.upper(), "1")
if os.environ["PYTHONHASHSEED"] == os.environ.get("SAMPLE_SEED", "0"):
    pathlib.Path("pid").write_text(str(os.getpid()))
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
(folder / "result.json").write_text(json.dumps({"sum": value}))
"""


@pytest.fixture
def checks(project: NoxProject) -> NoxProject:
    """Return a project with three checks, their baselines recorded."""
    project.write({"noxfile.py": NOXFILE, "write.py": WRITE, "go": ""})
    first = project.nox("-s", "repro", "--", "--accept")
    assert first.status == 0, first.err
    (project.root / "go").unlink()
    return project


def start(project: NoxProject, *args: str, **values: str) -> subprocess.Popen[str]:
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(project.root.parent),
        "NO_COLOR": "1",
        **project.environ,
        **{f"SAMPLE_{name.upper()}": value for name, value in values.items()},
    }
    return subprocess.Popen(
        [sys.executable, "-m", "nox", *args],
        cwd=project.root,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_so()


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def report(project: NoxProject, name: str) -> dict[str, object]:
    data = (project.root / ".nox/repro" / name / "report.json").read_bytes()
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def test_a_second_run_waits_and_each_judges_what_it_wrote(checks: NoxProject) -> None:
    """Neither the outputs nor the environment change under the first one."""
    args = "-s", "repro(one)", "--", "--no-vary"
    pid = checks.root / "pid"
    pid.unlink()
    first = start(checks, "-R", *args, one="9")
    wait_for(pid.exists)
    second = start(checks, *args)
    assert second.stderr is not None
    said = ""
    while "waiting for another run of this check" not in said:
        line = second.stderr.readline()
        assert line, said
        said += line
    (checks.root / "go").write_text("")
    _, first_said = first.communicate(timeout=60)
    _, rest = second.communicate(timeout=60)

    assert first.returncode == 1, first_said
    assert "one: drifted" in first_said
    assert second.returncode == 0, rest
    assert "one: identical" in rest


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked up there")
def test_killed_in_a_variation_it_leaves_nothing_running_and_runs_again(
    checks: NoxProject,
) -> None:
    pid = checks.root / "pid"
    pid.unlink()
    killed = start(checks, "-R", "-s", "repro(one)", seed="1")
    wait_for(lambda: pid.exists() and bool(pid.read_text()))
    running = int(pid.read_text())
    assert lives(running)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)

    wait_for(lambda: not lives(running))
    (checks.root / "go").write_text("")
    again = checks.nox("-R", "-s", "repro(one)")
    assert again.status == 0, again.err
    assert report(checks, "one")["verdict"] == "identical"


@pytest.mark.parametrize("args", [(), ("-j", "2")])
def test_one_that_fails_keeps_no_other_from_running(
    checks: NoxProject, args: tuple[str, ...]
) -> None:
    (checks.root / "go").write_text("")

    ran = checks.nox("-R", *args, "-s", "repro", env={"SAMPLE_ONE": "2"})

    said = ran.err + ran.out
    assert ran.status == 1, said
    assert "* repro(one): failed" in said
    assert "* repro(two): success" in said
    assert "* repro(three): success" in said
    assert report(checks, "three")["verdict"] == "identical"
    if not args:
        assert "FAIL  one: drifted: result.json" in said
        assert "pass  three: identical: 1 output" in said


def test_where_the_first_failure_stops_it_is_said_what_was_not_run(
    checks: NoxProject,
) -> None:
    (checks.root / "go").write_text("")

    ran = checks.nox("-R", "-x", "-s", "repro", env={"SAMPLE_TWO": "2"})

    assert ran.status == 1
    assert "pass  one: identical" in ran.err
    assert "FAIL  two: drifted" in ran.err
    assert "not run: repro(three)" in ran.err


def test_all_that_passed_are_named(checks: NoxProject) -> None:
    (checks.root / "go").write_text("")

    assert "every check passed: one, two, three" in checks.nox("-R", "-s", "repro").err


def test_what_was_not_recorded_is_no_success(checks: NoxProject) -> None:
    (checks.root / "go").write_text("")
    text = WRITE.replace('{"sum": value}', '{"sum": 1.5}')
    noxfile = NOXFILE.replace("{}", '{"rtol": 1}')
    checks.write({"write.py": text, "noxfile.py": noxfile})
    args = "-R", "-s", "repro(one)", "--", "--no-vary", "--accept"
    assert checks.nox(*args, "--yes").status == 0
    checks.write({"write.py": text.replace("1.5", "1.75")})

    ran = checks.nox(*args)

    assert ran.status == 1, ran.err
    assert "one: within-tolerance" in ran.err
    assert "nothing was recorded: nobody is there to ask" in ran.err

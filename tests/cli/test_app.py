"""How every command begins and ends."""

from __future__ import annotations

import json
import os
import pty
import runpy
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.cli import main, version
from support.command import COMMAND, in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command import Ended

    Noxlock = Callable[..., Ended]

NO_LOCK = ("plan", "--lock", "absent.lock")


@pytest.mark.usefixtures("project")
def test_help_lists_the_commands(noxlock: Noxlock) -> None:
    ended = noxlock("--help")
    assert ended.status == 0
    for command in ("plan", "check", "init", "schema", "store"):
        assert f"\n  {command}" in ended.out
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.usefixtures("project")
def test_without_a_command_help_is_bad_input(noxlock: Noxlock) -> None:
    assert noxlock().status == 2
    assert noxlock("store").status == 2
    assert noxlock("wat").status == 2


def test_the_version_imports_nothing_heavy() -> None:
    code = "import sys; from noxlock.cli.app import run; run(['--version']);"
    code += "print([n for n in ('nox', 'rich.table', 'msgspec', 'unearth', 'numpy')"
    code += " if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("noxlock ")
    assert second == "[]"


def test_a_source_tree_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert version.version() == "unknown"


def test_an_installed_version_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "1.2.3")
    assert version.version() == "1.2.3"


@pytest.mark.usefixtures("project")
def test_the_schema_is_json(noxlock: Noxlock) -> None:
    assert json.loads(noxlock("schema").out)["$defs"]["Environment"]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)],
)
def test_colour_is_the_users_choice(
    variables: dict[str, str], *, coloured: bool
) -> None:
    ended = in_a_process(*NO_LOCK, **variables)
    assert ended.status == 2
    assert ("\x1b[" in ended.err) is coloured
    assert "absent.lock: the lock cannot be read" in ended.err


@pytest.mark.usefixtures("project")
def test_a_terminal_has_colour_and_no_color_takes_it_away() -> None:
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        env = {**os.environ, "TERM": "xterm-256color", **variables}
        env.pop("CI", None)
        ours, theirs = pty.openpty()
        subprocess.run([*COMMAND, *NO_LOCK], stderr=theirs, env=env, check=False)
        os.close(theirs)
        assert (b"\x1b[" in os.read(ours, 4096)) is coloured
        os.close(ours)


@pytest.mark.usefixtures("project")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["schema", "--version", "store info"])
@pytest.mark.parametrize("variables", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_full_disk_under_stdout_is_said(
    command: str, variables: dict[str, str]
) -> None:
    env = {name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=env | variables,
            check=False,
        )
    said = "error: cannot write: No space left on device\n"
    assert (done.returncode, done.stderr[-len(said) :]) == (2, said)


def test_an_interrupt_ends_with_130(project: Path) -> None:
    ready = project / "ready"
    text = (
        f"import pathlib, time\npathlib.Path({str(ready)!r}).touch()\ntime.sleep(60)\n"
    )
    (project / "noxfile.py").write_text(text)
    with subprocess.Popen(
        [*COMMAND, "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        deadline = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, printed = child.communicate(timeout=20)
    # Shells show 130 for both; the other where a string was being executed.
    assert child.returncode in {130, -signal.SIGINT}
    assert b"Traceback" not in printed


def test_an_unexpected_error_keeps_its_traceback(
    project: Path,
) -> None:
    (project / "poetry.lock").unlink()
    (project / "poetry.lock").mkdir()
    code = "import noxlock.cli.projects as p; p.open_project = 1;"
    code += "from noxlock.cli import check; check.open_project = None;"
    code += "from noxlock.cli.app import run; run(['check'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "TypeError: 'NoneType' object is not callable" in done.stderr


def test_the_entry_points_are_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["noxlock", "--version"])
    for call in (main, lambda: runpy.run_module("noxlock", run_name="__main__")):
        with pytest.raises(SystemExit) as ended:
            call()
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith("noxlock ")

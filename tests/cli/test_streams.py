"""A reader that goes away changes nothing: no noise, no other exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.cli.streams import outlive_readers
from support.command import COMMAND

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _files(project: Path) -> None:
    """Write two files that differ in many lines."""
    for number, name in enumerate(("one.json", "other.json")):
        numbers = {f"loss {each}": each + number for each in range(3000)}
        (project / name).write_text(json.dumps(numbers))


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("schema", 0),
        ("--version", 0),
        ("--help", 0),
        ("store info --json", 0),
        ("plan --lock poetry.lock", 0),
        ("compare one.json one.json", 0),
        ("compare one.json other.json", 1),
        ("compare one.json other.json -v", 1),
        ("compare one.json other.json --json", 1),
        ("compare one.json absent.json", 2),
        ("compare --nonsense", 2),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_changes_no_exit_status(
    command: str, status: int, unbuffered: str
) -> None:
    """What is long is written at once, what is short at the end."""
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    for errors in (subprocess.STDOUT, subprocess.PIPE):
        with subprocess.Popen(
            [*COMMAND, *command.split()], stdout=subprocess.PIPE, stderr=errors, env=env
        ) as child:
            assert child.stdout is not None
            child.stdout.close()
            said = child.stderr.read() if child.stderr else b""
        assert child.returncode == status
        assert b"Traceback" not in said
        assert b"pipe" not in said.lower()


@pytest.mark.parametrize("command", ["schema", "compare one.json other.json"])
def test_a_stream_that_is_closed_from_the_start_is_no_error(command: str) -> None:
    line = f"exec {' '.join(COMMAND)} {command} >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", line], check=False)
    assert done.returncode == (command != "schema")


def test_streams_that_are_no_files_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = sys.stdout, sys.stderr
    for name, stream in zip(("stdout", "stderr"), kept, strict=True):
        monkeypatch.setattr(sys, name, stream)

    outlive_readers()

    assert (sys.stdout, sys.stderr) == kept
    assert capsys.readouterr() == ("", "")

"""Commands run without a shell, and fail with one clear sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import EnvError
from noxlock.process import run

if TYPE_CHECKING:
    from pathlib import Path

PATH = {"PATH": os.environ["PATH"]}


def test_output_of_both_kinds_is_captured() -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    done = run([sys.executable, "-c", code], env=PATH)
    assert done.succeeded
    assert done.stdout == "out\nerr\n"
    assert done.command[1:] == ("-c", code)


def test_a_failure_is_the_callers_to_judge() -> None:
    done = run([sys.executable, "-c", "print('a\\nb\\nc'); raise SystemExit(3)"])
    assert (done.succeeded, done.returncode) == (False, 3)
    assert done.tail(2) == "b\nc"


def test_only_the_given_variables_are_there(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ.get('HOME'))"
    done = run([sys.executable, "-c", code], cwd=tmp_path, env=PATH)
    assert done.stdout.split() == [str(tmp_path), "None"]


def test_nothing_is_read_by_a_shell() -> None:
    code = "import sys; print(sys.argv[1])"
    done = run([sys.executable, "-c", code, "$HOME; `ls` *"])
    assert done.stdout == "$HOME; `ls` *\n"


def test_what_is_no_text_is_still_shown() -> None:
    code = "import os; os.write(1, b'\\xff')"
    assert run([sys.executable, "-c", code]).stdout == "\\xff"


def test_streamed_output_is_not_kept(capfd: pytest.CaptureFixture[str]) -> None:
    done = run([sys.executable, "-c", "print('seen')"], stream=True)
    assert done.stdout == ""
    assert capfd.readouterr().out == "seen\n"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(EnvError, match="`no-such-program` was not found") as info:
        run(["no-such-program"])
    assert "PATH" in str(info.value.hint)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvError, match="there is no such folder"):
        run([sys.executable], cwd=tmp_path / "nowhere")


def test_what_cannot_be_executed_says_why(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("")
    (tmp_path / "program").chmod(0o644)
    with pytest.raises(EnvError, match="Permission denied"):
        run([str(tmp_path / "program")])


CHILD = """
import signal, sys, time
signal.signal(signal.SIGTERM, {term})
open(sys.argv[1], "w").close()
try:
    time.sleep(60)
except KeyboardInterrupt:
    {tidy}
"""

PARENT = """
import sys
import noxlock.process._run as module
module.GRACE = 0.2
try:
    module.run([sys.executable, "-c", sys.argv[1], sys.argv[2]])
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.parametrize(
    ("term", "tidy"),
    [
        pytest.param("signal.SIG_DFL", "sys.exit(0)", id="ends by itself"),
        pytest.param("signal.SIG_DFL", "time.sleep(60)", id="ends when asked"),
        pytest.param("signal.SIG_IGN", "time.sleep(60)", id="has to be killed"),
    ],
)
def test_ctrl_c_reaches_the_command_and_is_passed_on(
    tmp_path: Path, term: str, tidy: str
) -> None:
    started = tmp_path / "started"
    child = CHILD.format(term=term, tidy=tidy)
    command = [sys.executable, "-c", PARENT, child, str(started)]
    with subprocess.Popen(command, start_new_session=True) as parent:
        while not started.exists() and parent.poll() is None:
            time.sleep(0.01)
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
        assert parent.wait(20) == 7

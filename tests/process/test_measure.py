"""A command is followed to its end, whatever it does, and all of it ends with it."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import EnvError
from noxlock.process import _follow, _launch, _measure, end_all, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.process import Measured

    Run = Callable[..., Measured]

MIB = 1 << 20
PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Path:
    return tmp_path / "log.txt"


@pytest.fixture(name="run")
def _run(tmp_path: Path, log: Path) -> Run:
    """Run python code, or a command."""

    def run(code: str | list[str], *arguments: str, **options: object) -> Measured:
        command = [sys.executable, "-c", code] if isinstance(code, str) else code
        given: dict[str, object] = {"cwd": tmp_path, "env": PATH, "log": log}
        return measure([*command, *arguments], **{**given, **options})  # type: ignore[arg-type]

    return run


@pytest.fixture(name="_hasty")
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_follow, "GRACE", 0.3)
    monkeypatch.setattr(_follow, "LINGER", 0.2)


class Screen(io.StringIO):
    """What was written, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, str]] = []

    def write(self, text: str) -> int:
        """Note the time."""
        self.seen.append((time.monotonic(), text))
        return super().write(text)


def alive(pid: int) -> bool:
    """Return whether *pid* runs; one that ended and was not waited for does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def wait_for(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_output_of_both_kinds_goes_to_the_log_and_the_screen(
    run: Run, log: Path
) -> None:
    screen = io.StringIO()
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    done = run(code, echo=screen)
    assert (done.succeeded, done.returncode, done.timed_out) == (True, 0, False)
    assert log.read_text() == screen.getvalue() == "out\nerr\n"
    assert done.command[1:] == ("-c", code)


def test_what_is_in_the_log_stays(run: Run, log: Path) -> None:
    run("print(1)")
    run("print(2)")
    assert log.read_text() == "1\n2\n"


def test_a_failure_is_the_callers_to_judge(run: Run, log: Path) -> None:
    done = run("print('last words', flush=True); raise SystemExit(3)")
    assert (done.succeeded, done.returncode) == (False, 3)
    assert log.read_text() == "last words\n"


def test_a_crash_keeps_what_was_printed(run: Run, log: Path) -> None:
    done = run("import os; print('before', flush=True); os.abort()")
    assert done.returncode == -signal.SIGABRT
    assert log.read_text() == "before\n"


def test_bytes_that_are_no_text_are_kept_and_shown(run: Run, log: Path) -> None:
    screen = io.StringIO()
    code = r"import os; os.write(1, b'\xff\x00 \xc3'); os.write(1, b'\xa4\n\xe2\x82')"
    run(code, echo=screen)
    assert log.read_bytes() == b"\xff\x00 \xc3\xa4\n\xe2\x82"
    assert screen.getvalue() == "\\xff\x00 ä\n\\xe2\\x82"


def test_a_screen_that_lacks_the_letters_shows_their_numbers(run: Run) -> None:
    below = io.BytesIO()
    screen = io.TextIOWrapper(below, encoding="ascii")
    run("import os; os.write(1, 'ä€\\n'.encode())", echo=screen)
    assert below.getvalue() == b"\\xe4\\u20ac\n"


def test_a_screen_that_is_gone_does_not_disturb(run: Run, log: Path) -> None:
    screen = io.StringIO()
    screen.close()
    assert run("print(1); print(2)", echo=screen).succeeded
    assert log.read_text() == "1\n2\n"


def test_lines_and_beginnings_of_lines_are_shown_as_they_come(run: Run) -> None:
    screen = Screen()
    code = (
        "import os, time\n"
        "os.write(1, b'a line\\n50%\\r60%'); time.sleep(0.6); os.write(1, b' done\\n')"
    )
    run(code, echo=screen)
    texts = [text for _, text in screen.seen]
    assert texts == ["a line\n50%\r", "60%", " done\n"]
    assert screen.seen[2][0] - screen.seen[1][0] > 0.3


def test_much_output_is_complete(run: Run, log: Path) -> None:
    run("import sys; sys.stdout.write('0123456789' * 1_000_000)")
    assert log.stat().st_size == 10_000_000


def test_only_the_given_variables_and_folder_are_there(
    run: Run, log: Path, tmp_path: Path
) -> None:
    code = "import os, sys; print(os.getcwd(), sorted(os.environ), sys.stdin.read())"
    run(code, env={**PATH, "A": "1=2\nb"})
    where, names = log.read_text().strip().split(" ", 1)
    assert where == str(tmp_path)
    assert set(eval(names)) - {"LC_CTYPE"} == {"A", "PATH"}  # noqa: S307 - our own print


def test_it_starts_with_no_signal_ignored(run: Run, log: Path) -> None:
    code = (
        "import signal\n"
        "names = ('SIGINT', 'SIGTERM', 'SIGCHLD', 'SIGHUP')\n"
        "print(*(str(signal.getsignal(getattr(signal, name))) for name in names))"
    )
    run(code)
    assert "SIG_IGN" not in log.read_text()
    run(["sh", "-c", "yes | head -n 1"])
    assert log.read_text().endswith("y\n")


def test_time_and_memory_are_measured(run: Run) -> None:
    slow = run("import time; time.sleep(0.3)")
    assert 0.3 <= slow.seconds < 10
    large = run("x = bytearray(150 << 20)")
    assert slow.peak_memory
    assert large.peak_memory
    assert slow.peak_memory < 100 * MIB
    assert 150 * MIB < large.peak_memory < 250 * MIB


def test_memory_of_children_counts_and_that_of_noxlock_does_not(run: Run) -> None:
    ballast = bytearray(200 * MIB)
    ballast[:: 1 << 12] = b"x" * len(ballast[:: 1 << 12])
    small = run("pass")
    assert small.peak_memory
    assert small.peak_memory < 100 * MIB < len(ballast)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    parent = run(code, "x = bytearray(150 << 20)")
    assert parent.peak_memory
    assert parent.peak_memory > 150 * MIB


@pytest.mark.parametrize(
    ("command", "folder", "what"),
    [
        (["no-such-program"], ".", "`no-such-program` was not found"),
        ([sys.executable], "nowhere", "there is no such folder"),
        (["./plain"], ".", "Permission denied"),
    ],
)
def test_what_cannot_be_started_says_why(
    run: Run, tmp_path: Path, command: list[str], folder: str, what: str
) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(EnvError, match=what):
        run(command, cwd=tmp_path / folder)


def test_a_log_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(EnvError, match="the log cannot be written") as info:
        run("pass", log=tmp_path / "no" / "log")
    assert info.value.file == str(tmp_path / "no" / "log")


FAMILY = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
{more}
time.sleep(60)
"""
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN += "; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize(
    ("more", "ended_by"), [("", signal.SIGTERM), (STUBBORN, signal.SIGKILL)]
)
def test_over_its_time_the_whole_group_is_ended(
    run: Run, log: Path, more: str, ended_by: int
) -> None:
    done = run(FAMILY.format(more=more), timeout=1.5)
    assert (done.timed_out, done.succeeded) == (True, False)
    assert done.returncode == -ended_by
    assert done.seconds < 20
    for pid in map(int, log.read_text().split()):
        wait_for(lambda pid=pid: not alive(pid))  # type: ignore[misc]


def test_in_time_is_in_time(run: Run) -> None:
    assert run("pass", timeout=60).succeeded


@pytest.mark.usefixtures("_hasty")
def test_what_a_command_leaves_behind_is_ended(run: Run, log: Path) -> None:
    began = time.monotonic()
    done = run(["sh", "-c", "sleep 60 & echo $!"])
    assert done.succeeded
    assert time.monotonic() - began < 20
    pid = int(log.read_text())
    wait_for(lambda: not alive(pid))


@pytest.mark.usefixtures("_hasty")
def test_what_left_the_group_is_not_waited_for(run: Run, log: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "print(subprocess.Popen(command, start_new_session=True).pid)"
    )
    began = time.monotonic()
    assert run(code).succeeded
    assert time.monotonic() - began < 20
    os.kill(int(log.read_text()), signal.SIGKILL)


@pytest.mark.usefixtures("_hasty")
def test_another_thread_can_end_all(run: Run, log: Path) -> None:
    found: list[Measured] = []
    threads = [
        threading.Thread(target=lambda: found.append(run(FAMILY.format(more=""))))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: log.exists() and len(log.read_text().split()) == 4)
    end_all()
    for thread in threads:
        thread.join(20)
    assert [done.returncode for done in found] == [-signal.SIGINT] * 2
    assert not found[0].timed_out
    end_all()  # nothing runs: nothing happens


@pytest.mark.usefixtures("_hasty")
def test_who_ends_all_again_and_again_does_not_begin_again_with_the_first_signal(
    run: Run, log: Path
) -> None:
    found: list[Measured] = []
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "time.sleep(60)"
    )
    thread = threading.Thread(target=lambda: found.append(run(code)))
    thread.start()
    wait_for(lambda: log.exists() and "deaf" in log.read_text())
    began = time.monotonic()
    while thread.is_alive() and time.monotonic() - began < 20:
        end_all()
        thread.join(0.05)

    assert [done.returncode for done in found] == [-signal.SIGTERM]


PARENT = """
import sys
from pathlib import Path
from noxlock.process import _follow, _measure
_follow.GRACE = 0.3
_measure.LAUNCHER = {launcher}
command = [sys.executable, "-c", sys.argv[1]]
try:
    _measure.measure(command, cwd=Path(), env={{}}, log=Path("log.txt"))
except KeyboardInterrupt:
    sys.exit(7)
"""
TIDY = (
    "signal.signal(signal.SIGINT, lambda *_: (print('tidy', flush=True), os._exit(0)))"
)


@pytest.mark.parametrize(
    ("more", "tidied"), [("", False), (TIDY, True), (STUBBORN, False)]
)
def test_ctrl_c_is_passed_on_to_the_group(
    tmp_path: Path, log: Path, more: str, *, tidied: bool
) -> None:
    code = PARENT.format(launcher=_measure.LAUNCHER)
    command = [sys.executable, "-c", code, FAMILY.format(more=more + "\nprint('up')")]
    with subprocess.Popen(command, start_new_session=True, cwd=tmp_path) as parent:
        wait_for(lambda: log.exists() and len(log.read_text().split()) >= 2)
        time.sleep(0.1)
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
        assert parent.wait(30) == 7
    first, second, *rest = log.read_text().split()
    assert ("tidy" in rest) == tidied
    for pid in (int(first), int(second)):
        wait_for(lambda pid=pid: not alive(pid))  # type: ignore[misc]


# The same launcher as a module: what measures coverage sees it.
AS_MODULE = ("-c", f"from {_launch.__name__} import main; main()")


@pytest.mark.parametrize(
    ("more", "launcher"),
    [
        ("", _measure.LAUNCHER),
        ("", AS_MODULE),
        pytest.param(STUBBORN, AS_MODULE, marks=pytest.mark.slow),
    ],
)
def test_when_noxlock_is_killed_the_group_is_ended(
    tmp_path: Path, log: Path, more: str, launcher: tuple[str, ...]
) -> None:
    code = PARENT.format(launcher=launcher)
    command = [sys.executable, "-c", code, FAMILY.format(more=more)]
    with subprocess.Popen(command, start_new_session=True, cwd=tmp_path) as parent:
        wait_for(lambda: log.exists() and len(log.read_text().split()) == 2)
        parent.kill()
    for pid in map(int, log.read_text().split()):
        wait_for(lambda pid=pid: not alive(pid))  # type: ignore[misc]


@pytest.mark.usefixtures("_hasty")
def test_the_launcher_tells_how_it_went(
    run: Run, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_measure, "LAUNCHER", AS_MODULE)
    assert run("import time; print(1); time.sleep(0.2)").succeeded
    assert run("raise SystemExit(3)").returncode == 3
    assert run(FAMILY.format(more=STUBBORN), timeout=2).returncode == -signal.SIGKILL
    with pytest.raises(EnvError, match="there is no such folder"):
        run("pass", cwd=tmp_path / "nowhere")
    assert log.read_text().startswith("1\n")


def test_a_launcher_that_breaks_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_measure, "LAUNCHER", ("-c", "pass"))
    with pytest.raises(EnvError, match="cannot run"):
        run("pass", env={**PATH, "LARGE": "x" * (1 << 16)})


@pytest.fixture(name="_groupless")
def _groupless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what Windows lacks away."""
    monkeypatch.delattr(os, "killpg")


@pytest.mark.usefixtures("_groupless")
def test_without_process_groups_a_command_is_followed_all_the_same(
    run: Run, log: Path, tmp_path: Path
) -> None:
    screen = io.StringIO()
    log.write_text("before\n")
    done = run("print(1); raise SystemExit(3)", echo=screen)
    assert (done.returncode, done.peak_memory, done.timed_out) == (3, None, False)
    assert (log.read_text(), screen.getvalue()) == ("before\n1\n", "1\n")
    late = run("import time; time.sleep(60)", timeout=0.3)
    assert (late.timed_out, late.succeeded) == (True, False)
    with pytest.raises(EnvError, match="there is no such folder"):
        run("pass", cwd=tmp_path / "nowhere")


@pytest.mark.usefixtures("_groupless")
def test_without_process_groups_ctrl_c_ends_the_command(
    run: Run, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(io.StringIO):
        def write(self, text: str) -> int:
            raise KeyboardInterrupt(text)

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        run(code, echo=Interrupted())
    monkeypatch.undo()
    wait_for(lambda: not alive(int(log.read_text())))


def test_a_start_that_the_system_spoils_is_tried_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = subprocess.Popen, iter([errno.EFAULT, errno.EFAULT])

    def spoiled(*args: object, **options: object) -> subprocess.Popen[bytes]:
        if number := next(failures, 0):
            raise OSError(number, os.strerror(number))
        return real(*args, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", spoiled)
    assert run("print('done')").returncode == 0


def test_a_start_that_fails_each_time_is_an_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(*_: object, **__: object) -> None:
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))

    monkeypatch.setattr(subprocess, "Popen", spoiled)
    with pytest.raises(EnvError, match="Bad address"):
        run("print('done')")

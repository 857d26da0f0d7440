"""Many runs at once, and runs that are killed in the middle."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from noxlock.model import Sha256
from noxlock.store import LinkedWheel
from noxlock.store.store import Store
from support.interpreters import running
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter

pytestmark = pytest.mark.slow

WORK = """
import os, signal, sys
from pathlib import Path
from noxlock.model import Interpreter, Sha256, Subdir, Target
from noxlock.store import LinkedWheel
from noxlock.store.store import Store

root, wheel, prefix, executable, version, tag, magic, *sha256s = sys.argv[1:]
sha256 = Sha256(sha256s[0])
interpreter = Interpreter(
    executable=Path(executable),
    version=version,
    target=Target(subdir=Subdir.LINUX_64, python=version),
    cache_tag=tag,
    magic=magic,
)
store = Store(Path(root), environ={})
print("ready", flush=True)
event, _, end = sys.stdin.readline().strip().partition(" ")
unfinished = str(Path(root) / "tmp")


def die(name, args):
    if name == event and str(args[0]).startswith(unfinished):
        if str(args[0]).endswith(end):
            os.kill(os.getpid(), signal.SIGKILL)


if event:
    sys.addaudithook(die)
store.add_wheel(Path(wheel), sha256)
store.compile([sha256], interpreter)
if prefix:
    Path(prefix).mkdir()
    store.link([LinkedWheel(sha256=sha256)], Path(prefix), interpreter)
"""


HOLD = """
import sys, time
from pathlib import Path
from noxlock.store.store import Store

with Store(Path(sys.argv[1]), environ={}).hold() as store:
    print("held", flush=True)
    time.sleep(0.3)
    assert store.has_wheel(sys.argv[2])
"""


class Runs:
    """Starts processes that each add, compile and link one wheel."""

    def __init__(self, root: Path, wheel: Path, interpreter: Interpreter) -> None:
        self.root = root
        self.wheel = wheel
        self.interpreter = interpreter
        self.sha256 = Sha256(hashlib.sha256(wheel.read_bytes()).hexdigest())

    def start(self, prefix: str = "") -> subprocess.Popen[bytes]:
        """Start one that waits for a line before it works."""
        chosen = self.interpreter
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", WORK, str(self.root), str(self.wheel), prefix),
                *(str(chosen.executable), chosen.version),
                *(chosen.cache_tag, chosen.magic, self.sha256),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        return process

    def go(self, prefix: str = "", *, moment: str = "") -> subprocess.Popen[bytes]:
        """Start one that works at once.

        *moment* is an audit event and the end of its first argument, a path of what is
        not finished yet: there the run kills itself, as `kill -9` would.
        """
        process = self.start(prefix)
        assert process.stdin
        process.stdin.write(f"{moment}\n".encode())
        process.stdin.flush()
        return process


def killed(process: subprocess.Popen[bytes]) -> bool:
    process.communicate()
    return process.returncode == -signal.SIGKILL


def runs(tmp_path: Path, files: dict[str, str | bytes]) -> Runs:
    filename, data = make_wheel("demo", "1.0", files)
    (tmp_path / filename).write_bytes(data)
    return Runs(tmp_path / "store", tmp_path / filename, running())


def counted(store: Store) -> dict[str, int]:
    """Return the entries of the buckets that have any, without their versions."""
    return {
        bucket.name.partition("-v")[0]: bucket.entries
        for bucket in store.info().buckets
        if bucket.entries
    }


def test_runs_at_once_make_one_entry_and_each_its_environment(tmp_path: Path) -> None:
    work = runs(tmp_path, {f"demo/m{n}.py": f"x = {n}\n" for n in range(150)})
    started = [work.go(str(tmp_path / f"env{n}")) for n in range(4)]
    errors = [process.communicate()[1] for process in started]

    assert errors == [b""] * 4
    store = Store(work.root, environ={})
    assert counted(store) == {"wheels": 1, "bytecode": 1}
    assert store.verify().damaged == ()
    trees = [
        sorted(
            (path.relative_to(prefix).as_posix(), path.stat().st_size)
            for path in prefix.rglob("*")
            if path.is_file() and path.name != "RECORD"
        )
        for prefix in sorted(tmp_path.glob("env*"))
    ]
    assert len(trees[0]) == 303
    assert trees == [trees[0]] * 4


@pytest.mark.parametrize(
    "moment", ["open m12.bin", "open entry.json", "os.rename {sha256}"]
)
def test_a_run_killed_while_it_adds_leaves_no_entry(
    tmp_path: Path, moment: str
) -> None:
    work = runs(tmp_path, {f"m{n}.bin": os.urandom(100) for n in range(24)})
    store = Store(work.root, environ={})
    assert killed(work.go(moment=moment.format(sha256=work.sha256)))

    assert not store.has_wheel(work.sha256)
    assert counted(store) == {"tmp": 1}
    assert store.info().buckets[-1].files >= 12
    store.add_wheel(work.wheel, work.sha256)
    assert store.verify().damaged == ()
    assert store.gc().leftovers == 1
    assert store.has_wheel(work.sha256)


@pytest.mark.parametrize("moment", ["open entry.json", "os.rename {sha256}"])
def test_a_run_killed_before_bytecode_is_in_its_place_leaves_none(
    tmp_path: Path, moment: str
) -> None:
    work = runs(tmp_path, {"demo.py": "x = 1\n"})
    store = Store(work.root, environ={})
    store.add_wheel(work.wheel, work.sha256)
    assert killed(work.go(moment=moment.format(sha256=work.sha256)))

    entry = store.places.bytecode(work.sha256, work.interpreter)
    assert not entry.exists()
    store.compile([work.sha256], work.interpreter)
    assert len(list(entry.rglob("*.pyc"))) == 1
    assert store.gc().leftovers == 1


def test_a_run_killed_while_compiling_leaves_no_bytecode(tmp_path: Path) -> None:
    body = "".join(f"def f{n}(a, b):\n    return [a, b, {n}]\n" for n in range(300))
    work = runs(tmp_path, {f"m{n}.py": body for n in range(150)})
    store = Store(work.root, environ={})
    process = work.go()
    while not any_bytecode(store.places.temporary):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert killed(process)

    entry = store.places.bytecode(work.sha256, work.interpreter)
    assert store.has_wheel(work.sha256)
    assert not entry.exists()
    store.compile([work.sha256], work.interpreter)
    assert len(list(entry.rglob("*.pyc"))) == 150
    assert store.verify().damaged == ()


def any_bytecode(folder: Path) -> bool:
    names = (name for _, _, names in os.walk(folder) for name in names)
    return any(name.endswith(".pyc") for name in names)


def test_cleaning_waits_until_a_run_is_done(tmp_path: Path) -> None:
    work = runs(tmp_path, {"demo.py": "x = 1\n"})
    store = Store(work.root, environ={})
    store.add_wheel(work.wheel, work.sha256)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(work.root),
            work.sha256,
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"

    assert store.gc(everything=True).entries == 1
    holder.communicate()
    assert holder.returncode == 0


def test_threads_of_one_run_share_a_store(tmp_path: Path) -> None:
    work = runs(tmp_path, {f"demo/m{n}.py": f"x = {n}\n" for n in range(50)})
    store = Store(work.root, environ={})

    def link(number: int) -> None:
        store.add_wheel(work.wheel, work.sha256)
        store.compile([work.sha256], work.interpreter)
        prefix = tmp_path / f"env{number}"
        prefix.mkdir()
        store.link([LinkedWheel(sha256=work.sha256)], prefix, work.interpreter)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(link, range(3)))
    assert len(list(tmp_path.glob("env*/**/m1.py"))) == 3
    assert store.verify().damaged == ()

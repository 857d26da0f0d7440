"""Work that is shared out comes out as if one had done it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import blake3 as blake3_package
import pytest
from blake3 import blake3

from noxlock.errors import StoreError
from noxlock.store import _crew, _worker
from noxlock.store._crew import run_crew

if TYPE_CHECKING:
    from noxlock.store._checking import File
    from noxlock.store._worker import Group

MTIME = 315_619_200


@pytest.fixture(params=[1, 2, 5], name="processes")
def _processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count = int(request.param)
    monkeypatch.setattr(_crew, "processors", lambda: count)
    monkeypatch.setattr(_crew, "_WORTH", 1.0)
    return count


def stored(folder: Path, name: str, text: str = "x") -> File:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    os.utime(folder / name, (MTIME, MTIME))
    return name, blake3(text.encode()).hexdigest(), len(text), MTIME, False, False


def groups(store: Path, folders: int = 7) -> list[Group]:
    """Return groups of a few files each, the last one of bytecode."""
    found: list[Group] = []
    for number in range(folders):
        base = store / f"pkg{number}"
        files = [stored(base, f"m{n}.py", f"{number} {n}") for n in range(number + 1)]
        found.append((number % 3, f"{base}/", f"lib/pkg{number}/", files))
    cached = stored(store / "pkg0/__pycache__", "m0.cpython-311.pyc")
    place = "lib/pkg0/__pycache__/"
    found.append((0, f"{store}/pkg0/__pycache__/", place, [cached]))
    return found


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("mode", ["hardlink", "copy"])
def test_all_is_placed_by_any_number_of_processes(
    tmp_path: Path, processes: int, mode: str
) -> None:
    prefix = tmp_path / f"prefix{processes}"
    prefix.mkdir()

    work = groups(tmp_path / "s")
    assert run_crew(mode, work, quick=False, prefix=prefix) == []
    assert tree(prefix / "lib") == tree(tmp_path / "s")


@pytest.mark.usefixtures("processes")
def test_what_is_damaged_is_told_in_one_order_and_not_placed(tmp_path: Path) -> None:
    work = groups(tmp_path / "s")
    for name in ("pkg5/m2.py", "pkg1/m0.py", "pkg6/m6.py"):
        (tmp_path / "s" / name).write_text("other")
    (tmp_path / "s/pkg2/m1.py").unlink()

    damaged = run_crew("hardlink", work, quick=False, prefix=tmp_path)

    base = f"{tmp_path}/s"
    assert damaged == [
        (0, f"{base}/pkg6/m6.py", "size changed"),
        (1, f"{base}/pkg1/m0.py", "size changed"),
        (2, f"{base}/pkg2/m1.py", "No such file or directory"),
        (2, f"{base}/pkg5/m2.py", "size changed"),
    ]
    assert not (tmp_path / "lib/pkg6/m6.py").exists()
    assert (tmp_path / "lib/pkg6/m5.py").exists()


@pytest.mark.usefixtures("processes")
def test_new_bytecode_stays_where_its_module_takes_the_place_of_another(
    tmp_path: Path,
) -> None:
    for old in ("lib/pkg0/m0.py", "lib/pkg0/__pycache__/m0.cpython-311.pyc"):
        (tmp_path / old).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / old).write_text("old")

    run_crew("hardlink", groups(tmp_path / "s"), quick=False, prefix=tmp_path)

    assert tree(tmp_path / "lib") == tree(tmp_path / "s")


@pytest.mark.usefixtures("processes")
def test_a_file_that_cannot_be_placed_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pkg6").write_text("a file where a folder must be")

    with pytest.raises(FileExistsError, match=r"lib/pkg6"):
        run_crew("hardlink", groups(tmp_path / "s"), quick=False, prefix=tmp_path)


def test_a_process_that_cannot_work_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_crew, "processors", lambda: 2)
    monkeypatch.setattr(_crew, "_WORTH", 1.0)
    script = tmp_path / "worker.py"
    script.write_text("raise SystemExit('out of order')")
    monkeypatch.setattr(_worker, "__file__", str(script))

    with pytest.raises(StoreError, match="links files failed: out of order"):
        run_crew("hardlink", groups(tmp_path / "s"), quick=False, prefix=tmp_path)


ORPHAN = """
import marshal, os, subprocess, sys
job, worker, libraries, prefix = sys.argv[1:]
with open(job, "rb") as stream:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", worker, str(os.getpid()), libraries, "0"],
        stdin=stream, stdout=subprocess.DEVNULL, stderr=open(job + ".err", "wb"),
        cwd=prefix,
    )
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_of_a_run_that_was_killed_nothing_reaches_the_next_environment(
    tmp_path: Path,
) -> None:
    """The orphan goes on where its folder is now, at most to the end of one folder."""
    import marshal  # noqa: PLC0415

    files = [stored(tmp_path / f"s/{n}", f"{k}.py") for n in (1,) for k in range(20)]
    work = [(0, f"{tmp_path}/s/1/", f"lib/{n}/", files) for n in range(2000)]
    job, prefix = tmp_path / "job", tmp_path / "env"
    chunks = [list(range(len(work)))]
    job.write_bytes(marshal.dumps(("hardlink", False, "", work, chunks, None)))
    prefix.mkdir()
    libraries = str(Path(blake3_package.__file__).parent.parent)
    command = [sys.executable, "-c", ORPHAN, str(job), _worker.__file__, libraries]
    with subprocess.Popen([*command, str(prefix)], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
    prefix.rename(tmp_path / "aside")
    prefix.mkdir()
    while _alive(pid):
        time.sleep(0.01)

    assert (tmp_path / "job.err").read_bytes() == b"", "it did not get to work"
    assert list(prefix.iterdir()) == []
    assert len(list(tmp_path.glob("aside/lib/*"))) < 2000


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

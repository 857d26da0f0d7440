"""A bare environment: an interpreter and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import find_interpreter, make_venv, replacing, venv_python
from noxlock.envs import venv as module
from noxlock.envs.venv import venv_scripts, venv_site_packages
from noxlock.errors import EnvError, InterpreterError

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.model import Interpreter

LOOK = """
import json, site, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps([
    sys.prefix, sys.base_prefix != sys.prefix, paths["purelib"], paths["scripts"],
    [p for p in sys.path if "site-packages" in p], sys.version.split()[0],
]))
"""


@pytest.fixture
def interpreter() -> Interpreter:
    """Return our own base interpreter."""
    return find_interpreter("3")


def remove(prefix: Path) -> None:
    """Take the environment away."""
    with replacing(prefix):
        pass
    for thread in threading.enumerate():
        if thread.name == "deleting":
            thread.join()


def look(prefix: Path) -> list[object]:
    """Return what the interpreter of the environment says of itself."""
    command = [str(venv_python(prefix)), "-I", "-c", LOOK]
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    found: list[object] = json.loads(printed)
    return found


@pytest.mark.interpreters
@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_an_environment_sees_its_own_site_packages_only(
    tmp_path: Path, version: str, *, by_hand: bool
) -> None:
    try:
        interpreter = find_interpreter(version)
    except InterpreterError as error:
        pytest.skip(str(error))
    prefix = tmp_path / "env"
    make_venv(prefix, interpreter, by_hand=by_hand)
    site_packages = str(venv_site_packages(prefix, interpreter))
    assert look(prefix) == [
        str(prefix),
        True,
        site_packages,
        str(venv_scripts(prefix)),
        [site_packages],
        interpreter.version,
    ]
    assert list(venv_site_packages(prefix, interpreter).iterdir()) == []


def test_activation_can_be_sourced_and_undone(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    prefix = tmp_path / "it's"
    make_venv(prefix, interpreter)
    script = '. "$1"; command -v python; deactivate; echo "$PATH${VIRTUAL_ENV-}"'
    command = ["sh", "-euc", script, "sh", str(prefix / "bin/activate")]
    said = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin"}, check=True, capture_output=True
    )
    assert said.stdout.decode().split() == [str(prefix / "bin/python"), "/usr/bin:/bin"]


def test_a_folder_that_cannot_be_written_is_one_error(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvError, match="cannot make an environment"):
        make_venv(tmp_path / "file/env", interpreter)


def test_the_venv_module_that_fails_says_why(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    (tmp_path / "env").write_text("")
    with pytest.raises(EnvError, match="cannot make an environment"):
        make_venv(tmp_path / "env", interpreter, by_hand=False)


def test_windows_has_its_own_folders(
    tmp_path: Path, interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WINDOWS", True)
    assert venv_python(tmp_path) == tmp_path / "Scripts/python.exe"
    site_packages = venv_site_packages(tmp_path, interpreter)
    assert site_packages == tmp_path / "Lib/site-packages"


def test_removing_takes_away_environments_only(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    prefix = tmp_path / "env"
    remove(prefix)
    prefix.mkdir()
    remove(prefix)
    make_venv(prefix, interpreter)
    remove(prefix)
    assert list(tmp_path.iterdir()) == []
    (prefix / "data").mkdir(parents=True)
    with pytest.raises(EnvError, match="it is no environment"):
        remove(prefix)
    link = tmp_path / "link"
    link.symlink_to(prefix)
    with pytest.raises(EnvError, match="it is no folder"):
        remove(link)


def test_a_removal_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    prefix = tmp_path / "env"
    make_venv(prefix, interpreter)
    (tmp_path / ".env.removed-1").mkdir()
    (tmp_path / ".env.removed-1/half").write_text("")
    remove(prefix)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_what_cannot_be_removed_is_one_error(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    prefix = tmp_path / "env"
    make_venv(prefix, interpreter)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(EnvError, match="cannot remove"):
            remove(prefix)
    finally:
        tmp_path.chmod(0o700)

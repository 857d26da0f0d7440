"""Activation scripts, run by the real shells."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from noxlock.envs.activation import activate, activation_script
from noxlock.errors import EnvError

if TYPE_CHECKING:
    from pathlib import Path

USER = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "KEPT": "as it is"}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    for folder in ("bin", "conda-meta", "etc/conda/activate.d", "etc/conda/env_vars.d"):
        (tmp_path / "env" / folder).mkdir(parents=True)
    return tmp_path / "env"


def script(prefix: Path, name: str, text: str) -> None:
    (prefix / "etc" / "conda" / "activate.d" / name).write_text(text)


def test_a_bare_prefix_gets_what_conda_sets(prefix: Path) -> None:
    found = activate(prefix, activation_script(prefix), USER)
    assert found.variables == {
        "CONDA_DEFAULT_ENV": str(prefix),
        "CONDA_PREFIX": str(prefix),
        "CONDA_PROMPT_MODIFIER": f"({prefix}) ",
        "CONDA_SHLVL": "1",
        "PATH": f"{prefix}/bin:/usr/bin:/bin",
    }
    assert found.paths == (f"{prefix}/bin",)


def test_files_state_and_scripts_come_in_their_order(prefix: Path) -> None:
    (prefix / "etc/conda/env_vars.d/a.json").write_text('{"ONE": "1", "TWO": "2"}')
    (prefix / "conda-meta/state").write_text('{"env_vars": {"TWO": "two"}}')
    script(prefix, "a.sh", 'export THREE="$ONE$TWO"; unset KEPT\n')
    script(prefix, "b.sh", 'export THREE="$THREE!"; echo "says something"\n')
    found = activate(prefix, activation_script(prefix), USER).variables
    assert (found["ONE"], found["TWO"]) == ("1", "two")
    assert found["THREE"] == "1two!"
    assert found["KEPT"] is None


def test_what_scripts_put_on_the_path_keeps_its_place(prefix: Path) -> None:
    script(prefix, "a.sh", 'export PATH="/first:$PATH:/last:/usr/bin"\n')
    found = activate(prefix, activation_script(prefix), USER)
    assert found.variables["PATH"] == f"/first:{prefix}/bin:/usr/bin:/bin:/last"
    assert found.paths == ("/first", f"{prefix}/bin")


def test_an_environment_that_is_on_the_path_already_comes_first(prefix: Path) -> None:
    user = {**USER, "PATH": f"/usr/bin:{prefix}/bin:/bin"}
    found = activate(prefix, activation_script(prefix), user)
    assert found.variables["PATH"] == f"{prefix}/bin:/usr/bin:/bin"


def test_it_works_where_there_is_no_bash(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(prefix, "a.sh", "export ONE=1\n")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    found = activate(prefix, activation_script(prefix), USER).variables
    assert found["ONE"] == "1"


def test_a_script_that_ends_the_shell_is_named_with_its_reason(prefix: Path) -> None:
    script(prefix, "a.sh", "echo 'no licence' >&2; exit 3\n")
    with pytest.raises(EnvError, match="no licence") as caught:
        activate(prefix, activation_script(prefix), USER)
    assert caught.value.hint


def test_a_malformed_state_file_is_named(prefix: Path) -> None:
    (prefix / "conda-meta/state").write_text("{")
    with pytest.raises(EnvError, match="cannot be activated") as caught:
        activation_script(prefix)
    assert caught.value.hint


def test_a_prefix_that_is_gone_is_an_error(prefix: Path) -> None:
    text = activation_script(prefix)
    shutil.rmtree(prefix)
    with pytest.raises(EnvError, match="cannot be activated"):
        activate(prefix, text, USER)

"""The interpreter that is asked for is found, or the error lists those there are."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from noxlock.envs import _probe, find_interpreter, make_venv
from noxlock.envs.probing import Probes, interpreter_from, is_usable
from noxlock.errors import InterpreterError

FACTS = _probe.facts()
HERE = platform.python_version()
VERSIONS = Path(
    os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"),
    "versions",
)

FAKE = """#!/bin/sh
echo '{facts}'
"""


def other_python() -> str:
    """Return the version of a pyenv CPython of another minor than ours, or skip."""
    ours = HERE.rpartition(".")[0]
    names = [path.name for path in VERSIONS.iterdir()] if VERSIONS.is_dir() else []
    usable = [name for name in names if re.fullmatch(r"3\.([89]|1\d)\.\d+", name)]
    others = [name for name in usable if not name.startswith(f"{ours}.")]
    if not others:
        pytest.skip("no other interpreter is installed")
    return others[0]


@pytest.mark.parametrize("spec", ["3", HERE.rpartition(".")[0], HERE, f"python{HERE}"])
def test_our_own_interpreter_is_preferred(spec: str) -> None:
    found = find_interpreter(spec)
    assert found.version == HERE
    assert found.executable == Path(os.path.realpath(FACTS["executable"]))
    assert found.cache_tag == sys.implementation.cache_tag
    assert found.target.python == HERE


@pytest.mark.interpreters
def test_a_version_of_pyenv_is_found_without_shims(tmp_path: Path) -> None:
    version = other_python()
    environ = {"PATH": "/nowhere", "PYENV_ROOT": str(VERSIONS.parent)}
    found = find_interpreter(version, environ=environ, cache=tmp_path)
    assert found.version == version
    assert found.executable.is_relative_to(VERSIONS)


@pytest.mark.interpreters
def test_a_pythons_of_uv_is_found(tmp_path: Path) -> None:
    version = other_python()
    install = tmp_path / f"uv/cpython-{version}-linux-x86_64-gnu"
    install.parent.mkdir()
    install.symlink_to(VERSIONS / version)
    environ = {
        "PATH": "/nowhere",
        "PYENV_ROOT": "/nowhere",
        "UV_PYTHON_INSTALL_DIR": str(install.parent),
    }
    assert find_interpreter(version, environ=environ).version == version


@pytest.mark.interpreters
def test_the_active_version_of_pyenv_stands_where_its_shims_are(
    tmp_path: Path,
) -> None:
    version = other_python()
    (tmp_path / "versions").symlink_to(VERSIONS)
    (tmp_path / "version").write_text(f"{version}\n")
    environ = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path)}
    assert find_interpreter(version, environ=environ).version == version


@pytest.mark.interpreters
def test_a_second_search_asks_no_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = other_python()
    environ = {"PATH": "/nowhere", "PYENV_ROOT": str(VERSIONS.parent)}
    first = find_interpreter(version, environ=environ, cache=tmp_path)
    monkeypatch.setattr(subprocess, "run", None)
    monkeypatch.setattr(Probes, "search", None)
    assert find_interpreter(version, environ=environ, cache=tmp_path) == first


@pytest.mark.interpreters
def test_an_environments_interpreter_means_its_base(tmp_path: Path) -> None:
    base = find_interpreter(HERE)
    make_venv(tmp_path / "env", base)
    python = tmp_path / "env/bin/python"
    assert find_interpreter(str(python)).executable == base.executable
    found = find_interpreter("./env/bin/python", root=tmp_path)
    assert found.executable == base.executable


def test_a_missing_version_lists_what_was_found(tmp_path: Path) -> None:
    environ = {"PATH": "/nowhere", "PYENV_ROOT": "/nowhere", "HOME": str(tmp_path)}
    with pytest.raises(InterpreterError) as info:
        find_interpreter("3.99", environ=environ, cache=tmp_path)
    assert f"{HERE} ({os.path.realpath(FACTS['executable'])})" in str(info.value)
    assert "install it" in str(info.value.hint)


@pytest.mark.parametrize("spec", ["pypy3.9", "three", "2.7", "3.11.x", ""])
def test_what_names_no_cpython_is_refused(spec: str) -> None:
    with pytest.raises(InterpreterError, match="names no CPython") as info:
        find_interpreter(spec)
    assert "3.11" in str(info.value.hint)


def test_a_path_without_an_interpreter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="there is no interpreter at"):
        find_interpreter(str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(InterpreterError, match="does not run as a Python"):
        find_interpreter(str(tmp_path / "python"), cache=tmp_path / "cache")


def test_an_interpreter_that_is_not_supported_says_what_it_is(tmp_path: Path) -> None:
    facts = FACTS | {"implementation": "pypy", "executable": "/usr/bin/pypy"}
    python = tmp_path / "python"
    python.write_text(FAKE.format(facts=str(facts).replace("'", '"')))
    python.chmod(0o755)
    with pytest.raises(InterpreterError, match=rf"is pypy {re.escape(HERE)}"):
        find_interpreter(str(python))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"implementation": "pypy"}, id="another implementation"),
        pytest.param({"version": "3.7.17"}, id="too old"),
        pytest.param({"bits": "32"}, id="32 bits"),
        pytest.param({"abiflags": "t"}, id="free-threaded"),
    ],
)
def test_unsupported_interpreters_are_passed_over(change: dict[str, str]) -> None:
    assert is_usable(FACTS)
    assert not is_usable(FACTS | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"system": "linux", "machine": "s390x"}, "linux-s390x"),
        ({"system": "linux", "machine": "x86_64", "glibc": ""}, "without glibc"),
    ],
)
def test_unknown_platforms_are_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(InterpreterError, match=message):
        interpreter_from(FACTS | change)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"system": "darwin", "machine": "arm64", "macos": "14.2.1", "glibc": ""},
            ("osx-arm64", (2, 39), (14, 2)),
        ),
        (
            {"system": "linux", "machine": "x86_64", "macos": "", "glibc": "2.36"},
            ("linux-64", (2, 36), (14, 0)),
        ),
        (
            {"system": "darwin", "machine": "x86_64", "macos": "11", "glibc": ""},
            ("osx-64", (2, 39), (11, 0)),
        ),
    ],
)
def test_the_target_has_the_machines_own_floors(
    facts: dict[str, str], expected: tuple[Any, ...]
) -> None:
    target = interpreter_from(FACTS | facts).target
    assert (target.subdir, target.glibc, target.macos) == expected


def test_a_damaged_cache_is_no_harm(tmp_path: Path) -> None:
    probes = Probes(cache=tmp_path, environ={})
    first = probes.ask(sys.executable)
    for file in (tmp_path / "interpreters-v1").glob("*.json"):
        file.write_text("[]")
    assert probes.ask(sys.executable) == first
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert Probes(cache=blocked, environ={}).ask(sys.executable) == first


@pytest.mark.interpreters
def test_every_installed_interpreter_answers_the_probe() -> None:
    for python in sorted(VERSIONS.glob("3.*/bin/python")):
        facts = Probes(cache=None, environ={}).ask(str(python))
        if facts is not None and is_usable(facts):
            assert facts["version"] == python.parts[-3]

"""`noxlock plan` prints the exact artifacts of an environment."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from support.command import in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
LINUX = ("--python", "3.11", "--target", "linux-64")
MAC = ("--python", "3.11", "--target", "osx-arm64")
LOCK = ("plan", "--lock", "poetry.lock")
ENVIRONMENTS = """\
environments:
  cpu:
    python: "3.11"
    pypi: poetry.lock
    groups: [main, test]
    target: linux-64
  old: {python: ["3.12", "3.11"], pypi: poetry.lock, target: osx-arm64}
  here: {python: "%s", pypi: poetry.lock}
  any: {pypi: poetry.lock, target: osx-64}
"""


@pytest.fixture(name="declared")
def _declared(project: Path) -> Path:
    (project / "sessions").mkdir()
    (project / "sessions/environments.yml").write_text(ENVIRONMENTS % HERE)
    return project


@pytest.mark.usefixtures("project")
def test_json_is_the_contract(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, "--groups", "main,test", *LINUX, "--json")
    assert ended.status == 0
    plan = json.loads(ended.out)
    assert plan.pop("python") == "3.11"
    assert plan == {
        "target": "linux-64",
        "packages": [
            {
                "name": "ham",
                "version": "1.0",
                "kind": "wheel",
                "artifact": "ham-1.0-py3-none-linux_x86_64.whl",
                "url": None,
                "sha256": "a" * 64,
                "groups": ["test"],
            },
            {
                "name": "spam",
                "version": "1.0",
                "kind": "wheel",
                "artifact": "spam-1.0-py3-none-any.whl",
                "url": None,
                "sha256": "b" * 64,
                "groups": ["main"],
            },
        ],
    }


@pytest.mark.usefixtures("project")
def test_a_table_is_for_people_and_the_summary_apart(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, "--groups", "all", *LINUX)
    assert [line.split() for line in ended.out.splitlines()] == [
        ["name", "version", "kind", "artifact", "groups"],
        ["ham", "1.0", "wheel", "ham-1.0-py3-none-linux_x86_64.whl", "test"],
        ["spam", "1.0", "wheel", "spam-1.0-py3-none-any.whl", "main"],
    ]
    warnings = ended.err.splitlines()[:-1]
    assert warnings
    assert all(" asks for `" in line for line in warnings)
    last = ended.err.splitlines()[-1]
    assert last.startswith("2 packages of poetry.lock (lint, main, test) for linux-64,")


@pytest.mark.usefixtures("project")
def test_main_on_this_machine_is_the_default(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK)
    assert ended.status == 0
    assert "spam" in ended.out
    assert "ham" not in ended.out
    assert ended.err.startswith("1 package of poetry.lock (main)")


@pytest.mark.usefixtures("project")
def test_what_fits_nowhere_is_an_error_or_listed(noxlock: Noxlock) -> None:
    stopped = noxlock(*LOCK, "--groups", "all", *MAC, "--json")
    assert (stopped.status, stopped.out) == (2, "")
    assert stopped.err.startswith("error: poetry.lock: ")
    assert "ham" in stopped.err
    listed = noxlock(*LOCK, "--groups", "all", *MAC, "--json", "--keep-going")
    assert listed.status == 1
    artifacts = {p["name"]: p["artifact"] for p in json.loads(listed.out)["packages"]}
    assert artifacts == {"ham": None, "spam": "spam-1.0-py3-none-any.whl"}
    assert "warning: " in listed.err


def test_an_environment_is_planned_as_the_noxfile_declares_it(declared: Path) -> None:
    text = 'import noxlock\nprint("hello")\nnoxlock.load("sessions")\n'
    (declared / "noxfile.py").write_text(text)
    ended = in_a_process("plan", "cpu", "--json")
    assert ended.err.startswith("hello\n")
    cpu = json.loads(ended.out)
    assert cpu["target"] == "linux-64"
    assert [package["name"] for package in cpu["packages"]] == ["ham", "spam"]


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("arguments", "target", "python"),
    [
        pytest.param(["old"], "osx-arm64", "3.12", id="the first of several pythons"),
        pytest.param(["old", "--python", "3.11"], "osx-arm64", "3.11", id="python"),
        pytest.param(["old", "--target", "win-64"], "win-64", "3.12", id="target"),
        pytest.param(["here"], None, HERE, id="this machine"),
        pytest.param(["any"], "osx-64", "3.", id="any python, as it is here"),
    ],
)
def test_options_override_what_is_declared(
    noxlock: Noxlock, arguments: list[str], target: str | None, python: str
) -> None:
    ended = noxlock("plan", *arguments, "--json")
    assert ended.status == 0, ended.err
    plan = json.loads(ended.out)
    assert target is None or plan["target"] == target
    assert plan["python"].startswith(python)


def test_a_stale_lock_is_planned_with_a_warning(
    declared: Path, noxlock: Noxlock
) -> None:
    text = (declared / "pyproject.toml").read_text()
    (declared / "pyproject.toml").write_text(text.replace('"spam"', '"spam>1"'))
    ended = noxlock("plan", "cpu")
    assert ended.status == 0
    assert ended.err.startswith("warning: poetry.lock is stale: ")


def test_another_project_is_named_with_an_option(
    declared: Path, noxlock: Noxlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(declared.parent)
    assert noxlock("-C", "project", "plan", "cpu").status == 0
    ended = noxlock("-C", "absent", "plan", "cpu")
    assert ended.status == 2
    assert "there is no such folder" in ended.err


def test_a_folder_without_definitions_has_a_way_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noxlock: Noxlock
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = noxlock("plan", "cpu")
    assert ended.status == 2
    assert "unknown environment `cpu`; known: none" in ended.err
    assert "hint: `noxlock init` writes a first noxfile" in ended.err


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["cup"], ["unknown environment `cup`", "`cpu`"], id="environment"),
        pytest.param(
            ["--lock", "poetry.lock", "--groups", "tset"],
            ["poetry.lock: unknown group `tset`", "did you mean `test`?"],
            id="group",
        ),
        pytest.param(
            ["--lock", "poetry.lock", "--target", "linux-46"],
            ["unknown target `linux-46`", "did you mean `linux-64`?"],
            id="target",
        ),
        pytest.param(
            ["--lock", "absent.lock"],
            ["error: absent.lock: the lock cannot be read: No such file"],
            id="no lock",
        ),
        pytest.param([], ["give an environment, or --lock FILE"], id="nothing"),
        pytest.param(
            ["cpu", "--lock", "poetry.lock"], ["give an environment"], id="both"
        ),
        pytest.param(["cpu", "--groups", "main"], ["give an environment"], id="groups"),
        pytest.param(["--wat"], ["No such option"], id="option"),
    ],
)
def test_a_bad_request_says_what_to_do(
    noxlock: Noxlock, arguments: list[str], said: list[str]
) -> None:
    ended = noxlock("plan", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert all(text in ended.err for text in said), ended.err


def test_includes_are_read_beside_the_lock(project: Path, noxlock: Noxlock) -> None:
    digest = "c" * 64
    (project / "base.txt").write_text(f"eggs==1.0 --hash=sha256:{digest}\n")
    (project / "requirements.txt").write_text("-r base.txt\n")
    ended = noxlock("plan", "--lock", "requirements.txt", *LINUX)
    assert "eggs" in ended.out
    (project / "requirements.txt").write_text("-r absent.txt\n")
    ended = noxlock("plan", "--lock", "requirements.txt", *LINUX)
    assert ended.status == 2
    assert "absent.txt" in ended.err

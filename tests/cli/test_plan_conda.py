"""`noxlock plan` of locks of conda packages, alone and below wheels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command import Ended

    Noxlock = Callable[..., Ended]

ASSETS = Path(__file__).parent.parent / "assets"
SOUND = (ASSETS / "conda-lock/sound.yml").read_text()
LOCK = ("plan", "--lock", "conda-lock.yml")
LINUX = ("--target", "linux-64")
ENVIRONMENTS = """\
environments:
  cuda: {conda: conda-lock.yml, pypi: poetry.lock, target: linux-64-cuda}
  bare: {conda: conda-lock.yml, target: linux-64}
  wrong: {conda: poetry.lock}
"""


@pytest.fixture(autouse=True)
def _locked(project: Path) -> None:
    (project / "conda-lock.yml").write_text(SOUND)


def packages(ended: Ended) -> dict[str, dict[str, Any]]:
    assert ended.status == 0, ended.err
    return {package["name"]: package for package in json.loads(ended.out)["packages"]}


def test_json_is_the_contract_of_poetry_lock(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, *LINUX, "--groups", "main,dev", "--json")

    plan = json.loads(ended.out)
    assert (plan["target"], plan["python"]) == ("linux-64", "3.11.7")
    found = packages(ended)
    assert list(found) == ["idna", "numpy", "plugin", "python"]
    assert found["numpy"] == {
        "name": "numpy",
        "version": "2.0",
        "kind": "conda",
        "artifact": "numpy-2.0-py311_0.tar.bz2",
        "url": "https://conda.example.org/demo/linux-64/numpy-2.0-py311_0.tar.bz2",
        "sha256": "ab" * 32,
        "groups": ["main"],
    }
    assert (found["idna"]["kind"], found["idna"]["groups"]) == ("wheel", ["dev"])
    assert (found["plugin"]["kind"], found["plugin"]["sha256"]) == ("git", None)


def test_the_table_has_both_layers(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, *LINUX, "--groups", "all")

    rows = [line.split()[:3] for line in ended.out.splitlines()[1:]]
    assert rows == [
        ["idna", "3.7", "wheel"],
        ["numpy", "2.0", "conda"],
        ["plugin", "1.0", "git"],
        ["python", "3.11.7", "conda"],
    ]
    assert ended.err == (
        "4 packages of conda-lock.yml (dev, main) for linux-64, python 3.11.7\n"
    )


def test_a_lock_without_python_has_none(project: Path, noxlock: Noxlock) -> None:
    zlib = "https://conda.example.org/demo/linux-64/zlib-1-h1_0.conda"
    (project / "spec-file.txt").write_text(f"@EXPLICIT\n{zlib}#{'a' * 32}\n")

    ended = noxlock("plan", "--lock", "spec-file.txt", *LINUX, "--json")

    assert json.loads(ended.out)["python"] is None
    assert packages(ended)["zlib"]["sha256"] is None
    assert ended.err.splitlines() == [
        (
            "warning: `zlib` has an MD5 digest only, which takes `allow-md5: true` to"
            " be installed"
        ),
        "1 package of spec-file.txt (main) for linux-64, no python",
    ]
    asked = noxlock("plan", "--lock", "spec-file.txt", *LINUX, "--python", "3.11")
    assert "spec-file.txt: it has no python, but 3.11 is asked for" in asked.err


def test_the_python_asked_for_must_be_the_locks(noxlock: Noxlock) -> None:
    for same in ("3", "3.11", "3.11.7"):
        assert noxlock(*LOCK, *LINUX, "--python", same).status == 0
    ended = noxlock(*LOCK, *LINUX, "--python", "3.1")
    assert ended.status == 2
    assert "error: conda-lock.yml: its python is 3.11.7, not 3.1" in ended.err


def test_a_conda_lock_has_no_extras(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, *LINUX, "--extras", "plot")

    assert ended.status == 2
    assert "a lock of conda packages has no extras" in ended.err


def test_a_lock_for_other_platforms_is_an_error(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, "--target", "win-64", "--json")

    assert (ended.status, ended.out) == (2, "")
    assert "the lock is not for win-64, only for linux-64, osx-arm64" in ended.err


def test_this_machine_is_the_default(noxlock: Noxlock) -> None:
    ended = noxlock(*LOCK, "--json")

    assert ended.status == 0 or "the lock is not for" in ended.err


def test_an_environment_shows_both_layers(project: Path, noxlock: Noxlock) -> None:
    (project / "sessions").mkdir()
    (project / "sessions/environments.yml").write_text(ENVIRONMENTS)

    ended = noxlock("plan", "cuda", "--json")

    assert json.loads(ended.out)["target"] == "linux-64-cuda"
    assert list(packages(ended)) == ["numpy", "python", "spam"]
    assert list(packages(noxlock("plan", "bare", "--json"))) == ["numpy", "python"]
    wrong = noxlock("plan", "wrong")
    assert "it is no lock of conda packages" in wrong.err

"""`noxlock check`: freshness, agreement and artifacts, conda packages below wheels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from noxlock.workflows._conda_sources import read_sources
from noxlock.workflows.conda_lock import CondaLockRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]

SOURCE = """\
channels: [https://conda.example.org/demo]
dependencies:
  - python=3.11
  - spam
"""
SESSIONS = """\
locks:
  conda-lock.yml: {from: environment.yml, targets: [linux-64, osx-arm64]}
environments:
  both: {conda: conda-lock.yml, pypi: poetry.lock, groups: [main, test]}
"""
ROW = """\
- name: {name}
  version: {version}
  manager: conda
  platform: {platform}
  dependencies: {{{needs}}}
  url: https://conda.example.org/demo/{platform}/{name}-{version}-py311_0.conda
  hash: {{md5: {md5}, sha256: {sha256}}}
  category: main
  optional: false
"""


@pytest.fixture(autouse=True)
def _locked(project: Path) -> None:
    (project / "sessions").mkdir()
    (project / "sessions/all.yml").write_text(SESSIONS)
    (project / "environment.yml").write_text(SOURCE)
    write_lock(project)


def write_lock(project: Path, spam: str = "1.0") -> None:
    request = CondaLockRequest(
        root=project,
        lock="conda-lock.yml",
        sources=("environment.yml",),
        targets=("linux-64", "osx-arm64"),
    )
    hashes = {str(one.subdir): one.hash for one in read_sources(request).targets}
    rows = [
        ROW.format(
            name=name,
            version=version,
            platform=platform,
            needs="" if name == "python" else "python: '>=3.11'",
            md5="a" * 32,
            sha256="b" * 64,
        )
        for platform in hashes
        for name, version in (("python", "3.11.7"), ("spam", spam))
    ]
    platforms = "".join(f"  - {one}\n" for one in hashes)
    (project / "conda-lock.yml").write_text(
        "version: 1\n"
        "metadata:\n"
        f"  content_hash: {json.dumps(hashes)}\n"
        "  channels:\n  - {url: 'https://conda.example.org/demo', used_env_vars: []}\n"
        f"  platforms:\n{platforms}"
        "  sources: [environment.yml]\n"
        "package:\n" + "".join(rows)
    )


def test_artifacts_are_proved_for_every_target_of_the_lock(noxlock: Noxlock) -> None:
    ended = noxlock("check")

    # ham, of the group test, has a wheel for Linux only.
    assert ended.status == 1
    assert ended.out.splitlines()[:4] == [
        "one problem",
        "conda-lock.yml: fresh",
        "poetry.lock: fresh",
        "both (osx-arm64): one package has no artifact",
    ]
    assert "`ham 1.0` has no file that fits osx-arm64" in ended.out
    assert ended.out.endswith("both: every package has an artifact for linux-64\n")


def test_a_source_that_changed_makes_each_target_stale(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "environment.yml").write_text(f"{SOURCE}  - numpy\n")

    ended = noxlock("check")

    why = "environment.yml or its virtual packages changed since"
    assert ended.status == 1
    assert f"conda-lock.yml: stale: linux-64: {why}; osx-arm64: {why}\n" in ended.out
    assert "hint: lock again with `nox -s lock`" in ended.err


def test_two_versions_of_one_package_are_listed_with_the_line_to_change(
    project: Path, noxlock: Noxlock
) -> None:
    write_lock(project, spam="2.5")

    ended = noxlock("check")

    assert ended.status == 1
    assert ended.out.splitlines()[3:7] == [
        "both (linux-64): conda-lock.yml and poetry.lock disagree",
        "  spam",
        "    2.5 in conda-lock.yml (package[1])",
        "    1.0 in poetry.lock (package[1])",
    ]
    assert "    change environment.yml:4 to `spam=1.0`" in ended.out


@pytest.mark.parametrize(
    ("dependencies", "change"),
    [
        ("- python=3.11\n", "change pyproject.toml:5 to `spam==2.5`"),
        ("- demo::Spam >=2  # why\n", "change environment.yml:3 to `spam=1.0`"),
    ],
)
def test_the_line_is_where_the_package_is_asked_for(
    project: Path, noxlock: Noxlock, dependencies: str, change: str
) -> None:
    text = f"channels: [demo]\ndependencies:\n{dependencies}"
    (project / "environment.yml").write_text(text)
    write_lock(project, spam="2.5")

    assert change in noxlock("check").out


def test_where_nobody_asks_for_it_a_line_is_to_be_added(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "environment.yml").write_text("channels: [demo]\ndependencies: [python]")
    write_lock(project, spam="2.5")
    (project / "pyproject.toml").write_text('[project]\nname = "demo"\n')

    assert "add `spam=1.0` to environment.yml" in noxlock("check").out
    (project / "sessions/all.yml").write_text(SESSIONS.replace("locks:", "x-locks:"))
    assert noxlock("check").status == 2


def test_a_lock_that_nothing_declares_says_itself_what_it_is_from(
    project: Path, noxlock: Noxlock
) -> None:
    write_lock(project, spam="2.5")
    text = "environments: {both: {conda: conda-lock.yml, pypi: poetry.lock}}"
    (project / "sessions/all.yml").write_text(text)

    assert "change environment.yml:4 to `spam=1.0`" in noxlock("check").out
    (project / "environment.yml").unlink()
    assert "change pyproject.toml:5 to `spam==2.5`" in noxlock("check").out
    lock = project / "conda-lock.yml"
    lock.write_text(lock.read_text().replace("[environment.yml]", "[]"))
    (project / "pyproject.toml").write_text('[project]\nname = "demo"\n')
    assert "take spam=1.0 into conda-lock.yml" in noxlock("check").out


def test_the_python_that_is_declared_must_be_the_locks(
    project: Path, noxlock: Noxlock
) -> None:
    text = SESSIONS.replace(
        "{conda: conda-lock.yml,", '{conda: conda-lock.yml, python: "3.12",'
    )
    (project / "sessions/all.yml").write_text(text)

    ended = noxlock("check")

    assert ended.status == 1
    assert "both (linux-64, python 3.12): conda-lock.yml: its python is 3.11.7," in (
        ended.out
    )


def test_a_lock_that_nothing_declares_is_read_only(
    project: Path, noxlock: Noxlock
) -> None:
    text = "environments: {bare: {conda: conda-lock.yml}}"
    (project / "sessions/all.yml").write_text(text)

    assert noxlock("check").out.splitlines() == [
        "all is well",
        "conda-lock.yml: readable; no definition says what it is from",
        "bare: every package has an artifact for linux-64, osx-arm64",
    ]


def test_a_lock_under_the_wrong_name_is_told_apart(
    project: Path, noxlock: Noxlock
) -> None:
    text = "environments: {a: {conda: poetry.lock}, b: {pypi: conda-lock.yml}}"
    (project / "sessions/all.yml").write_text(text)

    out = noxlock("check").out

    assert "poetry.lock: it is no lock of conda packages" in out
    assert "conda-lock.yml: it is a lock of conda packages" in out
    assert "hint: name it with `pypi`" in out


def test_a_plan_for_another_platform_shows_both_layers(noxlock: Noxlock) -> None:
    ended = noxlock("plan", "both", "--target", "osx-arm64", "--keep-going", "--json")

    plan = json.loads(ended.out)
    assert ended.status == 1
    assert plan["target"] == "osx-arm64"
    kinds = {one["name"]: one["kind"] for one in plan["packages"]}
    assert kinds == {"ham": None, "python": "conda", "spam": "conda"}

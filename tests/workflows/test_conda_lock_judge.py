"""conda-lock 4 judges the locks: it reads, renders, installs and accepts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from noxlock.locks.conda_lock_writer import PipRow
from noxlock.report.progress import Quiet
from noxlock.solvers.rattler import CondaSettings
from noxlock.workflows.conda_lock import CondaLockRequest, lock_conda
from support.conda_judge import MAPPING, find_judge, write_shim
from support.conda_repodata import PUBLIC, serve_channels, write_channels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.conda_judge import Judge
    from support.conda_repodata import Served

WHEEL = "https://files.example.org/foo-1.0-py3-none-any.whl"
SOURCE = f"""\
channels: [{PUBLIC}/main, {PUBLIC}/extra, nodefaults]
dependencies:
  - python=3.11
  - numpy >=2,<3
  - accel
  - dated <3  # [linux]
"""
DEV = f"""\
channels: [{PUBLIC}/main, {PUBLIC}/extra]
category: dev
dependencies: [pytest]
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the channels, on loopback."""
    with serve_channels(write_channels(tmp_path_factory.mktemp("channels"))) as server:
        yield server


@pytest.fixture
def judge() -> Judge:
    """Return conda-lock."""
    return find_judge()


def make(folder: Path, served: Served, source: str = SOURCE) -> Path:
    """Lock in *folder*."""
    (folder / "environment.yml").write_text(source)
    (folder / "dev.yml").write_text(DEV)
    request = CondaLockRequest(
        root=folder,
        lock="conda-lock.yml",
        sources=("environment.yml", "dev.yml"),
        targets=("linux-64", "osx-arm64", "win-64"),
        explicit=True,
    )
    settings = CondaSettings(
        cache=folder / "cache",
        environ={"NOXLOCK_CONDA_MIRRORS": served.mirrors},
        files=(),
    )
    row = PipRow(name="foo", version="1.0", url=WHEEL, sha256="0" * 64)
    outcome = lock_conda(request, settings, Quiet(), lock_pip=lambda *_: (row,))
    assert not outcome.failures
    return folder / "conda-lock.yml"


def body(path: Path) -> list[str]:
    """Return a file's lines, comments left out."""
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


SAME = ("-f", "environment.yml", "-f", "dev.yml", "--without-cuda")
PLATFORMS = ("-p", "linux-64", "-p", "osx-arm64", "-p", "win-64")


def test_it_sees_our_lock_as_fresh_and_would_write_the_same(
    judge: Judge, served: Served, tmp_path: Path
) -> None:
    lock = make(tmp_path, served)
    shim = write_shim(tmp_path, served.mirrors)
    command = ("lock", "--conda", shim, *SAME, *PLATFORMS)
    fresh = judge.run(*command, "--check-input-hash", cwd=tmp_path)
    locked = "Spec hash already locked for ['linux-64', 'osx-arm64', 'win-64']"
    assert locked in fresh.stderr
    judge.run(*command, "--lockfile", "theirs.yml", cwd=tmp_path)
    assert body(tmp_path / "theirs.yml") == body(lock)


def test_it_sees_a_pip_section_as_fresh(
    judge: Judge, served: Served, tmp_path: Path
) -> None:
    make(tmp_path, served, SOURCE + "  - pip:\n    - foo >=1\n")
    (tmp_path / "mapping.json").write_text(MAPPING)
    mapping = ("--pypi_to_conda_lookup_file", (tmp_path / "mapping.json").as_uri())
    shim = write_shim(tmp_path, served.mirrors)
    command = ("lock", "--conda", shim, *SAME, *PLATFORMS, *mapping)
    fresh = judge.run(*command, "--check-input-hash", cwd=tmp_path)
    assert "Spec hash already locked" in fresh.stderr
    judge.run("render", "-k", "explicit", "-p", "linux-64", cwd=tmp_path)
    line = f"# pip foo @ {WHEEL}#sha256={'0' * 64}"
    assert line in (tmp_path / "conda-linux-64.lock").read_text()


def test_it_renders_our_lock_as_we_do(
    judge: Judge, served: Served, tmp_path: Path
) -> None:
    make(tmp_path, served)
    ours = {
        name: sorted(body(tmp_path / f"conda-{name}.lock"))
        for name in ("linux-64", "osx-arm64", "win-64")
    }
    judge.run("render", "-k", "explicit", "-k", "env", cwd=tmp_path)
    for name, lines in ours.items():
        assert sorted(body(tmp_path / f"conda-{name}.lock")) == lines
        rendered = yaml.safe_load((tmp_path / f"conda-{name}.lock.yml").read_text())
        assert len(rendered["dependencies"]) == len(lines) - 1


def test_it_installs_our_lock(judge: Judge, served: Served, tmp_path: Path) -> None:
    make(tmp_path, served)
    shim = write_shim(tmp_path, served.mirrors)
    prefix = tmp_path / "prefix"
    judge.run(
        "install", "--conda", shim, "--prefix", prefix, "conda-lock.yml", cwd=tmp_path
    )
    assert (prefix / "share/accel.txt").read_text().startswith("accel 1.0 cpu_0")
    assert (prefix / "share/pytest.txt").exists()

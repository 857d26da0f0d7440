"""Conda environments in real nox runs: locked, made, used, from a loopback channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.conda_channel import conda_channels
from support.conda_server import serve_channel
from support.nox_project import PYPROJECT, poetry_lock
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.conda_server import ChannelServer
    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

SESSIONS = """
locks:
  conda-lock.yml: {from: environment.yml, targets: [linux-64, osx-arm64]}
  cuda.conda-lock.yml:
    from: environment.yml
    targets: [linux-64-cuda]
    virtual-packages: {__cuda: "12.4"}
environments:
  both: {conda: conda-lock.yml, pypi: poetry.lock}
  cuda: {conda: cuda.conda-lock.yml, target: linux-64-cuda}
  auto: {conda: cuda.conda-lock.yml}
sessions:
  test: {environment: both, run: "python -c 'import numpy, tool; print(numpy)'"}
  skip: {environment: cuda, gpu: skip, run: "python -c 'print(1 + 1)'"}
  need: {environment: cuda, gpu: require, run: "python -c 'print(1 + 1)'"}
  in-ci: {environment: cuda, gpu: require-in-ci, run: "python -c 'print(1 + 1)'"}
  any: {environment: auto, run: "python -c 'print(1 + 1)'"}
"""


@pytest.fixture(scope="module")
def channel() -> Iterator[ChannelServer]:
    """Serve the real channel."""
    with serve_channel(conda_channels().main.parent) as server:
        yield server


@pytest.fixture(name="conda")
def _conda(project: NoxProject, channel: ChannelServer) -> NoxProject:
    """Return a project whose conda locks are declared, and not made yet."""
    address = channel.channel("main")
    project.write(
        {
            "sessions/all.yml": SESSIONS,
            "environment.yml": (
                f"channels: [{address}]\n"
                "dependencies:\n  - python\n  - numpy\n  - accel\n"
            ),
        }
    )
    return project


def test_locks_are_made_and_used_and_a_stale_one_stops_the_session(
    conda: NoxProject,
) -> None:
    listed = conda.nox("-l")
    assert "conda-lock.yml from environment.yml" in listed.out

    locked = conda.nox("-s", "lock")
    assert locked.status == 0, locked.err
    again = conda.nox("-s", "lock")
    assert "conda-lock.yml is up to date" in again.err
    assert conda.nox("-s", "lock", "--", "--check").status == 0

    ran = conda.nox("-s", "test")
    assert ran.status == 0, ran.err
    assert "module 'numpy'" in ran.out

    source = conda.root / "environment.yml"
    source.write_text(source.read_text() + "  - pytest\n")
    stale = conda.nox("-s", "test")
    assert stale.status == 1
    assert "environment.yml or its virtual packages changed since" in stale.err
    frozen = conda.nox("-s", "test", "--", "--frozen")
    assert frozen.status == 0, frozen.err
    assert "conda-lock.yml is stale and used as it is (--frozen)" in frozen.err
    assert conda.nox("-s", "lock", "--", "--check").status == 1


def test_one_lock_that_cannot_be_solved_leaves_the_other_written(
    conda: NoxProject,
) -> None:
    source = conda.root / "environment.yml"
    source.write_text(source.read_text() + "  - absent  # [osx]\n")

    ended = conda.nox("-s", "lock")

    assert ended.status == 1
    assert "not locked: conda-lock.yml (osx-arm64)" in ended.err
    assert (conda.root / "cuda.conda-lock.yml").is_file()


def test_without_a_gpu_sessions_are_skipped_or_fail_as_declared(
    conda: NoxProject,
) -> None:
    assert conda.nox("-s", "lock").status == 0

    skipped = conda.nox("-s", "skip", "in-ci")
    assert skipped.status == 0
    assert "Session skip skipped: no GPU: " in skipped.err
    assert "Session in-ci skipped: no GPU: " in skipped.err
    # CONDA_OVERRIDE_CUDA makes no device.
    override = {"CONDA_OVERRIDE_CUDA": "12.4"}
    failed = conda.nox("-s", "need", env=override)
    assert failed.status == 1
    assert "need requires a GPU: " in failed.err
    in_ci = conda.nox("-s", "in-ci", env={"CI": "true"})
    assert in_ci.status == 1
    assert "in-ci requires a GPU in CI: " in in_ci.err
    made = conda.nox("-s", "need", "--install-only")
    assert made.status == 0, made.err
    assert "its environment is made, and nothing was run" in made.err
    assert (conda.root / ".nox/need/bin/python").exists()

    empty = conda.nox("-s", "any", env={"CONDA_OVERRIDE_CUDA": ""})
    assert empty.status == 1
    assert "this machine is linux-64 without CUDA" in empty.err
    picked = conda.nox("-s", "any", env=override)
    assert picked.status == 0, picked.err
    assert "a CUDA environment, and no GPU" in picked.err


def test_locks_that_disagree_stop_the_session(
    conda: NoxProject, channel: ChannelServer
) -> None:
    del channel
    wheels = dict([make_wheel("numpy", "1.0", {"numpy.py": ""})])
    pyproject = PYPROJECT.replace('"tool"', '"numpy"')
    conda.write(
        {"pyproject.toml": pyproject, "poetry.lock": poetry_lock(pyproject, wheels)}
    )
    assert conda.nox("-s", "lock").status == 0

    ended = conda.nox("-s", "test")

    assert ended.status == 1
    assert "conda-lock.yml and poetry.lock disagree on one package" in ended.err
    assert "change environment.yml:4 to `numpy=1.0`" in ended.err

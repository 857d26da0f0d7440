"""Sessions and checks that need a GPU, and the calls that declare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

CHECKS = """
environments: {cpu: {pypi: poetry.lock}}
checks:
  one:
    environment: cpu
    gpu: skip
    run: "tool {outputs}"
    outputs: {a: {}}
    env: {CUDA_VISIBLE_DEVICES: ""}
"""
CALLS = """
import noxlock

noxlock.lock("conda-lock.yml", source=["a.yml", "b.yml"], targets=["linux-64"],
             virtual_packages={"__cuda": "12.4"}, explicit=True)
both = noxlock.Environment(conda="conda-lock.yml", pypi="poetry.lock", allow_md5=True)
noxlock.session("gpu", environment=both, gpu="require", run="tool")
"""


def test_a_check_that_is_skipped_has_not_passed(project: NoxProject) -> None:
    project.write({"sessions/all.yml": CHECKS})

    ended = project.nox("-s", "repro")

    assert ended.status == 0, ended.err
    assert "Session repro(one) skipped: no GPU: " in ended.err
    assert "Session repro skipped: not run, for want of a GPU: one" in ended.err
    assert "every check passed" not in ended.err


def test_what_can_run_is_told_from_what_cannot(project: NoxProject) -> None:
    more = '  two: {environment: cpu, run: "tool {outputs}", outputs: {a: {}}}\n'
    project.write({"sessions/all.yml": CHECKS + more})

    ended = project.nox("-s", "repro", "--no-dependencies")

    assert ended.status == 0, ended.err
    assert "every other check passed: two" in ended.err
    assert "not run, for want of a GPU: one" in ended.err


@pytest.mark.parametrize("jobs", [(), ("-j", "2")])
def test_a_check_without_its_python_has_not_passed(
    project: NoxProject, jobs: tuple[str, ...]
) -> None:
    without = CHECKS.replace("{pypi", "{python: ['3.77'], pypi")
    more = '  two: {environment: cpu, run: "tool {outputs}", outputs: {a: {}}}\n'
    project.write({"sessions/all.yml": without + more})

    ended = project.nox("-s", "repro", *jobs)

    assert ended.status == 1
    said = "not run, and so not passed: two: there is no CPython 3.77 on this machine"
    assert said in ended.err + ended.out
    assert "passed: two" not in (ended.err + ended.out).replace(said, "")
    assert "not run, for want of a GPU: one" in ended.err + ended.out


def test_calls_declare_conda_locks_and_gpus(project: NoxProject) -> None:
    project.write({"noxfile.py": CALLS})

    listed = project.nox("-l")

    assert listed.status == 0, listed.err
    assert "conda-lock.yml from a.yml and b.yml" in listed.out
    assert "conda-lock.yml + poetry.lock" in listed.out

"""Facts of a machine: found where they are, never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.workflows import _effective, facts
from noxlock.workflows.facts import (
    LIVE,
    effective_state,
    git_commit,
    machine_facts,
    parse_cpuinfo,
)

if TYPE_CHECKING:
    from pathlib import Path

INTEL = """\
processor\t: 0
model name\t: A Processor @ 2.00GHz
flags\t\t: sse avx2 avx

processor\t: 1
model name\t: Another
flags\t\t: none
"""
ARM = """\
processor\t: 0
Features\t: fp asimd
CPU implementer\t: 0x41
CPU part\t: 0xd0c
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (INTEL, ("A Processor @ 2.00GHz", "avx avx2 sse")),
        (ARM, ("0x41 0xd0c", "asimd fp")),
        ("cpu\t\t: POWER9", ("POWER9", "")),
        ("", ("", "")),
    ],
)
def test_cpuinfo_is_read_as_each_processor_writes_it(
    text: str, found: tuple[str, str]
) -> None:
    assert parse_cpuinfo(text) == found


def test_this_machine_has_facts_and_no_names() -> None:
    found = machine_facts()

    assert int(found["cores"]) >= 1
    assert found["architecture"]
    assert not {os.uname().nodename, ""} & set(found.values())
    assert machine_facts() == found


def test_the_clock_is_in_utc() -> None:
    offset = LIVE.now().utcoffset()
    assert offset is not None
    assert not offset


def test_outside_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert git_commit(tmp_path / "no-such-folder", "repro") is None


def test_without_git_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(tmp_path, "repro") is None


@pytest.mark.parametrize("script", [None, "exit 1", "echo nonsense"])
def test_an_environment_that_does_not_answer_has_no_effective_state(
    tmp_path: Path, script: str | None
) -> None:
    python = tmp_path / "bin" / "python"
    if script is not None:
        python.parent.mkdir()
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    assert effective_state(tmp_path, {}, tmp_path) == {}


def test_a_python_without_libraries_says_what_it_is() -> None:
    found = _effective.effective()
    assert found["python"].startswith(sys.version.split()[0])


NUMPY = """
def show_config(mode):
    blas = {"name": "openblas", "version": "0.3"}
    simd = {"found": ["AVX", "AVX2"]}
    return {"Build Dependencies": {"blas": blas}, "SIMD Extensions": simd}
"""
POOLS = """
def threadpool_info():
    pool = {"internal_api": "openblas", "version": None, "num_threads": 2}
    return [{**pool, "filepath": "/home/me/x.so"}]
"""


@pytest.mark.parametrize(
    ("numpy", "threadpoolctl", "found"),
    [
        ("def show_config(mode): return {}", "threadpool_info = None", {}),
        ("raise OSError", "raise SyntaxError", {}),
        (
            NUMPY,
            POOLS,
            {
                "numpy blas": "openblas 0.3",
                "numpy dispatch": "AVX AVX2",
                "threads 0": "openblas 2",
            },
        ),
    ],
)
def test_what_libraries_say_is_recorded_without_paths(
    tmp_path: Path, numpy: str, threadpoolctl: str, found: dict[str, str]
) -> None:
    (tmp_path / "numpy.py").write_text(numpy)
    (tmp_path / "threadpoolctl.py").write_text(threadpoolctl)

    printed = subprocess.run(
        [sys.executable, "-m", _effective.__name__],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    said = json.loads(printed.removeprefix(_effective.MARK))
    assert said.pop("python").startswith(sys.version.split()[0])
    assert said == found


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_machine_without_cpuinfo_still_has_facts(
    monkeypatch: pytest.MonkeyPatch, platform: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(facts, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delattr(os, "sched_getaffinity")

    found = machine_facts()

    assert int(found["cores"]) >= 1
    assert "cpu-flags" not in found

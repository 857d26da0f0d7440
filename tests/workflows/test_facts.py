"""Facts of a machine: found where they are, never in the way."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import cpu
from noxlock.workflows import facts
from noxlock.workflows.facts import LIVE, gpu_facts, machine_facts
from support.workshop import write_tree

if TYPE_CHECKING:
    from pathlib import Path


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


INFORMATION = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 5\n"
VERSION = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""


def smi(folder: Path, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program in the place of nvidia-smi, and nothing beside it."""
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


def test_gpus_are_named_as_nvidia_smi_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(tmp_path, "echo 'NVIDIA H200, 550.1'; echo 'NVIDIA H200, 550.1'", monkeypatch)
    assert gpu_facts() == {"gpu": "2 x NVIDIA H200", "gpu-driver": "550.1"}
    assert machine_facts()["gpu"] == "2 x NVIDIA H200"


def test_without_nvidia_smi_the_driver_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi(tmp_path, "echo no device; exit 9", monkeypatch)
    monkeypatch.setattr(facts, "DRIVER", tmp_path / "nvidia")
    assert gpu_facts() == {}
    write_tree(
        tmp_path / "nvidia",
        {
            "gpus/0000:01:00.0/information": INFORMATION,
            "gpus/0000:02:00.0/information": "Blacklisted: No\n",
            "version": VERSION,
        },
    )
    found = gpu_facts()
    assert found == {"gpu": "NVIDIA H200, unknown", "gpu-driver": "550.54.15"}
    (tmp_path / "nvidia" / "version").write_text("?")
    assert gpu_facts()["gpu-driver"] == ""


def test_a_long_list_of_flags_has_a_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text("model name: A\nflags: sse avx\n")
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "cpuinfo")
    found = machine_facts()
    assert (found["cpu"], found["cpu-flags"]) == ("A", "avx sse")
    assert len(found["cpu-flags-digest"]) == 16


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_machine_without_cpuinfo_still_has_facts(
    monkeypatch: pytest.MonkeyPatch, platform: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delattr(os, "sched_getaffinity")

    found = machine_facts()

    assert int(found["cores"]) >= 1
    assert "cpu-flags" not in found

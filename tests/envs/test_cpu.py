"""Levels of processors, in the names of each library."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from noxlock.envs import cpu, numpy_dispatch
from noxlock.envs.cpu import check_level, level_variables, parse_cpuinfo, read_cpuinfo
from noxlock.errors import DefinitionError

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
# As NumPy 2.0 and 2.4 have them.
OLD = (
    *("SSSE3", "SSE41", "POPCNT", "SSE42", "AVX", "F16C", "FMA3", "AVX2"),
    *("AVX512F", "AVX512CD", "AVX512_SKX", "AVX512_CLX"),
)
NEW = ("X86_V3", "X86_V4", "AVX512_ICL")
ALL = ("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl")


@pytest.fixture(name="_x86")
def _x86(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (INTEL, ("A Processor @ 2.00GHz", ("avx", "avx2", "sse"))),
        (ARM, ("0x41 0xd0c", ("asimd", "fp"))),
        ("cpu\t\t: POWER9", ("POWER9", ())),
        ("", ("", ())),
    ],
)
def test_cpuinfo_is_read_as_each_processor_writes_it(
    text: str, found: tuple[str, tuple[str, ...]]
) -> None:
    assert parse_cpuinfo(text) == found


def test_where_there_is_no_cpuinfo_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "none")
    assert read_cpuinfo() == ("", ())


@pytest.mark.usefixtures("_x86")
@pytest.mark.parametrize(
    ("level", "dispatch", "disabled"),
    [
        ("baseline", NEW, "X86_V3 X86_V4 AVX512_ICL"),
        ("x86-64-v2", NEW, "X86_V3 X86_V4 AVX512_ICL"),
        ("x86-64-v3", NEW, "X86_V4 AVX512_ICL"),
        ("x86-64-v4", NEW, "AVX512_ICL"),
        ("baseline", OLD, " ".join(OLD)),
        (
            "x86-64-v2",
            OLD,
            "AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX",
        ),
        ("x86-64-v3", OLD, "AVX512F AVX512CD AVX512_SKX AVX512_CLX"),
        ("x86-64-v4", OLD, "AVX512_CLX"),
        ("x86-64-v4", ("X86_V3",), None),
    ],
)
def test_a_level_disables_what_is_above_it_by_numpys_own_names(
    level: str, dispatch: tuple[str, ...], disabled: str | None
) -> None:
    found = level_variables(level, dispatch, ALL)
    assert found.get("NPY_DISABLE_CPU_FEATURES") == disabled


@pytest.mark.usefixtures("_x86")
def test_pytorch_is_never_told_to_use_what_is_not_there() -> None:
    assert level_variables("x86-64-v4", (), ALL)["ATEN_CPU_CAPABILITY"] == "avx512"
    few = level_variables("x86-64-v4", (), ("avx2", "fma"))
    assert "ATEN_CPU_CAPABILITY" not in few
    assert few["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE"


def test_another_architecture_has_a_baseline_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert level_variables("baseline", ("ASIMDHP",)) == {
        "ATEN_CPU_CAPABILITY": "default",
        "NPY_DISABLE_CPU_FEATURES": "ASIMDHP",
    }
    check_level("baseline")
    with pytest.raises(DefinitionError, match="no level of aarch64 processors"):
        check_level("x86-64-v2")


def test_an_unknown_level_lists_the_known() -> None:
    with pytest.raises(DefinitionError) as info:
        check_level("avx", "x86_64")
    assert str(info.value.hint).endswith("`x86-64-v2`, `x86-64-v3`, `x86-64-v4`")
    with pytest.raises(DefinitionError) as info:
        check_level("x86-64-v5", "AMD64")
    assert "did you mean" in str(info.value.hint)
    check_level("x86-64-v4", "AMD64")


def test_an_environments_own_numpy_says_what_it_dispatches() -> None:
    numpy = pytest.importorskip("numpy")
    names = tuple(numpy._core._multiarray_umath.__cpu_dispatch__)  # noqa: SLF001 - its word
    broken = {**os.environ, "NPY_DISABLE_CPU_FEATURES": "SSE2 nonsense"}
    assert numpy_dispatch(Path(sys.prefix), broken) == names
    assert numpy_dispatch(Path(sys.prefix)) == names


@pytest.mark.parametrize("script", [None, "exit 1", "echo nonsense"])
def test_an_environment_without_numpy_dispatches_nothing(
    tmp_path: Path, script: str | None
) -> None:
    python = tmp_path / "bin" / "python"
    if script is not None:
        python.parent.mkdir()
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    assert numpy_dispatch(tmp_path, {}) == ()

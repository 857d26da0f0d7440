"""Levels of processor features, and the variables that hold libraries to one."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs.venv import venv_python
from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "BASELINE",
    "check_level",
    "is_x86",
    "level_variables",
    "numpy_dispatch",
    "parse_cpuinfo",
    "read_cpuinfo",
]

BASELINE: Final = "baseline"
"""Only what NumPy was compiled for; of oneDNN and PyTorch, the least they have."""

# The x86-64 psABI's levels, in the names that NumPy has and had for what is in them;
# 2.4: "AVX2" and others became the groups X86_V2, X86_V3, X86_V4.
_V2: Final = frozenset(
    {"SSE", "SSE2", "SSE3", "SSSE3", "SSE41", "POPCNT", "SSE42", "X86_V2"}
)
_V3: Final = _V2 | {"AVX", "F16C", "FMA3", "AVX2", "X86_V3"}
_V4: Final = _V3 | {"AVX512F", "AVX512CD", "AVX512_SKX", "X86_V4"}
_NUMPY: Final[dict[str, frozenset[str]]] = {
    "x86-64-v2": _V2,
    "x86-64-v3": _V3,
    "x86-64-v4": _V4,
}
# Where they stand: oneDNN's "CPU dispatcher control", MKL's "Instruction Set Specific
# Dispatching", PyTorch's aten/src/ATen/native/DispatchStub.cpp.
_OTHERS: Final[dict[str, dict[str, str]]] = {
    BASELINE: {
        "ATEN_CPU_CAPABILITY": "default",
        "DNNL_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
    },
    "x86-64-v3": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    "x86-64-v4": {
        "ATEN_CPU_CAPABILITY": "avx512",
        "DNNL_MAX_CPU_ISA": "AVX512_CORE",
        "MKL_ENABLE_INSTRUCTIONS": "AVX512",
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
    },
}
_X86: Final = frozenset({"amd64", "i386", "i686", "x86", "x86_64"})

_QUESTION: Final = """\
import json
try:
    from numpy._core import _multiarray_umath as umath
except ImportError:
    from numpy.core import _multiarray_umath as umath
print(json.dumps(list(umath.__cpu_dispatch__)))
"""


# What PyTorch takes without looking whether the processor has it.
_NEEDED: Final = {
    "avx2": {"avx2", "fma"},
    "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"},
}
CPUINFO: Final = Path("/proc/cpuinfo")


def parse_cpuinfo(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the model and the sorted flags that /proc/cpuinfo names first.

    ARM machines name no model, so implementer and part stand for it.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        found.setdefault(key.strip().lower(), value.strip())
    model = found.get("model name") or found.get("cpu") or ""
    if not model and "cpu part" in found:
        model = f"{found.get('cpu implementer', '')} {found['cpu part']}".strip()
    flags = found.get("flags") or found.get("features") or ""
    return model, tuple(sorted(flags.split()))


def read_cpuinfo() -> tuple[str, tuple[str, ...]]:
    """Return the model and the flags of this machine's processor; "", () where unknown.

    A machine that is no Linux has no such file.
    """
    try:
        return parse_cpuinfo(CPUINFO.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return "", ()


def is_x86(machine: str | None = None) -> bool:
    """Return whether *machine*, as platform.machine() says it, is an x86."""
    return (machine or platform.machine()).lower() in _X86


def check_level(level: str, machine: str | None = None) -> None:
    """Refuse a level that processors like this one do not have.

    Raises:
        DefinitionError: It is unknown.
    """
    known = (BASELINE, *_NUMPY) if is_x86(machine) else (BASELINE,)
    if level not in known:
        names = ", ".join(f"`{name}`" for name in known)
        raise DefinitionError(
            f"`{level}` is no level of {machine or platform.machine()} processors",
            hint=nearest(level, known) or f"there are: {names}",
        )


def level_variables(
    level: str, dispatch: Collection[str], flags: Collection[str] | None = None
) -> dict[str, str]:
    """Return what keeps NumPy, oneDNN, MKL and PyTorch from using more than *level*.

    Args:
        level: As `check_level` allows.
        dispatch: What the environment's own NumPy chooses from: `numpy_dispatch`. It
            raises an error on what it was compiled for, and ignores what it does not
            know, so that the names have to be its own.
        flags: The processor's, as /proc/cpuinfo says; None: this one's.
    """
    allowed = _NUMPY.get(level, frozenset())
    disabled = [name for name in dispatch if name not in allowed]
    found = dict(_OTHERS.get(level, _OTHERS[BASELINE]))
    if not is_x86():
        found = {"ATEN_CPU_CAPABILITY": found["ATEN_CPU_CAPABILITY"]}
    flags = read_cpuinfo()[1] if flags is None else flags
    if not _NEEDED.get(found["ATEN_CPU_CAPABILITY"], set()) <= set(flags):
        del found["ATEN_CPU_CAPABILITY"]
    if disabled:
        found["NPY_DISABLE_CPU_FEATURES"] = " ".join(disabled)
    return found


def numpy_dispatch(
    prefix: Path, env: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return the features that the NumPy of an environment chooses from as it starts.

    Args:
        prefix: The environment.
        env: The variables of its commands; None: this process's own.

    Returns:
        NumPy's own names, `X86_V3`; nothing where there is no NumPy, or a broken one.
    """
    # An already disabled feature stays in the list, but a wrong one is an error.
    given = os.environ if env is None else env
    clean = {k: v for k, v in given.items() if not k.startswith("NPY_")}
    command = [str(venv_python(prefix)), "-I", "-B", "-c", _QUESTION]
    try:
        ended = subprocess.run(  # noqa: S603 - the environment's python, a fixed script
            command,
            env=clean,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        return tuple(json.loads(ended.stdout))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return ()

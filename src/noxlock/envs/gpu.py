"""The GPU of this machine: what conda calls `__cuda`, and whether one can be used.

Two questions that are kept apart. Which packages fit is answered by `__cuda`, the CUDA
version of the driver, which CONDA_OVERRIDE_CUDA stands in for: with it an environment
is planned and made on any machine. Whether a session can run is answered by a device
alone, which no variable stands in for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OVERRIDE", "Machine", "cuda_version", "probe", "why_no_gpu"]

OVERRIDE: Final = "CONDA_OVERRIDE_CUDA"
TIMEOUT: Final = 30.0
"""Seconds after which a driver that says nothing is taken for broken."""
_VERSION: Final = re.compile(r"\d+(?:\.\d+){1,2}")

# In a process of its own: a broken driver may hang or kill whoever asks it.
_PROBE: Final = """\
import ctypes, json, sys

NAMES = {
    "linux": ("libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"),
    "win32": ("nvcuda.dll",),
}
METAL = "/System/Library/Frameworks/Metal.framework/Metal"


def cuda(found):
    for name in NAMES.get(sys.platform, ()):
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            continue
        break
    else:
        return found.update(error="there is no NVIDIA driver")
    number = ctypes.c_int(0)
    status = driver.cuInit(0)
    if status:
        return found.update(error="the NVIDIA driver finds no device (%d)" % status)
    if driver.cuDriverGetVersion(ctypes.byref(number)) == 0:
        value = number.value
        found.update(cuda="%d.%d" % (value // 1000, value % 1000 // 10))
    if driver.cuDeviceGetCount(ctypes.byref(number)) == 0:
        found.update(devices=number.value)


def metal(found):
    try:
        make = ctypes.CDLL(METAL).MTLCreateSystemDefaultDevice
    except (OSError, AttributeError):
        return found.update(error="there is no Metal")
    make.restype = ctypes.c_void_p
    found.update(devices=1 if make() else 0, error="Metal finds no device")


found = {"cuda": None, "devices": 0, "error": ""}
(metal if sys.platform == "darwin" else cuda)(found)
print(json.dumps(found))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What the driver of this machine says."""

    cuda: str | None = None
    """Newest CUDA that the driver runs: `12.4`; None without a driver and a device."""
    devices: int = 0
    """GPUs that can be used; of macOS, those of Metal."""
    error: str = ""
    """Why there is none."""


def probe(
    environ: Mapping[str, str], *, command: Sequence[str] | None = None
) -> Machine:
    """Return what the driver says, CUDA_VISIBLE_DEVICES being heeded as by any program.

    Args:
        environ: The user's variables.
        command: What to ask instead of the driver.
    """
    command = command or (sys.executable, "-I", "-S", "-c", _PROBE)
    try:
        ended = subprocess.run(  # noqa: S603 - this interpreter, and a fixed script
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=True,
        )
        found = json.loads(ended.stdout)
    except subprocess.TimeoutExpired:
        error = f"the NVIDIA driver says nothing for {TIMEOUT:.0f} s"
        return Machine(error=error)
    except (subprocess.CalledProcessError, OSError, ValueError):
        return Machine(error="the NVIDIA driver is broken")
    return Machine(**found)


def cuda_version(
    environ: Mapping[str, str], *, command: Sequence[str] | None = None
) -> str | None:
    """Return the version of the virtual package `__cuda`; None where there is none.

    CONDA_OVERRIDE_CUDA comes before the machine's own; empty, it means none.

    Raises:
        DefinitionError: CONDA_OVERRIDE_CUDA is no version.
    """
    if (given := environ.get(OVERRIDE)) is not None:
        version = given.strip()
        if version and not _VERSION.fullmatch(version):
            what = f"{OVERRIDE} is no version of CUDA: `{version}`"
            raise DefinitionError(what, hint="for example 12.4; empty: no CUDA")
        return version or None
    # Which packages fit is no matter of which devices a run is to see.
    asked = {k: v for k, v in environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    return probe(asked, command=command).cuda


def why_no_gpu(
    environ: Mapping[str, str] | None = None, *, command: Sequence[str] | None = None
) -> str | None:
    """Return why no GPU can be used here, in a few words; None where one can.

    A device counts, and nothing else: CONDA_OVERRIDE_CUDA makes none. On macOS it is
    Metal's.
    """
    environ = os.environ if environ is None else environ
    found = probe(environ, command=command)
    if found.devices:
        return None
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and found.error.startswith("the NVIDIA driver finds"):
        return f"CUDA_VISIBLE_DEVICES is `{visible}`"
    return found.error or "the driver has no device"

"""The driver and the device: a real library in the place of NVIDIA's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from noxlock.envs import gpu
from noxlock.envs.gpu import Machine, cuda_version, probe, why_no_gpu
from noxlock.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Driver = Callable[..., dict[str, str]]

CODE = """\
#include <stdlib.h>
int cuInit(unsigned flags) {{
    const char *seen = getenv("CUDA_VISIBLE_DEVICES");
    return seen && !*seen ? 100 : {status};
}}
int cuDriverGetVersion(int *version) {{ *version = 12040; return 0; }}
int cuDeviceGetCount(int *count) {{ *count = {devices}; return 0; }}
"""


@pytest.fixture(name="driver")
def _driver(tmp_path: Path) -> Driver:
    """Return the variables of a machine with a driver like NVIDIA's."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler to make a driver with")

    def make(*, status: int = 0, devices: int = 1) -> dict[str, str]:
        source = tmp_path / "cuda.c"
        source.write_text(CODE.format(status=status, devices=devices))
        library = tmp_path / "libcuda.so.1"
        command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source)]
        subprocess.run(command, check=True)
        return {"LD_LIBRARY_PATH": str(tmp_path), "PATH": os.environ["PATH"]}

    return make


def test_a_driver_says_its_version_and_its_devices(driver: Driver) -> None:
    environ = driver(devices=2)

    assert probe(environ) == Machine(cuda="12.4", devices=2)
    assert cuda_version(environ) == "12.4"
    assert why_no_gpu(environ) is None


def test_devices_that_are_hidden_cannot_be_used_but_packages_fit(
    driver: Driver,
) -> None:
    environ = {**driver(), "CUDA_VISIBLE_DEVICES": ""}

    assert cuda_version(environ) == "12.4"
    assert why_no_gpu(environ) == "CUDA_VISIBLE_DEVICES is ``"


def test_a_driver_without_a_device_is_no_gpu(driver: Driver) -> None:
    assert why_no_gpu(driver(devices=0)) == "the driver has no device"
    environ = driver(status=100)
    assert why_no_gpu(environ) == "the NVIDIA driver finds no device (100)"
    assert cuda_version(environ) is None


def test_the_override_stands_for_the_version_and_never_for_a_device() -> None:
    nothing = (sys.executable, "-c", "print('{}')")

    assert cuda_version({"CONDA_OVERRIDE_CUDA": "11.8"}, command=nothing) == "11.8"
    assert cuda_version({"CONDA_OVERRIDE_CUDA": ""}, command=nothing) is None
    environ = {"CONDA_OVERRIDE_CUDA": "11.8"}
    assert why_no_gpu(environ, command=nothing) == "the driver has no device"
    with pytest.raises(DefinitionError, match="no version of CUDA: `new`"):
        cuda_version({"CONDA_OVERRIDE_CUDA": "new"})


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('no JSON')"])
def test_a_driver_that_dies_is_no_gpu(code: str) -> None:
    command = (sys.executable, "-c", code)

    assert why_no_gpu({}, command=command) == "the NVIDIA driver is broken"


def test_a_driver_that_hangs_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "TIMEOUT", 0.1)
    command = (sys.executable, "-c", "import time; time.sleep(60)")

    assert why_no_gpu({}, command=command) == "the NVIDIA driver says nothing for 0 s"

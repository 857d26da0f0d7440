"""Wheels as they were published, fetched once by pip as it is configured, then kept.

    wheels = real_wheels("scipy==1.14.1", "numpy==1.26.4")  # file name to its path

They lie where NOXLOCK_TEST_WHEELS says, else in the user's cache. A test that needs
one which pip cannot fetch here is skipped and says so.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock
from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from platformdirs import user_cache_path

__all__ = ["WHEELS_VARIABLE", "pip_command", "real_wheels", "wheels_folder"]

WHEELS_VARIABLE = "NOXLOCK_TEST_WHEELS"
"""Names the folder that keeps the wheels between runs."""
_SECONDS = 900


def wheels_folder() -> Path:
    """Return the folder that keeps the wheels; it is made if it is not there."""
    named = os.environ.get(WHEELS_VARIABLE)
    folder = Path(named) if named else user_cache_path("noxlock-tests") / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def real_wheels(*pins: str) -> dict[str, Path]:
    """Return the wheels of *pins*, `name==version`, that the tests' own python takes.

    What they depend on is not followed. Skips the test where one cannot be had.
    """
    found = {}
    for pin in pins:
        wheel = _wheel(pin)
        if isinstance(wheel, str):
            pytest.skip(wheel)
        found[wheel.name] = wheel
    return found


def pip_command() -> tuple[str, ...] | None:
    """Return how pip is started; None where there is none.

    An environment that noxlock makes has none, its base interpreter may.
    """
    base = Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info))
    tried = [(sys.executable, "-m", "pip"), (str(base), "-m", "pip"), ("pip",)]
    return next((command for command in tried if _starts(command)), None)


def _starts(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run([*command, "--version"], capture_output=True, check=False)
    return done.returncode == 0


@functools.cache
def _wheel(pin: str) -> Path | str:
    """Return the wheel of *pin*, or why it is not here."""
    folder = wheels_folder()
    kept = _kept(folder, pin)
    if kept is None:
        with FileLock(folder / ".lock"):
            return _kept(folder, pin) or _download(folder, pin)
    return kept


def _kept(folder: Path, pin: str) -> Path | None:
    wanted = Requirement(pin)
    tags = frozenset(sys_tags())
    for wheel in sorted(folder.glob("*.whl")):
        try:
            name, version, _, its_tags = parse_wheel_filename(wheel.name)
        except InvalidWheelFilename:
            continue
        same = name == canonicalize_name(wanted.name) and not tags.isdisjoint(its_tags)
        if same and wanted.specifier.contains(version, prereleases=True):
            return wheel
    return None


def _download(folder: Path, pin: str) -> Path | str:
    pip = _pip()
    if pip is None:
        return f"{pin} is not in {folder}, and there is no pip to fetch it"
    version = "{}.{}".format(*sys.version_info)
    options = ("--no-deps", "--only-binary=:all:", "--retries=1", "--quiet")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as new:
        command = (*pip, "download", *options, f"--python-version={version}")
        try:
            done = subprocess.run(
                [*command, f"--dest={new}", pin],
                env=_environ(),
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"pip took more than {_SECONDS} seconds to fetch {pin}"
        wheels = list(Path(new).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            said = done.stderr.strip().splitlines() or ["no word"]
            return f"pip cannot fetch {pin} here: {said[-1]}"
        (wheel,) = wheels
        return wheel.rename(folder / wheel.name)


def _environ() -> dict[str, str]:
    """Return the variables without what hides pip's settings from a session."""
    environ = dict(os.environ)
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        del environ["PIP_CONFIG_FILE"]
    return environ


@functools.cache
def _pip() -> tuple[str, ...] | None:
    return pip_command()

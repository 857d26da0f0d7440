"""A real conda channel of about 20 MB, built once and kept; no network, no conda.

    channels = conda_channels()              # read only: shared by all tests
    channels.main, channels.extra            # folders of two channels
    channels.main.as_uri()                   # file:///.../main
    own = copy_channels(channels, tmp_path)  # to change as a test likes
    edit_record(own.main, "dated-2.0-h_0.conda", sha256=None)
    write_channel(tmp_path / "mine", [small_package("thing", "1.0", "python")])
    with serve_channel(channels.root) as server:  # support.conda_server
        server.channel("main")               # http://127.0.0.1:PORT/main

Channel `main`, for linux-64, osx-arm64, win-64 and noarch, the same each time:

- `python` (the CPython that runs the tests, MINOR; no pip, with bytecode),
  `python_abi`, `numpy`; they run on HOST, elsewhere they hold one stand-in file.
- `pytest pluggy iniconfig packaging pygments` and `pip`: noarch python.
- `accel` 1.0: cpu_0 everywhere; cuda12_1 (linux, win: `__cuda >=12`,
  `cuda-runtime 12.*`); mps_1 (osx: `__osx >=11.0`). The cpu one fits always.
- `pytorch` 2.5.1: the same builds, known to PyPI as `torch`; depends on python.
- `cuda-runtime` 12.4 (noarch, needs `__cuda >=12`).
- `dated` 1.0, 2.0, 3.0: built 100, 200, 300 days after 2024-01-01 (all else: 0).
- `layered` 1.0 here, 2.0 in `extra`, which has also `only-extra` 2.0.
- `needs-old` (`dated <2`), `needs-missing` (no such package).
- `legacy`: a .tar.bz2. `md5-only`, `unhashed`: records without sha256, any hash.
- `relocated` (HOST only): placeholders in share/prefix.txt, share/prefix.bin,
  bin/where (prints sys.prefix); activate.d and deactivate.d set and unset
  RELOCATED_HOME to PREFIX/share; env_vars.d sets RELOCATED_MODE to test; a
  post-link script writes PREFIX/post-link-ran.
- `purepy` (noarch python, no bytecode; `purepy-run`; purepy/templates/broken.py
  is no python), `both-worlds` (module both_worlds, ORIGIN is "conda"),
  `typing_extensions` 4.12.2 and `typing-extensions`, which only depends on it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from support.conda.archives import (
    DAY,
    EPOCH,
    PLACEHOLDER,
    Entry,
    Package,
    edit_record,
    write_channel,
)
from support.conda.made import (
    SUBDIRS,
    extra_packages,
    made_up,
    python_package,
    small_package,
)
from support.conda.real import (
    HOST,
    MINOR,
    distribution_package,
    pip_package,
    strip_tool,
)
from support.conda.real import python_package as interpreter_package

__all__ = [
    "CACHE_VARIABLE",
    "DAY",
    "EPOCH",
    "HOST",
    "MINOR",
    "PLACEHOLDER",
    "SUBDIRS",
    "Channels",
    "Entry",
    "Package",
    "build_channels",
    "conda_channels",
    "copy_channels",
    "edit_record",
    "python_package",
    "small_package",
    "write_channel",
]

CACHE_VARIABLE = "NOXLOCK_TESTS_CACHE"
"""Names the folder that keeps the channel between runs."""
DISTRIBUTIONS = ("numpy", "pytest", "pluggy", "iniconfig", "packaging", "pygments")
_UNUSED = 14 * DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Channels:
    """Two channels in one folder."""

    root: Path

    @property
    def main(self) -> Path:
        """The channel with the packages that run."""
        return self.root / "main"

    @property
    def extra(self) -> Path:
        """A second channel, of lower priority."""
        return self.root / "extra"

    def package(self, name: str) -> Path:
        """Return the one package file of noarch or HOST named so, `main/dated-2.0`."""
        channel, _, start = name.rpartition("/")
        folders = [self.root / (channel or "main") / it for it in ("noarch", HOST)]
        (found,) = [it for folder in folders for it in folder.glob(f"{start}-*")]
        return found


def conda_channels(cache: Path | None = None) -> Channels:
    """Return the channels, built at the first call on a machine, then kept.

    They lie in *cache*, else where NOXLOCK_TESTS_CACHE says, else in the user's
    cache, under a digest of what they are made of; processes wait for each other.
    """
    if cache is None:
        named = os.environ.get(CACHE_VARIABLE)
        cache = Path(named) if named else user_cache_path("noxlock-tests")
    kept = cache / f"conda-{_key()}"
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "conda.lock"):
            if not kept.is_dir():
                _forget_unused(cache)
                with tempfile.TemporaryDirectory(dir=cache, prefix=".new-") as new:
                    build_channels(Path(new, "channels"))
                    Path(new, "channels").rename(kept)
    with suppress(PermissionError):
        os.utime(kept)  # used: not to be forgotten
    return Channels(root=kept)


def build_channels(root: Path) -> Channels:
    """Write both channels anew."""
    real = [interpreter_package(), *map(distribution_package, DISTRIBUTIONS)]
    write_channel(root / "main", [*real, pip_package(), *made_up(real)])
    write_channel(root / "extra", extra_packages())
    return Channels(root=root)


def copy_channels(channels: Channels, folder: Path) -> Channels:
    """Return a copy in *folder*/channels that may be changed."""
    return Channels(root=shutil.copytree(channels.root, folder / "channels"))


def _forget_unused(cache: Path) -> None:
    for other in cache.glob("conda-*"):
        if other.stat().st_mtime < time.time() - _UNUSED:
            shutil.rmtree(other, ignore_errors=True)


@cache
def _key() -> str:
    here = Path(__file__)
    builders = [here, *sorted((here.parent / "conda").glob("*.py"))]
    facts = [it.read_text() for it in builders]
    facts += [sys.version, sys.base_prefix, HOST, str(strip_tool())]
    names = (*DISTRIBUTIONS, "zstandard")
    facts += [f"{name} {metadata.version(name)}" for name in names]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]

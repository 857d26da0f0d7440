"""Ask interpreters what they are, once each; python-discovery knows where they lie."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.envs import _probe
from noxlock.errors import InterpreterError
from noxlock.model import Interpreter, Subdir, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_discovery import PythonInfo

__all__ = ["Probes", "interpreter_from", "is_usable"]

BUCKET: Final = "interpreters-v1"
OLDEST: Final = (3, 8)
SUBDIRS: Final = {
    ("linux", "x86_64"): Subdir.LINUX_64,
    ("linux", "aarch64"): Subdir.LINUX_AARCH64,
    ("linux", "ppc64le"): Subdir.LINUX_PPC64LE,
    ("darwin", "x86_64"): Subdir.OSX_64,
    ("darwin", "arm64"): Subdir.OSX_ARM64,
    ("win32", "amd64"): Subdir.WIN_64,
}
TIMEOUT: Final = 20.0
"""Seconds after which an interpreter that says nothing is taken for broken."""


def is_usable(facts: Mapping[str, str]) -> bool:
    """Return whether environments can be made for it: a 64-bit CPython since 3.8."""
    return (
        facts["implementation"] == "cpython"
        and tuple(map(int, facts["version"].split(".")[:2])) >= OLDEST
        and facts["bits"] == "64"
        and "t" not in facts["abiflags"]  # free-threaded: another ABI, other wheels
    )


def interpreter_from(facts: Mapping[str, str]) -> Interpreter:
    """Return the value for what an interpreter said of itself.

    Raises:
        InterpreterError: Its platform is none that locks have wheels for.
    """
    platform = (facts["system"], facts["machine"])
    if platform not in SUBDIRS or (platform[0] == "linux" and not facts["glibc"]):
        libc = "" if facts["glibc"] or platform[0] != "linux" else " without glibc"
        raise InterpreterError(
            f"{facts['executable']} runs on {'-'.join(platform)}{libc},"
            " which is not supported",
            hint=f"known platforms: {', '.join(Subdir)}",
        )
    target = Target(subdir=SUBDIRS[platform], python=facts["version"])
    if facts["glibc"]:
        target = replace(target, glibc=_two_numbers(facts["glibc"]))
    if facts["macos"]:
        target = replace(target, macos=_two_numbers(facts["macos"]))
    return Interpreter(
        executable=Path(os.path.realpath(facts["executable"])),
        version=facts["version"],
        target=target,
        cache_tag=facts["cache_tag"],
        magic=facts["magic"],
    )


def _two_numbers(version: str) -> tuple[int, int]:
    major, _, rest = version.partition(".")
    return int(major), int(rest.partition(".")[0] or 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """What interpreters answered; kept by path, size and time of the executable."""

    cache: Path | None
    environ: Mapping[str, str]

    def ask(self, executable: str) -> dict[str, str] | None:
        """Return what *executable* says; None where it is no interpreter."""
        key = _probe_key(executable)
        kept = self._read(key)
        if kept is not None:
            return kept
        # -I: no variables, no user site; -S: no site-packages, whatever they hold.
        command = [executable, "-I", "-S", _probe.__file__]
        try:
            printed = subprocess.run(  # noqa: S603 - asking it is the purpose
                command, capture_output=True, check=True, timeout=TIMEOUT
            ).stdout
            facts: dict[str, str] = json.loads(printed)
            facts["executable"] = os.path.realpath(facts["executable"])
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
            return None
        self._write(key, facts)
        return facts

    def search(self, version: str | None) -> Iterator[dict[str, str]]:
        """Yield what is installed: PATH in its order, then pyenv's, then uv's."""
        from python_discovery import DiskCache, iter_interpreters  # noqa: PLC0415 - slow

        # Its warnings about a 2.7 somewhere on PATH are of no use here.
        logging.getLogger("python_discovery").setLevel(logging.CRITICAL)
        found = iter_interpreters(
            version,
            cache=DiskCache(self.cache / BUCKET) if self.cache else None,
            env={**self.environ, "PATH": os.pathsep.join(self._folders())},
            predicate=_may_fit,
        )
        for info in found:
            facts = self.ask(str(info.system_executable or info.executable))
            if facts is not None:
                yield facts

    def remembered(self, version: str) -> dict[str, str] | None:
        """Return what was chosen for *version* when every folder looked as now."""
        kept = self._read(self._choice(version))
        if kept is None:
            return None
        return self.ask(kept["executable"])

    def remember(self, version: str, facts: Mapping[str, str]) -> None:
        """Keep what was chosen for *version*, until a searched folder changes."""
        executable = facts["executable"]
        self._write(_probe_key(executable), facts)  # it was found by another name
        self._write(self._choice(version), {"executable": executable})

    def _choice(self, version: str) -> str:
        folders = [*self._folders(), *_uv_folders(self.environ)]
        return _key("choice", version, *(part for f in folders for part in _stamp(f)))

    def _folders(self) -> list[str]:
        """Return PATH, pyenv's shims replaced by the versions that they stand for."""
        root = self.environ.get("PYENV_ROOT") or os.path.join(  # noqa: PTH118
            self.environ.get("HOME") or os.path.expanduser("~"),  # noqa: PTH111
            ".pyenv",
        )
        shims = os.path.join(root, "shims")  # noqa: PTH118
        active = self.environ.get("PYENV_VERSION") or _first_line(Path(root, "version"))
        folders: list[str] = []
        for folder in self.environ.get("PATH", os.defpath).split(os.pathsep):
            if folder.rstrip(os.sep) == shims:
                folders += [
                    os.path.join(root, "versions", name, "bin")  # noqa: PTH118
                    for name in active.split(":")
                ]
            elif folder:
                folders.append(folder)
        return [*folders, *_version_folders(Path(root, "versions"))]

    def _read(self, key: str) -> dict[str, str] | None:
        if self.cache is None:
            return None
        try:
            facts = json.loads((self.cache / BUCKET / f"{key}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) and "executable" in facts else None

    def _write(self, key: str, facts: Mapping[str, str]) -> None:
        if self.cache is None:
            return
        file = self.cache / BUCKET / f"{key}.json"
        unfinished = file.with_suffix(f".{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(facts), encoding="utf-8")
            unfinished.replace(file)
        except OSError:  # a cache that cannot be written costs time, nothing else
            with suppress(OSError):
                unfinished.unlink()


def _may_fit(info: PythonInfo) -> bool:
    return info.implementation == "CPython" and tuple(info.version_info[:2]) >= OLDEST


def _key(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    return f"{parts[0]}-{digest.hexdigest()}"


def _stamp(path: str) -> list[str]:
    try:
        status = os.stat(path)  # noqa: PTH116 - many paths, on the warm way
    except OSError:
        return [path, "absent"]
    return [path, str(status.st_mtime_ns), str(status.st_size)]


def _probe_key(executable: str) -> str:
    return _key("probe", _probe_digest(), *_stamp(executable))


@cache
def _probe_digest() -> str:
    return hashlib.sha256(Path(_probe.__file__).read_bytes()).hexdigest()


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in lines if line.strip()), "")


def _version_folders(versions: Path) -> list[str]:
    """Return the `bin` of each of pyenv's versions, newest first."""
    try:
        names = os.listdir(versions)  # noqa: PTH208 - names are what is sorted
    except OSError:
        return []
    by_number = sorted(
        names, key=lambda name: [int(n) for n in re.findall("[0-9]+", name)]
    )
    return [str(versions / name / "bin") for name in reversed(by_number)]


def _uv_folders(environ: Mapping[str, str]) -> list[str]:
    """Return where uv may keep its pythons: only watched here, for changes."""
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    folders = [data, home / "Library" / "Application Support"]
    chosen = environ.get("UV_PYTHON_INSTALL_DIR")
    return [chosen] if chosen else [str(folder / "uv/python") for folder in folders]

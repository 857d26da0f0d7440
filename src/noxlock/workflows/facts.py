"""Facts of the live machine, for records: no host, no user, no path of a home."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from noxlock.envs import venv_python
from noxlock.errors import NoxlockError
from noxlock.process import run
from noxlock.workflows import _effective

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "LIVE",
    "Facts",
    "effective_state",
    "git_commit",
    "machine_facts",
    "parse_cpuinfo",
]

CPUINFO: Final = Path("/proc/cpuinfo")
_DIGITS: Final = 16
"""Hex digits of a digest that stands for a long list."""


def machine_facts() -> dict[str, str]:
    """Return processor, cores, C library, kernel and system of this machine."""
    model, flags = _processor()
    facts = {
        "architecture": platform.machine(),
        "cores": str(_cores()),
        "cpu": model,
        "cpu-flags": hashlib.sha256(flags.encode()).hexdigest()[:_DIGITS]
        if flags
        else "",
        "kernel": f"{platform.system()} {platform.release()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "system": _system(),
    }
    return {name: value for name, value in facts.items() if value}


def parse_cpuinfo(text: str) -> tuple[str, str]:
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
    return model, " ".join(sorted(flags.split()))


def _processor() -> tuple[str, str]:
    try:
        return parse_cpuinfo(CPUINFO.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        pass
    if sys.platform == "darwin":
        model = _output(["sysctl", "-n", "machdep.cpu.brand_string"], Path("/"))
        return model or platform.processor(), ""
    return platform.processor(), ""


def _cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        mac = platform.mac_ver()[0]
        return f"macOS {mac}" if mac else platform.system()


def git_commit(root: Path, leave_out: str) -> str | None:
    """Return the commit of the project at *root*, `+dirty` where its tree was changed.

    Args:
        root: The project's folder.
        leave_out: A folder beneath it whose changes do not count: the baseline, which
            the run itself may write.

    Returns:
        None where it is no git repository, has no commit, or git is not there.
    """
    commit = _output(["git", "rev-parse", "HEAD"], root)
    if not commit:
        return None
    changed = _output(
        ["git", "status", "--porcelain", "--", ".", f":(exclude){leave_out}"], root
    )
    return commit if changed == "" else f"{commit}+dirty"


def _output(command: list[str], cwd: Path) -> str | None:
    """Return what *command* prints, or None where it fails."""
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        completed = run(command, cwd=cwd, env=env)
    except NoxlockError:
        return None
    return completed.stdout.strip() if completed.succeeded else None


def effective_state(prefix: Path, env: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return what the libraries in the environment at *prefix* say of themselves.

    The variables only ask; what counts is the BLAS, the threads and the processor
    features that are in use after import. Never fails: then it is empty.
    """
    command = [str(venv_python(prefix)), "-I", "-B", _effective.__file__]
    try:
        completed = run(command, cwd=root, env=env)
    except NoxlockError:
        return {}
    for line in completed.stdout.splitlines():
        if line.startswith(_effective.MARK):
            found: dict[str, str] = json.loads(line.removeprefix(_effective.MARK))
            return found
    return {}


class _Commit(Protocol):
    def __call__(self, root: Path, leave_out: str, /) -> str | None: ...


class _Effective(Protocol):
    def __call__(
        self, prefix: Path, env: Mapping[str, str], root: Path, /
    ) -> dict[str, str]: ...


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Where a record's facts come from."""

    machine: Callable[[], dict[str, str]] = machine_facts
    commit: _Commit = git_commit
    effective: _Effective = effective_state
    now: Callable[[], datetime] = _now


LIVE: Final = Facts()
"""This machine."""

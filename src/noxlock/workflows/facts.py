"""Facts of the live machine, for records: no host, no user, no path of a home."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs.cpu import read_cpuinfo
from noxlock.errors import NoxlockError
from noxlock.process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "LIVE",
    "Facts",
    "gpu_facts",
    "machine_facts",
]

DRIVER: Final = Path("/proc/driver/nvidia")
_COLUMNS: Final = 2
_DIGITS: Final = 16
"""Hex digits of a digest that stands for a long list."""


def machine_facts() -> dict[str, str]:
    """Return processor, cores, GPUs, C library, kernel and system of this machine."""
    model, flags = _processor()
    facts = {
        "architecture": platform.machine(),
        "cores": str(_cores()),
        "cpu": model,
        "cpu-flags": " ".join(flags),
        "cpu-flags-digest": _short_digest(flags),
        "kernel": f"{platform.system()} {platform.release()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "system": _system(),
    }
    facts |= gpu_facts()
    return {name: value for name, value in facts.items() if value}


def gpu_facts() -> dict[str, str]:
    """Return the NVIDIA GPUs of this machine and their driver; {}: there are none.

    Where nvidia-smi is not there, as in some containers, what the driver says in /proc.
    """
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    rows = [line.split(", ") for line in (_output(query, Path("/")) or "").splitlines()]
    named = [row for row in rows if len(row) == _COLUMNS]
    if named:
        return {"gpu": _counted(row[0] for row in named), "gpu-driver": named[0][1]}
    try:
        files = sorted((DRIVER / "gpus").glob("*/information"))
        names = [_model(file.read_text(encoding="utf-8")) for file in files]
        version = (DRIVER / "version").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    number = re.search(r"\b\d{3,}\.\d+(?:\.\d+)?\b", version)
    return {"gpu": _counted(names), "gpu-driver": number.group() if number else ""}


def _model(information: str) -> str:
    found = re.search(r"^Model:\s*(.+?)\s*$", information, re.MULTILINE)
    return found.group(1) if found else "unknown"


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(
        name if count == 1 else f"{count} x {name}" for name, count in counts.items()
    )


def _short_digest(flags: tuple[str, ...]) -> str:
    if not flags:
        return ""
    return hashlib.sha256(" ".join(flags).encode()).hexdigest()[:_DIGITS]


def _processor() -> tuple[str, tuple[str, ...]]:
    model, flags = read_cpuinfo()
    if not model and sys.platform == "darwin":
        model = _output(["sysctl", "-n", "machdep.cpu.brand_string"], Path("/")) or ""
    return model or platform.processor(), flags


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


def _output(command: list[str], cwd: Path) -> str | None:
    """Return what *command* prints, or None where it fails."""
    try:
        completed = run(command, cwd=cwd)
    except NoxlockError:
        return None
    return completed.stdout.strip() if completed.succeeded else None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Where a record's facts come from."""

    machine: Callable[[], dict[str, str]] = machine_facts
    now: Callable[[], datetime] = _now


LIVE: Final = Facts()
"""This machine."""

"""What an interpreter says of itself; also run as a script by that interpreter.

It must run on every CPython since 3.8, isolated (`-I -S`), and import little.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.util import MAGIC_NUMBER

__all__ = ["facts"]


def _glibc() -> str:
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return ""
    return version if name == "glibc" else ""


def facts() -> dict[str, str]:
    """Return what decides which wheels this interpreter can use, as strings."""
    return {
        "implementation": sys.implementation.name,
        "version": platform.python_version(),
        "executable": getattr(sys, "_base_executable", None) or sys.executable,
        "cache_tag": sys.implementation.cache_tag or "",
        "magic": MAGIC_NUMBER.hex(),
        "abiflags": getattr(sys, "abiflags", ""),
        "system": sys.platform,
        "machine": platform.machine().lower(),
        "bits": "64" if sys.maxsize > 2**32 else "32",
        "glibc": _glibc(),
        "macos": platform.mac_ver()[0] if sys.platform == "darwin" else "",
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(facts()))

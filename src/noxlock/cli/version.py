"""The version that is installed."""

from __future__ import annotations

from importlib import metadata

__all__ = ["version"]


def version() -> str:
    """Return noxlock's version; of a source tree that is not installed, `unknown`."""
    try:
        return metadata.version("noxlock")
    except metadata.PackageNotFoundError:
        return "unknown"

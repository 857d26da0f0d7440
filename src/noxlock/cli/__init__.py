"""The command line; the only importer of typer."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run `noxlock` with this process's arguments, and exit."""
    from noxlock.cli.app import run  # noqa: PLC0415 - the plugin imports no typer

    sys.exit(run(sys.argv[1:]))

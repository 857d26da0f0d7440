"""The command line; the only importer of typer."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run `noxlock` with this process's arguments, and exit."""
    # The plugin imports no typer.
    from noxlock.cli.app import run  # noqa: PLC0415
    from noxlock.cli.streams import outlive_readers  # noqa: PLC0415

    outlive_readers()
    sys.exit(run(sys.argv[1:]))

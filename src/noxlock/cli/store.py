"""`noxlock store`: placeholder until the store's own values are there."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(name="store", no_args_is_help=True)

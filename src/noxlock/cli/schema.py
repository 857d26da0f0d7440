"""`noxlock schema`."""

from __future__ import annotations

from noxlock.cli.output import print_json

__all__ = ["COMMAND"]


def schema() -> None:
    """Print the JSON Schema of the files in `sessions/`, for editors."""
    from noxlock.definitions import json_schema  # noqa: PLC0415 - slow to import

    print_json(json_schema())


COMMAND = schema

"""`noxlock schema`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from noxlock.cli.output import print_json

__all__ = ["COMMAND"]


class _Of(StrEnum):
    DEFINITIONS = "definitions"
    REPORT = "report"


_What = Annotated[
    _Of,
    typer.Argument(
        metavar="WHAT",
        show_default=False,
        help="The files in `sessions/` [default], or the report.json of a check.",
    ),
]


def schema(what: _What = _Of.DEFINITIONS) -> None:
    """Print the JSON Schema of definitions, or of reports."""
    # Slow to import, both of them.
    if what is _Of.REPORT:
        from noxlock.report.schema import json_schema  # noqa: PLC0415
    else:
        from noxlock.definitions import json_schema  # noqa: PLC0415

    print_json(json_schema())


COMMAND = schema

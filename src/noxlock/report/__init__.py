"""How results are said: one module a form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from noxlock.report import json, terminal
from noxlock.report.changes import changes
from noxlock.report.live import make_progress
from noxlock.report.progress import Progress, Quiet, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import CheckReport

__all__ = ["FORMS", "Form", "Progress", "Quiet", "Task", "changes", "make_progress"]


class Form(Protocol):
    """Writes the report of a check in one form."""

    def __call__(self, report: CheckReport, stream: TextIO, /) -> None:
        """Write *report* to *stream*."""
        ...


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {terminal.NAME: terminal.write, json.NAME: json.write}
)
"""Form by the name that the command line takes."""

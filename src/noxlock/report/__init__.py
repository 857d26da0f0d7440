"""How results are said: one module a form."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TextIO, cast

from noxlock.report.causes import causes
from noxlock.report.live import make_progress
from noxlock.report.progress import Progress, Quiet, Task
from noxlock.report.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "FORMS",
    "Form",
    "Progress",
    "Quiet",
    "Shown",
    "Task",
    "causes",
    "make_progress",
]


class _Write(Protocol):
    def __call__(
        self, shown: Sequence[Shown], stream: TextIO, environ: Mapping[str, str], /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the report; its module is imported when it is needed."""

    name: str
    file: str
    """What each run of a check writes it to; "" where it is for the terminal."""

    def write(
        self, shown: Sequence[Shown], stream: TextIO, environ: Mapping[str, str]
    ) -> None:
        """Write the reports of one or several checks to *stream*, as one document."""
        module = import_module(f"noxlock.report.{self.name}")
        cast("_Write", module.write)(shown, stream, environ)


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        form.name: form
        for form in (
            Form("terminal", ""),
            Form("json", "report.json"),
            Form("junit", "junit.xml"),
            Form("markdown", "report.md"),
            Form("html", "report.html"),
        )
    }
)
"""Form by the name that the command line takes: its module's."""

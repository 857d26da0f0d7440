"""How results are said: one module a form.

Importing it is light, as the command line's choices come from here; what needs rich or
msgspec is imported when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TextIO, cast

from noxlock.report.progress import Progress, Quiet, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.report._causes import causes
    from noxlock.report.live import make_progress
    from noxlock.report.shown import Shown

__all__ = [
    "ALIASES",
    "FORMS",
    "Form",
    "Progress",
    "Quiet",
    "Shown",
    "Task",
    "causes",
    "make_progress",
]

_LATER: Final = {"Shown": "shown", "causes": "_causes", "make_progress": "live"}


class _Write(Protocol):
    def __call__(
        self, shown: Sequence[Shown], stream: TextIO, environ: Mapping[str, str], /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the report; its module is imported when it is needed."""

    name: str
    """As the command line has it; its module's."""
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
ALIASES: Final[Mapping[str, str]] = MappingProxyType({"md": "markdown"})
"""What a form is called as well, as its file's suffix is."""


def __getattr__(name: str) -> object:
    if (module := _LATER.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)

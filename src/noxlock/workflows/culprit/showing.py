"""Show where a search stands, and what it found."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO, assert_never

from noxlock.report.culprits_markdown import culprits_markdown
from noxlock.report.culprits_terminal import write_culprits
from noxlock.report.json import to_json
from noxlock.report.one_line import OneLine
from noxlock.report.standing import progress_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from noxlock.model.culprit import CulpritReport, Standing

__all__ = ["Form", "show", "watching"]


class Form(StrEnum):
    """How a finding is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@contextmanager
def watching(
    stream: TextIO, environ: Mapping[str, str]
) -> Iterator[Callable[[Standing], None]]:
    """Give what shows on *stream* where a search stands."""
    with OneLine(stream, environ) as line:
        yield lambda now: line.show(progress_line(now))


def show(
    found: CulpritReport, form: Form, stream: TextIO, environ: Mapping[str, str]
) -> None:
    """Write *found* to *stream*."""
    match form:
        case Form.TEXT:
            write_culprits(found, stream, environ)
        case Form.JSON:
            stream.write(to_json(found))
        case Form.MARKDOWN:
            stream.write(culprits_markdown(found))
        case _:
            assert_never(form)

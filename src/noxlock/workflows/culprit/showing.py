"""Show where a search stands, and what it found."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO, assert_never

from noxlock.report.culprits_markdown import culprits_markdown
from noxlock.report.culprits_terminal import write_culprits
from noxlock.report.json import to_json
from noxlock.report.one_line import OneLine
from noxlock.report.standing import progress_line
from noxlock.workflows.culprit.asking import ask_why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from noxlock.model.culprit import CulpritReport, Standing
    from noxlock.workflows.culprit.asking import WhyRequest
    from noxlock.workflows.parts import Parts

__all__ = ["Form", "answer", "show", "watching"]


class Form(StrEnum):
    """How a finding is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"

    @classmethod
    def of(cls, *, as_json: bool, markdown: bool) -> Form:
        """Return the form that two flags ask for; JSON before Markdown."""
        return cls.JSON if as_json else cls.MARKDOWN if markdown else cls.TEXT


def answer(
    request: WhyRequest, parts: Parts, form: Form, say: Callable[[str], None]
) -> CulpritReport:
    """Search, its progress on stderr; write what was found to stdout, and return it.

    Args:
        request: What is asked.
        parts: The store, the index, the builder.
        form: How it is written.
        say: Told, on Ctrl-C, how to go on.
    """
    try:
        with watching(sys.stderr, request.environ) as watch:
            found = ask_why(request, parts, watch)
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
        raise
    show(found, form, sys.stdout, request.environ)
    return found


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

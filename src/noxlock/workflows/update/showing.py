"""Show what became of an update, and write its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from msgspec import json

from noxlock.errors import DefinitionError
from noxlock.report.updates import write_update
from noxlock.report.updates_markdown import update_markdown
from noxlock.workflows.culprit.showing import watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model.update import UpdateReport
    from noxlock.workflows.update.trying import Watching

__all__ = ["show", "watched", "write_report"]

SUMMARY = "GITHUB_STEP_SUMMARY"


def watched(stream: TextIO, environ: Mapping[str, str]) -> Watching:
    """Return what gives a line that shows where a search stands."""
    return lambda: watching(stream, environ)


def show(report: UpdateReport, stream: TextIO, out: TextIO, *, as_json: bool) -> None:
    """Write *report* for people to *stream*, and as JSON to *out* where it is asked."""
    write_update(report, stream)
    if as_json:
        out.write(json.format(json.encode(report), indent=2).decode() + "\n")


def write_report(report: UpdateReport, path: Path, environ: Mapping[str, str]) -> None:
    """Write *report* as Markdown to *path*, as JSON beside it, and to GitHub's summary.

    Raises:
        DefinitionError: It cannot be written there.
    """
    written = update_markdown(report)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, encoding="utf-8")
        if summary := environ.get(SUMMARY):
            with open(summary, "a", encoding="utf-8") as stream:  # noqa: PTH123
                stream.write(f"{written}\n")
    except OSError as error:
        what = f"the report cannot be written: {error.strerror or error}"
        raise DefinitionError(what, file=str(error.filename or path)) from None

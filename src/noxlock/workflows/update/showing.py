"""Show what became of an update, and write its report."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from noxlock.errors import DefinitionError
from noxlock.report.json import to_json
from noxlock.report.updates import write_update
from noxlock.report.updates_markdown import update_markdown
from noxlock.workflows.culprit.showing import watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model.update import UpdateReport
    from noxlock.workflows.update.trying import Watching

__all__ = ["ready", "show", "watched", "write_report"]

_SUMMARY: Final = "GITHUB_STEP_SUMMARY"


def watched(stream: TextIO, environ: Mapping[str, str]) -> Watching:
    """Return what gives a line that shows where a search stands."""
    return lambda: watching(stream, environ)


def show(report: UpdateReport, stream: TextIO, out: TextIO, *, as_json: bool) -> None:
    """Write *report* for people to *stream*, and as JSON to *out* where it is asked."""
    write_update(report, stream)
    if as_json:
        out.write(to_json(report))


def ready(path: Path) -> None:
    """Make the folder of the report, before anything takes hours.

    Raises:
        DefinitionError: It cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise _unwritten(path, error) from None


def write_report(report: UpdateReport, path: Path, environ: Mapping[str, str]) -> None:
    """Write *report* as Markdown to *path*, and to the summary page of a CI run.

    Raises:
        DefinitionError: It cannot be written there.
    """
    written = update_markdown(report)
    try:
        path.write_text(written, encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritten(path, error) from None
    if name := environ.get(_SUMMARY):
        with suppress(OSError), Path(name).open("a", encoding="utf-8") as stream:
            stream.write(f"{written}\n")


def _unwritten(path: Path, error: OSError) -> DefinitionError:
    what = f"the report cannot be written: {error.strerror or error}"
    return DefinitionError(what, file=str(path), key="--markdown")

"""Write the report of a check in every form: for people, pages, and machines."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final, TextIO

from noxlock.compare.previews import preview
from noxlock.errors import EnvError
from noxlock.model import Tolerance
from noxlock.model.preview import Evidence
from noxlock.report import FORMS, Shown, terminal
from noxlock.report.json import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from noxlock.model import CheckReport
    from noxlock.model.preview import Preview

__all__ = ["EVIDENCE", "REPORT", "publish"]

REPORT: Final = "report.json"
EVIDENCE: Final = "evidence.json"
"""What the page shows besides the report: `noxlock report` makes it again from this."""
_LOG_BYTES: Final = 1 << 16
_LOG_LINES: Final = 200


def publish(  # noqa: PLR0913 - what happened, where it goes, what can be looked at
    report: CheckReport,
    *,
    folder: Path,
    stream: TextIO,
    environ: Mapping[str, str],
    verbose: bool = False,
    sides: Mapping[str, tuple[Path, Path]] | None = None,
    log: Path | None = None,
) -> None:
    """Write *report* to its folder in every form, and print it.

    Args:
        report: The result of the check.
        folder: `.nox/repro/NAME/`; it is there.
        stream: For people.
        environ: Says whether there is colour, and where a summary of CI goes.
        verbose: Whether every detail is printed.
        sides: By output the paths of its baseline and of what was written now.
        log: What the command printed, where it failed: its end is shown.

    Raises:
        EnvError: A file cannot be written.
    """
    evidence = Evidence(
        previews=tuple(_previews(report, sides or {})), log=_tail(log) if log else ()
    )
    shown = Shown(report=report, evidence=evidence)
    _write(folder / REPORT, to_json(report))
    _write(folder / EVIDENCE, to_json(evidence))
    for form in FORMS.values():
        if form.file and form.file != REPORT:
            text = io.StringIO()
            form.write([shown], text, environ)
            _write(folder / form.file, text.getvalue())
    terminal.write_report(shown, stream, environ, verbose=verbose)


def _previews(
    report: CheckReport, sides: Mapping[str, tuple[Path, Path]]
) -> Iterator[Preview]:
    tolerances = report.actual.tolerances
    for output in report.outputs:
        if (pair := sides.get(output.output)) is None:
            continue
        tolerance = tolerances.outputs.get(output.output, Tolerance())
        found = preview(*pair, output, tolerance, tolerances.tolerance)
        if found is not None:
            yield found


def _tail(path: Path) -> tuple[str, ...]:
    """Return the last lines of a log; () where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LOG_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-_LOG_LINES:])


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)  # noqa: PTH105 - one call, over an existing file
    except OSError as error:
        what = f"the report cannot be written: {error.strerror or error}"
        raise EnvError(what, file=str(path)) from error

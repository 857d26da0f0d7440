"""Write the report of a check in every form: for people, pages, and machines."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from msgspec import structs

from noxlock.compare.previews import preview
from noxlock.errors import CompareError, EnvError, nearest
from noxlock.model import Tolerance
from noxlock.model.preview import Evidence
from noxlock.report import FORMS, Shown, terminal
from noxlock.report.json import parse_evidence, parse_report, to_json
from noxlock.report.markdown import to_markdown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from noxlock.model import CheckReport
    from noxlock.model.preview import Preview
    from noxlock.report import Form

__all__ = ["EVIDENCE", "REPORT", "publish", "read_reports", "write_document"]

REPORT: Final = "report.json"
EVIDENCE: Final = "evidence.json"
"""What the page shows besides the report: `noxlock report` makes it again from this."""
_FOLDER: Final = "repro"
# GitHub: "Job summaries are isolated between steps and each step is restricted to a
# maximum size of 1MiB"; where it is exceeded the upload fails.
_SUMMARY_BYTES: Final = 1 << 20
_IMAGE_BYTES: Final = 1 << 23
"""Of all images of one page."""
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
    log_seen: bool = False,
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
        log_seen: It was on *stream* already: it is not printed again.

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
            write_document([shown], form, folder / form.file, environ)
    page = _shown_path(folder / FORMS["html"].file)
    printed = Shown(report=report) if log_seen else shown
    terminal.write_report(printed, stream, environ, verbose=verbose, page=page)
    _summarise(shown, stream, environ)


def read_reports(nox_folder: Path, names: Collection[str]) -> list[Shown]:
    """Return what the last runs of checks found; no *names*: of all that have run.

    Args:
        nox_folder: `.nox`, or what nox's `--envdir` named.
        names: Of checks.

    Raises:
        CompareError: A check has not run, or its report is damaged.
    """
    folder = nox_folder / _FOLDER
    known = sorted(path.parent.name for path in folder.glob(f"*/{REPORT}"))
    if not known:
        what = "no check has run yet: there is no report"
        raise CompareError(what, file=str(folder), hint="run `nox -s repro`")
    for name in names:
        if name not in known:
            hint = nearest(name, known) or f'run `nox -s "repro({name})"`'
            raise CompareError(f"there is no report of `{name}`", hint=hint)
    return [_read(folder / name) for name in dict.fromkeys(names or known)]


def _read(folder: Path) -> Shown:
    file = folder / REPORT
    try:
        report = parse_report(file.read_bytes(), str(file))
    except OSError as error:
        what = f"the report cannot be read: {error.strerror or error}"
        raise CompareError(what, file=str(file)) from error
    beside = folder / EVIDENCE
    try:
        data = beside.read_bytes()
    except OSError:  # not all of it is kept everywhere
        return Shown(report=report)
    return Shown(report=report, evidence=parse_evidence(data, str(beside)))


def write_document(
    shown: Sequence[Shown], form: Form, path: Path, environ: Mapping[str, str]
) -> None:
    """Write the checks as one document to *path*, whole or not at all.

    Raises:
        EnvError: It cannot be written.
    """
    text = io.StringIO()
    form.write(shown, text, environ)
    _write(path, text.getvalue())


def _summarise(shown: Shown, stream: TextIO, environ: Mapping[str, str]) -> None:
    """Append the report to the summary page of the CI run, where there is one."""
    if not (name := environ.get("GITHUB_STEP_SUMMARY")):
        return
    path = Path(name)
    try:
        room = _SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
        for brief in (False, True):
            data = f"{to_markdown([shown], brief=brief)}\n".encode()
            if len(data) <= room:
                with path.open("ab") as summary:
                    summary.write(data)
                return
    except OSError as error:
        why = error.strerror or error
        stream.write(f"warning: the summary cannot be written to {name}: {why}\n")


def _previews(
    report: CheckReport, sides: Mapping[str, tuple[Path, Path]]
) -> Iterator[Preview]:
    tolerances = report.actual.tolerances
    room = _IMAGE_BYTES
    for output in report.outputs:
        if (pair := sides.get(output.output)) is None:
            continue
        tolerance = tolerances.outputs.get(output.output, Tolerance())
        found = preview(*pair, output, tolerance, tolerances.tolerance)
        if found is None:
            continue
        images = []
        for image in found.images:
            size = len(image.baseline) + len(image.actual) + len(image.difference)
            if size <= room:
                images.append(image)
                room -= size
        yield structs.replace(found, images=tuple(images))


def _tail(path: Path) -> tuple[str, ...]:
    """Return the last lines of a log; () where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LOG_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-_LOG_LINES:])


def _shown_path(path: Path) -> str:
    """Return *path* as short as it can be typed here."""
    here = Path.cwd()
    inside = path.is_relative_to(here)
    return str(path.relative_to(here) if inside else path)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)  # noqa: PTH105 - one call, over an existing file
    except OSError as error:
        what = f"the report cannot be written: {error.strerror or error}"
        raise EnvError(what, file=str(path)) from error

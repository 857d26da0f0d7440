"""One report, written in every form, printed, and read again."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from noxlock.compare import compare_output
from noxlock.errors import CompareError, EnvError
from noxlock.model import Tolerance
from noxlock.report import FORMS, Shown
from noxlock.workflows.publishing import publish, read_reports, write_document
from support.reports import SAME, drift, full_record, full_report, report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import CheckReport

FILES = {
    "evidence.json",
    "junit.xml",
    "report.html",
    "report.json",
    "report.md",
}


def published(
    found: CheckReport, folder: Path, environ: Mapping[str, str] | None = None
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    stream = io.StringIO()
    publish(found, folder=folder, stream=stream, environ=environ or {})
    return stream.getvalue()


def test_every_form_lies_in_the_folder_and_the_terminal_has_its_own(
    tmp_path: Path,
) -> None:
    text = published(full_report(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert text.startswith("digits: drifted: weights.npy[3] differs by 0.0012")
    assert json.loads((tmp_path / "report.json").read_text())["check"] == "digits"
    assert f"page: {tmp_path / 'report.html'}\n" in text
    page = (tmp_path / "report.html").read_text()
    assert page.startswith("<!doctype html>")


def test_the_page_is_named_as_it_can_be_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "page: a/report.html\n" in published(full_report(), tmp_path / "a")
    assert "page:" not in published(report(SAME), tmp_path / "b")


def test_what_differs_is_drawn_on_the_page(tmp_path: Path) -> None:
    sides = tmp_path / "old.npy", tmp_path / "new.npy"
    values = np.linspace(0, 1, 100)
    np.save(sides[0], values)
    np.save(sides[1], np.where(values > 0.5, values + 1, values))
    output = compare_output(*sides, Tolerance(), output="weights.npy")
    found = report(output, SAME, actual=full_record())
    folder = tmp_path / "out"
    folder.mkdir()
    publish(
        found,
        folder=folder,
        stream=io.StringIO(),
        environ={},
        sides={"weights.npy": sides, "metrics.json": sides},
    )
    assert (folder / "report.html").read_text().count("<svg viewBox") == 3
    (shown,) = read_reports_of(folder)
    assert [each.output for each in shown.evidence.previews] == ["weights.npy"]


def test_images_are_shown_as_far_as_the_page_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setattr("noxlock.workflows.publishing._IMAGE_BYTES", 2000)
    names, sides, outputs = ("a.png", "b.png", "c.png"), {}, []
    for number, name in enumerate(names):
        pair = tmp_path / f"old-{name}", tmp_path / f"new-{name}"
        for shade, path in enumerate(pair):
            noise = np.random.default_rng(shade).integers(0, 255, (8, 8 + 20 * number))
            image.fromarray(noise.astype(np.uint8)).save(path)
        sides[name] = pair
        outputs.append(compare_output(*pair, Tolerance(), output=name))
    folder = tmp_path / "out"
    folder.mkdir()
    found = report(*outputs, actual=full_record())
    publish(found, folder=folder, stream=io.StringIO(), environ={}, sides=sides)
    (shown,) = read_reports_of(folder)
    assert [len(each.images) for each in shown.evidence.previews] == [1, 1, 0]


def read_reports_of(folder: Path) -> list[Shown]:
    """Return what is read again of *folder*, moved to where nox has it."""
    place = folder.parent / ".nox" / "repro" / "digits"
    place.parent.mkdir(parents=True)
    folder.rename(place)
    return read_reports(folder.parent / ".nox", ())


def test_the_end_of_the_log_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"".join(b"line %d \xff\n" % number for number in range(20_000)))
    folder = tmp_path / "out"
    folder.mkdir()
    stream = io.StringIO()
    failed = report(reason="`python` ended with exit status 1")
    publish(failed, folder=folder, stream=stream, environ={}, log=log)
    assert "  | line 19999 \ufffd\n" in stream.getvalue()
    (shown,) = read_reports_of(folder)
    assert len(shown.evidence.log) == 200
    assert shown.evidence.log[-1] == "line 19999 \ufffd"


def test_a_log_that_is_not_there_is_not_shown(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    stream = io.StringIO()
    publish(report(SAME), folder=folder, stream=stream, environ={}, log=tmp_path / "no")
    assert "log" not in stream.getvalue()


def test_the_summary_of_ci_is_appended_to(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(summary)}
    summary.write_text("before\n")
    published(report(SAME), tmp_path / "a", environ)
    published(report(drift()), tmp_path / "b", environ)
    text = summary.read_text()
    assert text.startswith("before\n### ✅ digits: identical\n")
    assert "\n### ❌ digits: drifted\n" in text


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(summary)}
    summary.write_bytes(b"x" * ((1 << 20) - 500))
    published(full_report(), tmp_path / "a", environ)
    short = summary.stat().st_size
    assert (1 << 20) - 500 < short < 1 << 20
    published(full_report(), tmp_path / "b", environ)
    published(full_report(), tmp_path / "c", environ)
    published(full_report(), tmp_path / "d", environ)
    assert summary.stat().st_size <= 1 << 20


def test_a_summary_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    environ = {"GITHUB_STEP_SUMMARY": str(tmp_path)}
    text = published(report(SAME), tmp_path / "a", environ)
    assert f"warning: the summary cannot be written to {tmp_path}: " in text


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EnvError, match=r"report\.json.*: the report cannot be written"):
        publish(report(SAME), folder=tmp_path / "no", stream=io.StringIO(), environ={})


def test_reports_are_read_by_name_or_all_of_them(tmp_path: Path) -> None:
    for name in ("b", "a"):
        published(report(SAME, check=name), tmp_path / "repro" / name)
    assert [each.report.check for each in read_reports(tmp_path, ())] == ["a", "b"]
    chosen = read_reports(tmp_path, ("b", "b"))
    assert [each.report.check for each in chosen] == ["b"]


def test_a_report_without_its_evidence_is_read(tmp_path: Path) -> None:
    published(report(SAME), tmp_path / "repro" / "digits")
    (tmp_path / "repro" / "digits" / "evidence.json").unlink()
    (shown,) = read_reports(tmp_path, ())
    assert shown == Shown(report=report(SAME))


def test_what_has_not_run_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(CompareError, match="no check has run yet") as none:
        read_reports(tmp_path, ())
    assert none.value.hint == "run `nox -s repro`"
    published(report(SAME), tmp_path / "repro" / "digits")
    with pytest.raises(CompareError, match="no report of `digit`") as close:
        read_reports(tmp_path, ("digit",))
    assert close.value.hint == "did you mean `digits`?"
    with pytest.raises(CompareError, match="no report of `x`") as far:
        read_reports(tmp_path, ("x",))
    assert far.value.hint == 'run `nox -s "repro(x)"`'


def test_a_report_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "repro" / "digits" / "report.json").mkdir(parents=True)
    with pytest.raises(CompareError, match="the report cannot be read"):
        read_reports(tmp_path, ())


def test_several_checks_are_written_as_one_document(tmp_path: Path) -> None:
    shown = [
        Shown(report=full_report()),
        Shown(report=msgspec.structs.replace(report(SAME), check="other")),
    ]
    for form in FORMS.values():
        path = tmp_path / form.name
        write_document(shown, form, path, {})
        text = path.read_text()
        assert "digits" in text
        assert "other" in text

"""`noxlock report` and `noxlock schema report`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from noxlock.report import FORMS
from noxlock.report.schema import json_schema
from noxlock.workflows.publishing import publish
from support.reports import SAME, drift, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended


@pytest.fixture(name="ran")
def _ran(project: Path) -> Path:
    """Return the project, in which two checks have run."""
    for found in (report(drift()), report(SAME, check="other")):
        folder = project / ".nox" / "repro" / found.check
        folder.mkdir(parents=True)
        publish(found, folder=folder, stream=io.StringIO(), environ={})
    return project


@pytest.mark.usefixtures("ran")
def test_the_last_results_are_printed(noxlock: Callable[..., Ended]) -> None:
    ended = noxlock("report")
    assert ended.status == 0
    assert "digits: drifted" in ended.out
    assert "other: identical" in ended.out
    assert "digits" not in noxlock("report", "other").out


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_a_choice(form: str, noxlock: Callable[..., Ended]) -> None:
    ended = noxlock("report", "--form", form)
    assert (ended.status, ended.err) == (0, "")
    assert form in noxlock("report", "--help").out


@pytest.mark.usefixtures("ran")
def test_md_is_markdown(noxlock: Callable[..., Ended]) -> None:
    ended = noxlock("report", "--form", "md")
    assert ended == noxlock("report", "--form", "markdown")
    assert (ended.status, ended.err) == (0, "")
    assert "md is markdown" in noxlock("report", "--help").out


def test_a_document_goes_to_a_file(ran: Path, noxlock: Callable[..., Ended]) -> None:
    ended = noxlock("report", "--form", "json", "-o", "all.json")
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert len(json.loads((ran / "all.json").read_text())) == 2


def test_the_folder_of_nox_can_be_named(
    ran: Path, noxlock: Callable[..., Ended]
) -> None:
    (ran / ".nox").rename(ran / "elsewhere")
    assert noxlock("report").status == 2
    assert noxlock("report", "--envdir", "elsewhere", "digits").status == 0


@pytest.mark.usefixtures("ran")
def test_bad_input_is_one_clear_error(noxlock: Callable[..., Ended]) -> None:
    ended = noxlock("report", "digit")
    assert ended.status == 2
    assert "error: there is no report of `digit`\n" in ended.err
    assert "did you mean `digits`?" in ended.err
    assert noxlock("report", "--form", "pdf").status == 2


@pytest.mark.usefixtures("project")
def test_the_schema_of_reports_is_published(noxlock: Callable[..., Ended]) -> None:
    assert json.loads(noxlock("schema", "report").out) == json.loads(
        json.dumps(json_schema())
    )
    definitions = json.loads(noxlock("schema").out)
    assert definitions["title"] == "Definitions of noxlock"
    assert json.loads(noxlock("schema", "definitions").out) == definitions
